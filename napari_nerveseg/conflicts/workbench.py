"""The conflict on the bench: which group, which two frames in view, which are chosen.

The list, the filmstrip, the choosers and the verdict keys all work on this one state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from ..review.actions import Decide, Select, UndoAction
from ..review.verdicts import VERDICTS
from ..window.action_list import named
from ..window.context import ReviewContext
from .conflict_list import worst_pair

if TYPE_CHECKING:
    from ..review.conflict_book import Conflict

A, B = 0, 1


class Workbench(QObject):
    """One conflict, its sides A and B, a cursor and chosen frames.

    Attributes
    ----------
    conflict : Conflict or None
        What is being decided.
    sides : list of str
        The frames in view, A and B; empty names without a conflict.
    cursor : str
        The frame of the group that the filmstrip's keys act on.
    chosen : set of str
        The frames that exclude and redraw are about; empty means the usual ones.
    active : bool
        Whether the pair may be put on the canvas: the tab is in view.

    Signals: ``changed()`` when anything of this is another; ``decided()`` after a
    verdict that settles the matter; ``painting()`` after one that asks to draw.
    """

    changed = Signal()
    decided = Signal()
    painting = Signal()

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self._context = context
        self._proposed: tuple[str, str] | None = None
        self.active = False
        self.clear()

    def clear(self) -> None:
        """Have nothing on the bench."""
        self.conflict: Conflict | None = None
        self.sides = ["", ""]
        self.cursor = ""
        self.chosen: set[str] = set()
        self.changed.emit()

    def take(self, conflict: Conflict) -> None:
        """Begin with a conflict: the two that disagree most come into view."""
        self.conflict, self.chosen = conflict, set()
        self._propose(worst_pair(conflict))

    def renew(self, conflict: Conflict) -> None:
        """Take the same group as it is now.

        The pair that disagrees most comes into view once its masks have been read;
        sides that somebody chose stay, and so does the pair of a decided conflict.
        """
        self.conflict = conflict
        self.chosen &= set(conflict.frames)
        worst = worst_pair(conflict)
        untouched = tuple(self.sides) == self._proposed
        if untouched and self._proposed != worst and conflict.state == "open":
            self._propose(worst)
        else:
            self.changed.emit()

    def enter(self) -> None:
        """Put the pair on the canvas: the tab is in view."""
        self.active = True
        self._show()

    def leave(self) -> None:
        """Give the canvas back: another tab is in view."""
        self.active = False
        self._context.leave_pair()

    def put(self, side: int, frame: str) -> None:
        """Show ``frame`` on side A or B; the other side's changes places with it."""
        if self.conflict is None or frame not in self.conflict.frames:
            return
        if self.sides[1 - side] == frame:
            self.sides.reverse()
        else:
            self.sides[side] = frame
        self.cursor = frame
        self._show()

    def put_cursor(self, side: int) -> None:
        """Show the filmstrip's frame on side A or B."""
        self.put(side, self.cursor)

    def step(self, by: int) -> None:
        """Move the cursor along the filmstrip, round at its ends."""
        if self.conflict is not None:
            frames = self.conflict.frames
            here = frames.index(self.cursor) if self.cursor in frames else 0
            self.cursor = frames[(here + by) % len(frames)]
            self.changed.emit()

    def choose(self, frame: str = "") -> None:
        """Choose a frame (the cursor's by default) for exclude and redraw, or not."""
        if self.conflict is not None:
            self.chosen ^= {frame or self.cursor}
            self.changed.emit()

    def decide(self, command: str, reason: str) -> Decide | None:
        """Give the verdict that ``command`` means; return it if it was taken."""
        if self.conflict is None or self._context.drawing():
            return None
        group, (a, b) = self.conflict.frames, self.sides
        chosen = tuple(frame for frame in group if frame in self.chosen)
        action = verdict_action(command, group, a, b, reason, chosen)
        drawn = self._drawn() if command == "verdict_redraw" else None
        if not self._context.do(action):
            return None
        self.chosen = set()
        if drawn is not None and self._context.pair is not None:
            self._context.pair.paint(drawn)
            self.painting.emit()
        else:
            self.decided.emit()
        return action

    def take_back(self) -> Conflict | None:
        """Undo the verdict on this group, or else the newest one; return its group."""
        session = self._context.session
        if session is None or self._context.drawing():
            return None
        here = self.conflict.verdict if self.conflict is not None else None
        mine = [v for v in session.store.verdicts() if v.author == session.store.author]
        verdict = here or (mine[-1] if mine else None)
        if verdict is None:
            self._context.said.emit(
                "info", "There is no verdict of yours to take back."
            )
            return None
        if verdict.action is None or not self._context.do(UndoAction(verdict.action)):
            return None
        members = set(verdict.group)
        return next((c for c in session.conflicts() if members & set(c.frames)), None)

    def _propose(self, pair: tuple[str, str]) -> None:
        self._proposed = pair
        self.sides = list(pair)
        self.cursor = pair[A]
        self._show()

    def _show(self) -> None:
        if self.active and self.conflict is not None:
            self._context.do(Select(self.sides[A]))
            self._context.show_pair(*self.sides)
        self.changed.emit()

    def _drawn(self) -> int:
        """Return the side that is drawn on: a chosen frame's, else the mouse's."""
        on_side = [n for n in (A, B) if self.sides[n] in self.chosen]
        if self.chosen and not on_side:
            self.put(A, min(self.chosen, key=self.conflict.frames.index))  # type: ignore[union-attr]
            return A
        if len(on_side) == 1:
            return on_side[0]
        current = self._context.current()
        return B if current == self.sides[B] else A


_BY_COMMAND = {one.command: one for one in VERDICTS}


def verdict_action(
    command: str,
    group: tuple[str, ...],
    a: str,
    b: str,
    reason: str,
    chosen: tuple[str, ...] = (),
) -> Decide:
    """Return the action that ``command`` means for ``group`` with this pair in view.

    ``chosen`` frames are those to exclude or to draw again; without any, exclude
    leaves only A in, and all are to be drawn again.
    """
    kept = {
        "verdict_keep_a": a,
        "verdict_keep_b": b,
        "verdict_exclude": a,
    }.get(command)
    verdict = _BY_COMMAND[command].name
    frames = chosen if verdict in ("exclude", "redraw") else ()
    if verdict == "exclude" and frames:
        kept = None
    return Decide(group, verdict, kept=kept, reason=reason, frames=frames)


def decided_words(action: Decide) -> str:
    """Return what a verdict just given says of which frames, without a full stop."""
    return f"{named(action.group)}: {_what(action)}"


def _what(action: Decide) -> str:
    if action.verdict == "keep":
        return f"the mask of {action.kept} for all"
    if action.verdict == "exclude":
        return (
            f"{named(action.frames)} excluded"
            if action.frames
            else f"all but {action.kept} excluded"
        )
    return next(one.words for one in VERDICTS if one.name == action.verdict)
