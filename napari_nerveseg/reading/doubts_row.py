"""Says what is doubtful about how a folder was read, and lets one change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..review.counting import counted
from ..review.session import ReviewSession
from ..window.context import ReviewContext
from ..window.controls import ElidedLabel, button
from .dialog import show_reading
from .question_row import QuestionRow

if TYPE_CHECKING:
    from .._engine import Problem, Scan


#: Kinds of problems that another choice of `Reading` may end, the gravest first.
_KINDS = (
    "mask-like",
    "polarity",
    "mask-elsewhere",
    "overlap",
    "several-rules",
    "joined",
    "none-marked",
    "one-label",
    "masks-beside",
    "left-out",
    "mask-without-frame",
    "orientation",
    "grey-range",
    "other-labels",
    "no-subject",
    "pages-from-one",
    "pages-fewer",
)


def doubts(scan: Scan | None) -> tuple[Problem, ...]:
    """Return the problems of a scan that a choice may end, the gravest first."""
    problems = () if scan is None else scan.problems
    found = [one for one in problems if one.kind in _KINDS]
    return tuple(sorted(found, key=lambda one: _KINDS.index(one.kind)))


class ReadingRow(QuestionRow):
    """Shown where there is something to decide."""

    def __init__(self, context: ReviewContext) -> None:
        super().__init__(context, "reading_row", self._ask_of)
        self.words = ElidedLabel("reading_words")
        self.row.addWidget(self.words, 1)
        self.row.addWidget(
            button(
                "change_reading",
                "Change…",
                "See how this folder was understood, and read it otherwise",
                lambda: show_reading(context, self.window()),
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
