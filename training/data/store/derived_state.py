"""What is in effect, derived from the log of actions alone.

An action is in effect unless an action that is in effect undoes it. The newest
action in effect wins, for each frame's mask, each frame's status and each group's
verdict separately. `DerivedState` keeps the answer up to date action by action, so that
asking costs nothing however long the log is.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import takewhile

from .records import Action, Entry, MaskVersion, VerdictRecord
from .words import DEFAULT_STATUS, VERDICT_STATUS

#: What an action sets: ("mask", frame), ("status", frame), ("verdict", group), and
#: ("edit", frame) for every frame that it touches at all.
Aspect = tuple[str, str | frozenset[str]]


def _set_by(entry: Entry) -> Iterator[Aspect]:
    yield from (("mask", frame) for frame in entry.masks)
    yield from (("status", frame) for frame in entry.statuses)
    if entry.verdict is not None:
        yield "verdict", frozenset(entry.verdict.group)
    yield from (("edit", frame) for frame in entry.frames)


class DerivedState:
    """The derived state after some actions, in the order of their ids.

    Attributes
    ----------
    masks
        The current mask version of every frame that has one.
    statuses
        The status of every frame that was given one.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.masks: dict[str, MaskVersion] = {}
        self.statuses: dict[str, str] = {}
        self._verdicts: dict[frozenset[str], VerdictRecord] = {}
        self._entries: dict[int, Entry] = {}
        self._touching: defaultdict[str, list[int]] = defaultdict(list)
        self._undoers: defaultdict[int, set[int]] = defaultdict(set)
        self._live: defaultdict[Aspect, list[int]] = defaultdict(list)
        self.last = 0
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Take in the next action."""
        self._entries[entry.id] = entry
        self.last = entry.id
        for frame in entry.frames:
            self._touching[frame].append(entry.id)
        # What an undo takes back may itself be an undo: follow the chain down.
        comes = True
        while entry.undoes is not None:
            undoers = self._undoers[entry.undoes]
            was_undone = bool(undoers)
            (undoers.add if comes else undoers.discard)(entry.id)
            if bool(undoers) == was_undone:
                return
            entry = self._entries[entry.undoes]
            comes = not undoers
        self._place(entry, comes)

    def _place(self, entry: Entry, comes: bool) -> None:
        for aspect in _set_by(entry):
            live = self._live[aspect]
            if comes:
                insort(live, entry.id)
            else:
                del live[bisect_left(live, entry.id)]
            self._settle(aspect, self._entries[live[-1]] if live else None)

    def _settle(self, aspect: Aspect, newest: Entry | None) -> None:
        kind, key = aspect
        if kind == "mask" and isinstance(key, str):
            self.masks.pop(key, None)
            if newest is not None:
                self.masks[key] = newest.masks[key]
        elif kind == "status" and isinstance(key, str):
            self.statuses.pop(key, None)
            if newest is not None:
                self.statuses[key] = newest.statuses[key]
        elif kind == "verdict" and isinstance(key, frozenset):
            self._verdicts.pop(key, None)
            if newest is not None and newest.verdict is not None:
                self._verdicts[key] = newest.verdict

    def verdicts(self) -> list[VerdictRecord]:
        """Return the newest verdict in effect of every group, oldest first."""
        return sorted(self._verdicts.values(), key=lambda record: record.action or 0)

    def entry(self, action: int) -> Entry | None:
        """Return an action by its id."""
        return self._entries.get(action)

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Yield the actions with ids above ``after``, oldest first."""
        newer = takewhile(lambda entry: entry.id > after, self._newest_first())
        return reversed(list(newer))

    def _newest_first(self) -> Iterator[Entry]:
        return reversed(self._entries.values())

    def touching(self, frame: str) -> list[Entry]:
        """Return every action, undo records too, that touched a frame."""
        return [self._entries[action] for action in self._touching.get(frame, ())]

    def in_effect(self, action: int) -> bool:
        """Say whether nothing in effect undoes an action."""
        return not self._undoers.get(action)

    def undoers(self, action: int) -> list[int]:
        """Return the undo records in effect that take an action back."""
        return sorted(self._undoers.get(action, ()))

    def live(self, aspect: Aspect) -> list[Entry]:
        """Return the actions in effect that set an aspect, oldest first."""
        return [self._entries[action] for action in self._live.get(aspect, ())]

    def last_edit(self, frame: str) -> Entry | None:
        """Return the newest action in effect, undo records apart, on a frame."""
        live = self._live.get(("edit", frame))
        return self._entries[live[-1]] if live else None

    def edit_behind(self, entry: Entry) -> Entry:
        """Return the edit at the bottom of a chain of undo records."""
        while entry.undoes is not None:
            entry = self._entries[entry.undoes]
        return entry

    def up_to(self, last: int) -> DerivedState:
        """Return the state as it was after action ``last``."""
        return DerivedState(e for key, e in self._entries.items() if key <= last)

    def action(self, entry: Entry) -> Action:
        """Return an action as the history shows it."""
        return Action(
            id=entry.id,
            kind=entry.kind,
            author=entry.author,
            time=entry.time,
            reason=entry.reason,
            note=entry.note,
            frames=entry.frames,
            undoes=entry.undoes,
            in_effect=self.in_effect(entry.id),
        )


def verdict_statuses(verdict: VerdictRecord, derived: DerivedState) -> dict[str, str]:
    """Return the statuses that belong to a new verdict.

    ``exclude`` and ``redraw`` give theirs to the frames that they are about. Where the
    verdict takes the place of such a one, frames get back the status that they had
    before, unless somebody has set another meanwhile.

    Parameters
    ----------
    verdict
        What is decided now.
    derived
        What is in effect before.
    """
    statuses = {}
    for frame in verdict.group:
        before = _status_before(verdict, frame, derived)
        if before is not None:
            statuses[frame] = before
    if verdict.verdict in VERDICT_STATUS:
        own = VERDICT_STATUS[verdict.verdict]
        statuses |= dict.fromkeys(verdict.concerned, own)
    return statuses


def _status_before(
    verdict: VerdictRecord, frame: str, derived: DerivedState
) -> str | None:
    """Return a frame's status without verdicts replaced now; None: there is none."""
    kept = live = derived.live(("status", frame))
    while kept and _is_replaced(kept[-1], frame, verdict):
        kept = kept[:-1]
    if len(kept) == len(live):
        return None
    return kept[-1].statuses[frame] if kept else DEFAULT_STATUS


def _is_replaced(entry: Entry, frame: str, verdict: VerdictRecord) -> bool:
    older = entry.verdict
    return (
        older is not None
        and entry.statuses[frame] == VERDICT_STATUS.get(older.verdict)
        and verdict.replaces(older, frame)
    )
