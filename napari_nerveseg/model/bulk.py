"""Bulk rules on the open session, and what later edits stand in the way of undo."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from .. import _engine

if TYPE_CHECKING:
    from .._engine import Action, RulePlan
    from .session import ReviewSession

#: Kinds of action that the history of the conflicts lists.
LISTED = ("verdict", "rule")


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


def decisions(session: ReviewSession) -> list[Action]:
    """Return the verdicts and rules ever given, the newest first."""
    return [a for a in reversed(session.history()) if a.kind in LISTED]


def changed_since(session: ReviewSession, action: Action) -> tuple[str, ...]:
    """Return the frames of an action that were edited after it."""
    edits = {frame: session.store.last_edit(frame) for frame in action.frames}
    return tuple(
        frame
        for frame, edit in edits.items()
        if edit is not None and edit.id > action.id
    )
