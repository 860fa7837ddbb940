"""What a review is at this moment, as canvas and panels ask for it."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Signal

from ..canvas import compat
from ..canvas.compare import PairView
from ..canvas.layer_bridge import LayerBridge
from ..canvas.theme import Palette, palette
from ..review.actions import Action, Select
from ..review.session import ReviewSession
from .frame_table import FrameTableModel


class ReviewState(QObject):
    """A viewer, at most one session, and the news about both.

    Attributes
    ----------
    session : ReviewSession or None
        What is open.
    source : dict
        ``data``, ``project`` and ``reading`` of it, as worker commands take them.

    Signals
    -------
    session_changed()
        A folder was opened or closed.
    selected_changed(frame or None), table_changed(), conflicts_changed(),
    predictions_changed(), rule_changed(), pending_changed(n)
        The session's news.
    frames_changed(frames)
        Mask, status or verdict of these frames.
    said(level, text)
        One sentence for the status line; level is progress, info, warning or error.
    conflict_wanted(conflict)
        A conflict is to be shown.
    layers_changed()
        A layer came, went, or was shown or hidden.
    theme_changed(palette)
        napari's theme is another.
    """

    session_changed = Signal()
    selected_changed = Signal(object)
    table_changed = Signal()
    conflicts_changed = Signal()
    predictions_changed = Signal()
    rule_changed = Signal()
    pending_changed = Signal(int)
    frames_changed = Signal(tuple)
    said = Signal(str, str)
    conflict_wanted = Signal(object)
    layers_changed = Signal()
    theme_changed = Signal(object)

    def __init__(self, viewer: Any) -> None:
        super().__init__()
        self.viewer = viewer
        self.session: ReviewSession | None = None
        self.source: dict[str, Any] = {}
        self.bridge: LayerBridge | None = None
        self.pair: PairView | None = None
        self.table = FrameTableModel(self)

    def do(self, action: Action) -> bool:
        """Carry out an action; a refusal is said and gives False."""
        return self.session is not None and self.session.attempt(action)

    def say(self, level: str, text: str) -> None:
        """Put one sentence on the status line; warnings and errors pop up too."""
        pop_up(level, text)
        self.said.emit(level, text)

    def say_error(self, text: str) -> None:
        """Say what went wrong."""
        self.say("error", text)

    def theme_palette(self) -> Palette:
        """Return the colours of napari's theme."""
        return palette(self.viewer.theme)

    def current(self) -> str | None:
        """Return the frame that keys act on: of a pair, the one being drawn on."""
        if self.session is None:
            return None
        if self.pair is not None and self.pair.shown:
            return self.pair.active_frame()
        return self.session.selected

    def focus_canvas(self) -> None:
        """Let what is typed go to the canvas again."""
        canvas = compat.canvas_widget(self.viewer)
        if canvas is not None:
            canvas.setFocus()

    def drawing(self) -> bool:
        """Tell whether a stroke is under way, and say that it must end first."""
        drawing = self.in_stroke()
        if drawing:
            self.said.emit("info", "Finish the stroke first.")
        return drawing

    def in_stroke(self) -> bool:
        """Tell whether a stroke is under way."""
        if self.bridge is None or self.pair is None:
            return False
        return self.bridge.layers.in_stroke() or self.pair.in_stroke()

    def go(self, frame: str) -> None:
        """Show ``frame``, unless a stroke is under way."""
        if not self.drawing():
            self.do(Select(frame))

    def visible(self, kind: str) -> bool:
        """Tell whether a kind of layer can be seen now."""
        if self.bridge is None or self.pair is None:
            return False
        shown = self.pair if self.pair.shown else self.bridge.layers
        return shown.visible(kind)

    def owns(self, layer: Any) -> bool:
        """Tell whether a layer is one that shows the session's frames."""
        if self.bridge is None or self.pair is None:
            return False
        return any(
            shown.owns(layer) for shown in (self.bridge.layers, *self.pair.sides)
        )


def pop_up(level: str, text: str) -> None:
    """Pop up a warning or an error; information stays on the status line.

    Parameters
    ----------
    level
        ``info``, ``warning`` or ``error``.
    text
        One sentence.
    """
    from napari.utils.notifications import show_error, show_warning

    if level == "error":
        show_error(text)
    elif level == "warning":
        show_warning(text)
