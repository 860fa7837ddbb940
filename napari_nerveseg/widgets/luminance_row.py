"""Asks, where frames are in colour, whether to read them as grey."""

from __future__ import annotations

from ..model.colour_frames import frames_in_colour
from ..model.session import ReviewSession
from ..view.desk import Desk
from .controls import ElidedLabel, button
from .question_row import QuestionRow

#: What napari's style puts before the text of a label.
_INDENT = 4


class LuminanceRow(QuestionRow):
    """Shown where frames are left out for their colour."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "luminance_row", self._ask_of)
        self.row.setContentsMargins(_INDENT, 0, 0, 0)
        self.words = ElidedLabel("luminance_words")
        self.row.addWidget(self.words, 1)
        self.row.addWidget(
            button(
                "use_luminance",
                "Read as grey",
                "Read the frames anew, colour as its luminance; files stay as they are",
                lambda: self.answer(luminance=True),
            )
        )

    def _ask_of(self, session: ReviewSession | None) -> bool:
        n = 0
        if session is not None:
            n = frames_in_colour(session.dataset, session.scan)
        are = "frame is in colour and" if n == 1 else "frames are in colour and"
        self.words.set_text(f"{n:,} {are} left out" if n else "")
        return n > 0
