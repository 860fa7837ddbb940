"""What an undo or a redo takes back, decided before anything is written.

To undo an action is to append a record that undoes it; to redo it is to append one
that undoes that record.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError
from .derived_state import Aspect, DerivedState
from .records import Entry, GroupActionError


@dataclass(frozen=True)
class Plan:
    """The actions to take back, the chief one first, and what becomes of its frames."""

    targets: tuple[int, ...]
    undone: tuple[str, ...]
    left: tuple[str, ...]


def plan_undo(derived: DerivedState, action: int, force: bool) -> Plan:
    """Plan to take back one action, over all its frames.

    Raises
    ------
    InputError
        If there is no such action or it is undone already.
    GroupActionError
        With ``force``, if a later change reaches frames beyond this action's.
    """
    entry = _known(derived, action)
    if not derived.in_effect(action):
        raise InputError(
            f"Action {action} is undone already; redo it from the history first."
        )
    edit = derived.edit_behind(entry)
    later = {frame: _later(derived, edit, frame) for frame in edit.frames}
    if force:
        return Plan((action, *_all_later(derived, edit, later)), edit.frames, ())
    left = tuple(frame for frame, entries in later.items() if entries)
    return Plan((action,), tuple(f for f in edit.frames if f not in left), left)


def plan_redo(derived: DerivedState, action: int) -> Plan:
    """Plan to bring an undone action back, with all that its undo took with it.

    Raises
    ------
    InputError
        If there is no such action or it is in effect.
    """
    entry = _known(derived, action)
    undoers = derived.undoers(action)
    if not undoers:
        raise InputError(f"Action {action} is in effect; there is nothing to redo.")
    along = [
        other.id
        for other in derived.entries(undoers[0])
        if other.along in undoers and derived.in_effect(other.id)
    ]
    edit = derived.edit_behind(entry)
    returning = {derived.edit_behind(_known(derived, key)).id for key in along}
    left = tuple(
        frame
        for frame in edit.frames
        if any(e.id not in returning for e in _later(derived, edit, frame))
    )
    undone = tuple(frame for frame in edit.frames if frame not in left)
    return Plan((*undoers, *along), undone, left)


def frame_undo(derived: DerivedState, frame: str) -> Entry | None:
    """Return the newest change in effect on a frame, if it is that frame's alone.

    Raises
    ------
    GroupActionError
        If it belongs to an action over several frames.
    """
    entry = derived.last_edit(frame)
    if entry is not None and len(entry.frames) > 1:
        raise GroupActionError(derived.action(entry), frame)
    return entry


def frame_redo(derived: DerivedState, frame: str) -> Entry | None:
    """Return the change of this frame alone that was undone last.

    A new change of the frame ends what can be redone, as in every editor.
    """
    for entry in reversed(derived.touching(frame)):
        if entry.undoes is None:
            return None
        target = _known(derived, entry.undoes)
        is_undo = target.undoes is None and entry.along is None
        if is_undo and derived.in_effect(entry.id) and len(target.frames) == 1:
            return target
    return None


def _known(derived: DerivedState, action: int) -> Entry:
    entry = derived.entry(action)
    if entry is None:
        raise InputError(f"There is no action {action} in the label store.")
    return entry


def _aspects(edit: Entry, frame: str) -> list[Aspect]:
    aspects: list[Aspect] = []
    if frame in edit.masks:
        aspects.append(("mask", frame))
    if frame in edit.statuses:
        aspects.append(("status", frame))
    return aspects


def _later(derived: DerivedState, edit: Entry, frame: str) -> list[Entry]:
    """Return the actions in effect that changed anew what ``edit`` set on a frame."""
    return [
        entry
        for aspect in _aspects(edit, frame)
        for entry in derived.live(aspect)
        if entry.id > edit.id
    ]


def _all_later(
    derived: DerivedState, edit: Entry, later: dict[str, list[Entry]]
) -> list[int]:
    for frame, entries in later.items():
        for entry in entries:
            if not set(entry.frames) <= set(edit.frames):
                raise GroupActionError(derived.action(entry), frame)
    return sorted({e.id for entries in later.values() for e in entries}, reverse=True)
