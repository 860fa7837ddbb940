"""What a person can do: the words that widgets hand to `ReviewSession.do`.

An action is a request, not a change: the session checks it, writes it to the label
store and tells every panel what changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from .._engine import RulePlan

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Select:
    """Show ``frame``; None shows nothing."""

    frame: str | None


@dataclass(frozen=True, eq=False)
class Paint:
    """Make ``mask``, (H, W) bool, the ground truth of ``frame``: one finished stroke.

    A stroke that changed no pixel is not stored. ``kind`` is the tool's name in the
    history: ``paint``, ``erase``, ``fill``, ...
    """

    frame: str
    mask: Mask
    kind: str = "paint"


@dataclass(frozen=True)
class SetStatus:
    """Give ``frames`` one status: unreviewed, approved, flagged or excluded.

    ``note`` is kept with the action, for instance why a frame is flagged.
    """

    frames: tuple[str, ...]
    status: str
    note: str = ""


@dataclass(frozen=True)
class Decide:
    """Give a verdict on the duplicate group ``group``, as one action over its frames.

    ``kept`` is the frame whose mask all others get (verdict ``keep``). ``frames`` are
    the chosen ones of ``exclude`` and ``redraw``; left empty, ``redraw`` means all,
    and ``exclude`` means all but ``kept``.
    """

    group: tuple[str, ...]
    verdict: str
    kept: str | None = None
    reason: str = ""
    frames: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class ApplyRule:
    """Do what the plan of a bulk rule says, as one action."""

    plan: RulePlan


@dataclass(frozen=True)
class AcceptPrediction:
    """Make the predicted mask of ``frame`` its ground truth.

    ``approve`` says in the same action that the frame is reviewed.
    """

    frame: str
    approve: bool = False


@dataclass(frozen=True)
class VerifyEmpty:
    """Say that ``frame`` shows no nerve: an empty mask and approved, in one action."""

    frame: str


@dataclass(frozen=True)
class Mend:
    """Go over the ground truth of ``frame`` with one of `mask_tools.TOOLS`.

    ``radius`` is in pixels; tools without one ignore it.
    """

    frame: str
    tool: str
    radius: int = 0


@dataclass(frozen=True)
class CopyMask:
    """Give ``frame`` the ground truth of the frame ``other``."""

    frame: str
    other: str


@dataclass(frozen=True)
class Propagate:
    """Give the ground truth of ``frame`` to all ``others``, as one action."""

    frame: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Restore:
    """Make an earlier mask of ``frame`` its ground truth; None is the folder's own."""

    frame: str
    version: int | None


@dataclass(frozen=True)
class Undo:
    """Take back the last edit of ``frame``, and nothing else."""

    frame: str


@dataclass(frozen=True)
class Redo:
    """Bring back the edit of ``frame`` that was undone last."""

    frame: str


@dataclass(frozen=True)
class UndoAction:
    """Take back one action of the history, over all its frames.

    Frames that were edited since are left alone unless ``force`` is set.
    """

    action: int
    force: bool = False


@dataclass(frozen=True)
class RedoAction:
    """Bring back one undone action of the history, over all its frames."""

    action: int


Action = (
    Select
    | Paint
    | SetStatus
    | Decide
    | ApplyRule
    | AcceptPrediction
    | VerifyEmpty
    | Mend
    | CopyMask
    | Propagate
    | Restore
    | Undo
    | Redo
    | UndoAction
    | RedoAction
)


def judged_alike(action: Action) -> tuple[str, ...]:
    """Return the frames that an action treats alike because a search found them so."""
    if isinstance(action, Decide):
        return action.group
    if isinstance(action, ApplyRule):
        changes = action.plan.changes
        return tuple(dict.fromkeys(f for change in changes for f in change.group))
    if isinstance(action, Propagate):
        return (action.frame, *action.others)
    return ()
