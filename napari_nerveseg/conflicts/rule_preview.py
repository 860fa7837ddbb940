"""What a bulk rule would change, as a list with pictures for Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Qt
from qtpy.QtGui import QIcon, QPainter, QPixmap

from ..canvas import colours
from ..canvas.thumbnails import SIZE, draw, thumbnail, untinted
from ..review.counting import counted
from ..window.line_list import LineList

if TYPE_CHECKING:
    from .._engine import Change, RulePlan

_GAP = 6

#: (width, height) of a line's picture: the twin with the nerve, and what becomes of it.
PICTURE = (2 * SIZE[0] + _GAP, SIZE[1])


class RulePreview(LineList):
    """One line a frame that changes; its picture is drawn when it is first seen."""

    def __init__(self, session: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._pictures: dict[str, QIcon] = {}

    def set_plan(self, plan: RulePlan) -> None:
        """Show what this plan would change, each frame once."""
        self._pictures.clear()
        self.set_items(plan.changes)

    def words(self, item: Change) -> str:
        """Return what happens to a frame."""
        return change_words(item)

    def picture(self, item: Change) -> QIcon:
        """Return the frame that speaks for it, and the frame after it."""
        if item.frame not in self._pictures:
            self._pictures[item.frame] = untinted(before_and_after(self._session, item))
        return self._pictures[item.frame]

    def tip(self, item: Change) -> str:
        """Name the group."""
        return f"Group: {', '.join(item.group)}"


def change_words(change: Change) -> str:
    """Return what happens to a frame, and because of which other one."""
    if change.status is not None:
        return f"{change.frame}: {change.status}\n(nerve on {change.because})"
    return f"{change.frame}: gets the mask\nof {change.because}"


def before_and_after(session: Any, change: Change) -> QPixmap:
    """Return the frame that speaks for a change, and beside it the frame after it."""
    picture = QPixmap(*PICTURE)
    picture.fill(Qt.GlobalColor.transparent)
    after = thumbnail(session, change.frame)
    if change.mask is not None:
        pixels = session.frame(change.frame)
        after = draw(pixels, change.mask, colours.MASK_B)
    painter = QPainter(picture)
    painter.drawPixmap(0, 0, thumbnail(session, change.because))
    if change.status == "excluded":
        painter.setOpacity(0.35)
    painter.drawPixmap(SIZE[0] + _GAP, 0, after)
    painter.end()
    return picture


def plan_words(plan: RulePlan) -> str:
    """Return how many frames of how many groups a plan changes."""
    frames, groups = len(plan.changes), len({change.group for change in plan.changes})
    if not frames:
        return (
            "There is nothing for this rule to change: it is about frames with an empty"
            " mask whose twin shows a nerve. Other conflicts are settled one by one."
        )
    return (
        f"{counted(frames, 'frame')} of {counted(groups, 'group')}. Left the twin with "
        "a nerve, right what becomes of the frame. It is one action: the history takes "
        "it back as one."
    )
