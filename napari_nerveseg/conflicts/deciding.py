"""From a verdict button to the session's action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..review.actions import Decide, UndoAction
from ..window.action_list import named

if TYPE_CHECKING:
    from .._engine import VerdictRecord

#: Which verdict each command means.
VERDICT_OF = {
    "verdict_keep_a": "keep",
    "verdict_keep_b": "keep",
    "verdict_all_empty": "all-empty",
    "verdict_union": "union",
    "verdict_intersection": "intersection",
    "verdict_majority": "majority",
    "verdict_exclude": "exclude",
    "verdict_redraw": "redraw",
    "verdict_ambiguous": "ambiguous",
    "verdict_not_duplicate": "not-duplicate",
}

_WORDS = {
    "all-empty": "all empty",
    "union": "the union of the masks for all",
    "intersection": "the intersection of the masks for all",
    "majority": "the majority of the masks for all",
    "redraw": "to be drawn again",
    "ambiguous": "ambiguous, left out of training",
    "not-duplicate": "not duplicates",
}


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
    verdict = VERDICT_OF[command]
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
    return _WORDS[action.verdict]


def verdict_undo(verdict: VerdictRecord) -> UndoAction:
    """Return the action that takes a verdict back.

    Raises
    ------
    ValueError
        If the verdict was never stored.
    """
    if verdict.action is None:
        raise ValueError("a verdict without an action cannot be taken back")
    return UndoAction(verdict.action)
