"""Who settled a group, how and when: the newest verdict, rule or edit on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._engine import Action, LabelStore, VerdictRecord
    from .conflict_book import Conflict


@dataclass(frozen=True)
class Settled:
    """What brought a group to where it is.

    Attributes
    ----------
    how
        A verdict with the frame it kept, ``rule drop-empty-twin``, or ``edit, paint``.
    author, time
        Who did it, and when (UTC, ISO 8601).
    reason
        What was given as the reason; may be empty.
    """

    how: str
    author: str
    time: str
    reason: str


def settled_by(store: LabelStore, conflict: Conflict) -> Settled | None:
    """Return what decided a group last; None if nobody has.

    A verdict or rule counts before any edit, and of these two the newer one; an edit
    counts only where the group is resolved.
    """
    verdict, frames = conflict.verdict, conflict.frames
    touching = {a.id: a for frame in frames for a in store.history(frame)}
    actions = [touching[key] for key in sorted(touching) if touching[key].in_effect]
    rule = next((a for a in reversed(actions) if a.kind == "rule"), None)
    if verdict is not None and (rule is None or rule.id < (verdict.action or 0)):
        return _of_verdict(verdict)
    if rule is not None:
        return Settled(f"rule {rule.note}", rule.author, rule.time, "")
    edits = [action for action in actions if action.undoes is None]
    resolved = conflict.state == "resolved"
    return _of_edit(edits[-1]) if edits and resolved else None


def _of_verdict(verdict: VerdictRecord) -> Settled:
    how = f"{verdict.verdict} {verdict.kept or ''}".strip()
    return Settled(how, verdict.author, verdict.time, verdict.reason)


def _of_edit(action: Action) -> Settled:
    return Settled(f"edit, {action.kind}", action.author, action.time, action.note)
