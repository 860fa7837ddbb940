"""Bulk rules on the open session, and what later edits stand in the way of undo."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np

from .. import _engine

if TYPE_CHECKING:
    from .._engine import Action, Change, RulePlan
    from .session import ReviewSession

#: Kinds of action that the history of the conflicts lists.
LISTED = ("verdict", "rule", "propagate")


def plan_rule(
    session: ReviewSession, rule: str, groups: Collection[tuple[str, ...]] = ()
) -> RulePlan:
    """Return what a rule would change in the open conflicts; change nothing.

    Parameters
    ----------
    session
        The document.
    rule
        One of the engine's ``RULES``.
    groups
        Only these groups; all open conflicts of a nerve and none if empty.

    Raises
    ------
    InputError
        If nobody has searched for duplicates yet.
    """
    if session.duplicates is None:
        raise _engine.InputError("Search for near-duplicates before using a rule.")
    kind = _engine.EMPTY_VERSUS_NERVE
    concerned = [c.frames for c in session.conflicts("open") if c.kind == kind]
    if groups:
        concerned = [group for group in concerned if group in groups]
    session.flush()
    return _engine.plan_rule(
        session.duplicates,
        session,
        rule,
        excluded=session.store.excluded(),
        ambiguous=session.store.ambiguous(),
        not_duplicates=session.store.not_duplicates(),
        groups=concerned,
    )


def plan_differences(before: RulePlan, after: RulePlan) -> tuple[str, ...]:
    """Return the frames that two plans would not change alike, sorted by name."""
    then = {change.frame: change for change in before.changes}
    today = {change.frame: change for change in after.changes}
    return tuple(
        frame
        for frame in sorted({*then, *today})
        if not _alike(then.get(frame), today.get(frame))
    )


def decisions(session: ReviewSession) -> list[Action]:
    """Return the verdicts and rules ever given, the newest first.

    A status that was given to several frames at once is one of these.
    """
    return [
        action
        for action in reversed(session.history())
        if action.kind in LISTED or (action.kind == "status" and action.frames[1:])
    ]


def changed_since(session: ReviewSession, action: Action) -> tuple[str, ...]:
    """Return the frames of an action that were edited after it."""
    edits = {frame: session.store.last_edit(frame) for frame in action.frames}
    return tuple(
        frame
        for frame, edit in edits.items()
        if edit is not None and edit.id > action.id
    )


def _alike(one: Change | None, other: Change | None) -> bool:
    if one is None or other is None:
        return False
    if (one.status, one.because) != (other.status, other.because):
        return False
    if one.mask is None or other.mask is None:
        return one.mask is other.mask
    return np.array_equal(one.mask, other.mask)
