"""Says what is doubtful about how a folder was read, and lets one change it."""

from __future__ import annotations

from ..model.counting import counted
from ..model.doubts import doubts
from ..model.session import ReviewSession
from ..view.desk import Desk
from .controls import ElidedLabel, button
from .question_row import QuestionRow
from .reading_dialog import show_reading


class ReadingRow(QuestionRow):
    """Shown where there is something to decide."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "reading_row", self._ask_of)
        self.words = ElidedLabel("reading_words")
        self.row.addWidget(self.words, 1)
        self.row.addWidget(
            button(
                "change_reading",
                "Change…",
                "See how this folder was understood, and read it otherwise",
                lambda: show_reading(desk, self.window()),
            )
        )

    def _ask_of(self, session: ReviewSession | None) -> bool:
        found = doubts(None if session is None else session.scan)
        if not found:
            return False
        more = f" ({counted(len(found) - 1, 'more doubt')})" if found[1:] else ""
        self.words.set_text(
            f"{found[0].text}{more}", "\n".join(one.text for one in found[:12])
        )
        return True
