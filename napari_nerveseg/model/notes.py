"""What people wrote beside a status: the note of the newest one that holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._engine import LabelStore

#: Up to this many frames, each one's own history is read rather than all of it.
FEW = 32

#: Kinds of action that give a status.
_STATUS = ("status", "verify-empty")


def notes_of(store: LabelStore, frames: Sequence[str]) -> dict[str, str]:
    """Return the notes of those ``frames`` that have one."""
    few = len(frames) <= FEW
    read = (a for f in frames for a in store.history(f)) if few else store.history()
    actions = {a.id: a for a in read if a.kind in _STATUS and a.in_effect}
    notes: dict[str, str] = {}
    for number in sorted(actions):
        notes |= dict.fromkeys(actions[number].frames, actions[number].note)
    return {frame: notes[frame] for frame in frames if notes.get(frame)}
