"""How frames are seen: looks of the layers, contrast, and what is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from ..canvas.canvas_note import CanvasNote
from ..canvas.contrast import RAW
from ..canvas.contrast_views import ContrastViews
from ..canvas.kinds import IMAGE, VERSION_A, VERSION_B
from ..canvas.looks import Looks
from ..review.comparison import Comparison, Difference

if TYPE_CHECKING:
    from ..canvas.frame_layers import FrameLayers
    from .state import ReviewState

#: Rows of the table around the one on screen whose pictures are made ahead.
AHEAD = (1, -1, 2)


class CanvasDisplay(QObject):
    """Keeps what is on the canvas in step with looks, contrast and rule.

    Attributes
    ----------
    looks : Looks
        How each kind of layer is drawn.
    contrast : ContrastViews
        In which contrast frames are seen.
    note : CanvasNote
        Says on the canvas what is not as usual.
    comparison : Comparison or None
        What is compared on the canvas.

    Signals: ``comparison_changed()``, when it begins, ends, or labels change.
    """

    comparison_changed = Signal()

    def __init__(self, context: ReviewState) -> None:
        super().__init__(context)
        self._context = context
        self.looks, self.contrast = Looks(), ContrastViews()
        self.note = CanvasNote(context.viewer)
        self.comparison: Comparison | None = None
        self.looks.changed.connect(self._on_look)
        self.contrast.changed.connect(self._on_contrast)
        context.session_changed.connect(self._on_session)
        context.selected_changed.connect(self._on_selected)
        context.rule_changed.connect(self._on_rule)

    def options(self, session: Any) -> dict[str, Any]:
        """Return what the layers of ``session`` have to be made with."""
        self.contrast.follow(session)
        return {"looks": self.looks, "picture": self.contrast.picture}

    def compare(self, comparison: Comparison | None) -> None:
        """Draw A and B of this comparison on every frame; None ends it."""
        if self.comparison is None and comparison is None:
            return
        if self.comparison is not None:
            self.comparison.close()
        self.comparison = comparison
        if self._context.bridge is not None and not self._context.in_stroke():
            self._context.bridge.layers.refresh()
        self._say_compared()
        self.comparison_changed.emit()

    def compared(self, frame: str) -> dict[str, np.ndarray]:
        """Return the masks that are compared on ``frame``, by kind, as uint8."""
        if self.comparison is None:
            return {}
        sides = {VERSION_A: self.comparison.a, VERSION_B: self.comparison.b}
        masks = {kind: source.mask(frame) for kind, source in sides.items()}
        return {kind: m.astype(np.uint8) for kind, m in masks.items() if m is not None}

    def shut_down(self) -> None:
        """Leave the canvas as it was."""
        self.compare(None)
        self.note.clear()
        self.contrast.shut_down()

    def _sets(self) -> tuple[FrameLayers, ...]:
        context = self._context
        if context.bridge is None or context.pair is None:
            return ()
        return (context.bridge.layers, *context.pair.sides)

    def _on_look(self, kind: str) -> None:
        for layers in self._sets():
            layers.restyle(kind)

    def _on_contrast(self) -> None:
        for layers in self._sets():
            layers.redraw(IMAGE)
        self._say_contrast()
        self._prepare()

    def _on_session(self) -> None:
        self.compare(None)
        session = self._context.session
        if session is None:
            self.contrast.follow(None)
            self.note.clear()
        else:
            session.frames_changed.connect(self._on_frames)
            self._say_contrast()

    def _on_selected(self, _frame: str | None) -> None:
        self._say_compared()
        QTimer.singleShot(0, self._prepare)

    def _on_frames(self, frames: tuple[str, ...]) -> None:
        if self.comparison is not None:
            self.comparison.touch(frames)
            self._say_compared()
            self.comparison_changed.emit()

    def _on_rule(self) -> None:
        session = self._context.session
        own = session is None or session.predictions.rule is None
        words = "" if own else f"Rule: {session.rule.now.words()}"  # type: ignore[union-attr]
        self.note.say("rule", words)

    def _say_compared(self) -> None:
        session, comparison = self._context.session, self.comparison
        words = ""
        if session is not None and comparison is not None and session.selected:
            found = comparison.one(session.selected)
            words = _compared_words(comparison, found)
        self.note.say("compared", words)

    def _say_contrast(self) -> None:
        contrast = self.contrast.contrast
        shown = "" if contrast.view == RAW else f"View: {contrast.words()}"
        self.note.say("contrast", shown)

    def _prepare(self) -> None:
        """Make the pictures of the rows around this one ready for the next step."""
        session, table = self._context.session, self._context.table
        if session is None or session.selected is None:
            return
        here = table.row_of(session.selected)
        rows = [here + step for step in AHEAD] if here >= 0 else []
        self.contrast.prepare(
            table.frame_at(row) for row in rows if 0 <= row < table.rowCount()
        )


def _compared_words(comparison: Comparison, found: Difference | None) -> str:
    """Return what A and B are, and how they agree on the frame shown."""
    agree = "one has no mask here" if found is None else f"Dice {found.dice:.3f}"
    return f"A: {comparison.a.name}   B: {comparison.b.name}   {agree}"
