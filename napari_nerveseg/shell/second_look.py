"""Asks for a second look at a mask that is hardly a nerve's: a slip of the hand."""

from __future__ import annotations

from qtpy.QtWidgets import QFrame, QVBoxLayout

from ..canvas.memory import NerveSize, remembered
from ..review.mask_tools import doubts
from ..window.commands import Commands
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.wrapping import WrappingRow


class SecondLook(QFrame):
    """Shown at once when an edit leaves a doubtful mask on the frame in view.

    The mask is stored all the same, as every edit is; *Undo* takes it back.
    """

    def __init__(self, context: ReviewContext, commands: Commands) -> None:
        super().__init__()
        self.setObjectName("second_look")
        self._context = context
        self.words = label("second_look_words", wraps=True)
        self.words.setProperty("level", "error")
        self.undo = button(
            "second_look_undo",
            "Undo",
            "Take this edit back",
            commands.undo,
            command="undo",
        )
        self.keep = button(
            "second_look_keep", "It is right", "Keep the mask as it is", self.hide
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.addWidget(self.words)
        layout.addLayout(WrappingRow(self.undo, self.keep))
        context.frames_changed.connect(self._look)
        context.selected_changed.connect(lambda _frame: self.hide())
        context.session_changed.connect(self.hide)
        self.hide()

    def _look(self, frames: tuple[str, ...]) -> None:
        session, frame = self._context.session, self._context.current()
        if session is None or frame is None or frame not in frames:
            return
        mask = session.mask(frame)
        share = remembered("nerve_size", NerveSize()).per_cent / 100
        why = "" if mask is None else doubts(mask, share)
        self.words.setText(f"The mask of frame {frame} {why}: is that a nerve?")
        self.setVisible(bool(why))
