"""Asks, where frames are in colour, whether to read them as grey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..review.session import ReviewSession
from ..window.context import ReviewContext
from ..window.controls import ElidedLabel, button
from .question_row import QuestionRow

if TYPE_CHECKING:
    from .._engine import DataSet, Scan


def frames_in_colour(dataset: DataSet, scan: Scan | None) -> int:
    """Return how many frames are left out because they are in colour.

    0 if colour is read as luminance already: what is left out then is so for
    another reason.
    """
    if scan is None or dataset.luminance:
        return 0
    in_colour = {p.frame for p in scan.problems if p.kind == "colour" and p.frame}
    # A mask in colour is a problem of the same kind, and its frame can be read.
    return sum(info.sha256 is None and info.id in in_colour for info in scan.frames)


#: What napari's style puts before the text of a label.
_INDENT = 4


class LuminanceRow(QuestionRow):
    """Shown where frames are left out for their colour."""

    def __init__(self, context: ReviewContext) -> None:
        super().__init__(context, "luminance_row", self._ask_of)
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
