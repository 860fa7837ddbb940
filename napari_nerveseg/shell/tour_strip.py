"""A strip that leads through the tabs when somebody opens synthetic frames."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtWidgets import QFrame, QVBoxLayout

from .. import _engine
from ..canvas.memory import forget_tour, remember_tour, tour_is_over
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.wrapping import WrappingRow
from .tour import STOPS


class TourStrip(QFrame):
    """Says what to try in each tab; ended once, it does not come back by itself.

    Parameters
    ----------
    go
        Shows the tab of a title.
    """

    def __init__(self, context: ReviewContext, go: Callable[[str], object]) -> None:
        super().__init__()
        self.setObjectName("tour")
        self._context, self._go, self._at = context, go, 0
        self.title = label("tour_title", role="heading")
        self.words = label("tour_words", wraps=True)
        self.back = button("tour_back", "Back", "The stop before", self.previous)
        self.on = button("tour_next", "Next", "The next stop", self.next)
        self.stop = button("tour_end", "End the tour", "Do not show it again", self.end)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self.title)
        layout.addWidget(self.words)
        layout.addLayout(WrappingRow(self.back, self.on, self.stop))
        context.session_changed.connect(self._on_session)
        self.hide()

    def begin(self) -> None:
        """Start at the first stop."""
        forget_tour()
        self._show(0)

    def next(self) -> None:
        """Go on, or end after the last stop."""
        if self._at + 1 < len(STOPS):
            self._show(self._at + 1)
        else:
            self.end()

    def previous(self) -> None:
        """Go back."""
        self._show(max(self._at - 1, 0))

    def end(self) -> None:
        """Show the tour no more; the keys go to the canvas, on which they are tried."""
        remember_tour()
        self.hide()
        self._context.focus_canvas()

    def _show(self, at: int) -> None:
        self._at, stop = at, STOPS[at]
        self.title.setText(f"{at + 1} of {len(STOPS)}: {stop.title}")
        self.words.setText(stop.text())
        self.back.setEnabled(at > 0)
        self.on.setText("Next" if at + 1 < len(STOPS) else "Done")
        self.show()
        self._go(stop.tab)

    def _on_session(self) -> None:
        session = self._context.session
        synthetic = session is not None and _engine.is_phantom(session.dataset.root)
        if synthetic and not tour_is_over():
            self._show(0)
        elif not synthetic:
            self.hide()
