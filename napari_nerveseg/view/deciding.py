"""From a verdict button to the session's action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.actions import Decide, UndoAction

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


def verdict_action(
    command: str, group: tuple[str, ...], a: str, b: str, reason: str
) -> Decide:
    """Return the action that ``command`` means for ``group`` with this pair in view."""
    kept = {
        "verdict_keep_a": a,
        "verdict_keep_b": b,
        "verdict_exclude": a,
    }.get(command)
    return Decide(group, VERDICT_OF[command], kept=kept, reason=reason)


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
