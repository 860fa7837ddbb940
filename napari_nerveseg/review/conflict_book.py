"""Duplicate groups whose masks disagree, and what was decided about them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import _engine
from .harm import HarmTable
from .pair_table import PairTable, Similar, judge

if TYPE_CHECKING:
    from .._engine import DuplicatePair, VerdictRecord
    from .current_labels import CurrentLabels

#: Verdicts that settle a group whatever its masks say.
FINAL = ("not-duplicate", "ambiguous")

#: Seconds between two rounds of news while pairs are judged in the background.
NEWS_INTERVAL = 0.5

Group = tuple[str, ...]


@dataclass(frozen=True)
class Conflict:
    """One duplicate group that is, or was, in conflict.

    Attributes
    ----------
    frames
        The group, in frame order.
    kind
        What its masks disagree in now: ``empty-versus-nerve``, ``shape``, or None.
    state
        ``open``, or ``resolved``: the masks agree now (excluded frames apart), or
        the verdict in effect is not-duplicate or ambiguous.
    verdict
        The newest verdict in effect on the group, or None. A verdict can be there
        and the conflict be open: ``redraw`` until somebody has drawn, any other if
        a frame was edited since.
    ssim, dice
        The least over the group's similar pairs; None if no pair has one.
    missing
        Frames of the group that have no mask.
    pairs
        The group's similar pairs with what their masks say.
    harm
        The Dice, in frames, that a perfect model loses by it; 0 if it is resolved,
        None while that is not known.
    """

    frames: Group
    kind: str | None
    state: str
    verdict: VerdictRecord | None
    ssim: float | None
    dice: float | None
    missing: Group
    pairs: tuple[DuplicatePair, ...]
    harm: float | None = None

    @property
    def bound(self) -> float | None:
        """An SSIM that no two frames of the group fall short of."""
        if not self.pairs:
            return None
        order = {frame: n for n, frame in enumerate(self.frames)}
        return _engine.min_ssim_bound(
            [order[pair.a] for pair in self.pairs],
            [order[pair.b] for pair in self.pairs],
            [pair.ssim for pair in self.pairs],
        )


class ConflictBook:
    """Derives the conflicts from pairs, labels and verdicts; keeps what still holds."""

    def __init__(self, ids: Sequence[str], labels: CurrentLabels) -> None:
        self._order = {frame: n for n, frame in enumerate(ids)}
        self._ids, self._labels = tuple(ids), labels
        self._source_kinds: dict[Group, str | None] = {}
        self._harm = HarmTable(labels, self._pairs)
        self.load((), _engine.SHAPE_DICE)

    def load(self, pairs: Iterable[Similar], shape_dice: float) -> None:
        """Take the pairs of a search; those of unknown frames are left out."""
        self._shape_dice = shape_dice
        known = [p for p in pairs if p[0] in self._order and p[1] in self._order]
        labels = self._labels
        self._table = PairTable(known, labels.mask, labels.area, shape_dice)
        self._source_kinds.clear()
        self._harm.clear()
        self._told = 0.0
        self._regroup()

    @property
    def unknown(self) -> int:
        """How many pairs are not judged, and groups not weighed, yet."""
        return self._table.unknown + self._harm.waiting

    def group_of(self, frame: str) -> Group:
        """Return the duplicate group of a frame, itself included; may be empty."""
        return self._group_of.get(frame, ())

    def conflicts(self) -> list[Conflict]:
        """Return all conflicts, resolved ones too, in frame order."""
        found = (self._conflict(group) for group in self._groups)
        return [conflict for conflict in found if conflict is not None]

    def kinds(self) -> dict[str, str]:
        """Return the kind of the open conflict of every frame that is in one."""
        return {
            frame: conflict.kind
            for conflict in self.conflicts()
            if conflict.state == "open" and conflict.kind is not None
            for frame in conflict.frames
        }

    def touch(self, frames: Collection[str]) -> bool:
        """Take note of edits and verdicts; say whether a group may have changed."""
        self._table.touch(frames)
        if self._apart != self._labels.store.not_duplicates():
            self._regroup()
            return True
        touched = {group for group in map(self.group_of, frames) if group}
        touched |= {group for group in self._decided if set(group) & set(frames)}
        self._read_verdicts()
        for group in touched:
            self._made.pop(group, None)
            self._harm.forget(group)
        if not self._table.unknown:
            self._harm.want(g for g in touched if _open(self._conflict(g)))
        return bool(touched)

    def work(self, deadline: float) -> bool:
        """Judge pairs until ``deadline``; say whether it is time to look again."""
        settled = self._table.work(deadline)
        for number in settled:
            self._made.pop(self.group_of(self._table.pairs[number][0]), None)
        if settled and not self._table.unknown:
            self._harm.want(c.frames for c in self.conflicts() if _open(c))
        weighed = self._harm.work(deadline) if not self._table.unknown else []
        for group in weighed:
            self._made.pop(group, None)
        now = time.monotonic()
        news = settled or weighed
        if not news or (self.unknown and now - self._told < NEWS_INTERVAL):
            return False
        self._told = now
        return True

    # ---- inside --------------------------------------------------------------

    def _regroup(self) -> None:
        """Form the groups from the pairs that nobody said are not duplicates."""
        self._apart = self._labels.store.not_duplicates()
        self._made: dict[Group, Conflict | None] = {}
        self._inside: defaultdict[Group, list[int]] = defaultdict(list)
        joined = [
            (n, self._order[a], self._order[b])
            for n, (a, b, _) in enumerate(self._table.pairs)
            if frozenset((a, b)) not in self._apart
        ]
        groups = [
            tuple(self._ids[member] for member in members)
            for members in _components(len(self._ids), joined)
        ]
        self._group_of = {frame: group for group in groups for frame in group}
        for number, _, _ in joined:
            self._inside[self._group_of[self._table.pairs[number][0]]].append(number)
        self._similar = groups
        self._read_verdicts()

    def _read_verdicts(self) -> None:
        """Note the verdicts; a group they took apart stays in the list by its own."""
        verdicts = self._labels.store.verdicts()
        self._verdicts: defaultdict[str, list[VerdictRecord]] = defaultdict(list)
        for record in verdicts:
            for frame in record.group:
                self._verdicts[frame].append(record)
        self._decided = [
            tuple(sorted(record.group, key=lambda f: self._order[f]))
            for record in verdicts
            if record.verdict == "not-duplicate" and set(record.group) <= set(self._ids)
        ]
        apart = [group for group in self._decided if group not in self._inside]
        self._groups = sorted(
            dict.fromkeys([*self._similar, *apart]),
            key=lambda group: [self._order[frame] for frame in group],
        )

    def _conflict(self, group: Group) -> Conflict | None:
        if group not in self._made:
            self._made[group] = self._make(group)
        return self._made[group]

    def _make(self, group: Group) -> Conflict | None:
        pairs = self._pairs(group)
        verdict = self._verdict(group)
        kind = self._kind(group, pairs)
        if kind is None and verdict is None and not self._was_in_conflict(group):
            return None
        final = verdict is not None and verdict.verdict in FINAL
        resolved = kind is None or final
        dices = [pair.dice for pair in pairs if pair.dice is not None]
        return Conflict(
            frames=group,
            kind=kind,
            state="resolved" if resolved else "open",
            verdict=verdict,
            ssim=min((pair.ssim for pair in pairs), default=None),
            dice=min(dices, default=None),
            missing=tuple(filter(self._labels.missing, group)),
            pairs=tuple(pairs),
            harm=0.0 if resolved else self._harm.of(group),
        )

    def _pairs(self, group: Group) -> list[DuplicatePair]:
        return [self._table.pair(number) for number in self._numbers(group)]

    def _numbers(self, group: Group) -> list[int]:
        if group in self._inside:
            return self._inside[group]
        members = set(group)
        return [
            number
            for number, (a, b, _) in enumerate(self._table.pairs)
            if a in members and b in members
        ]

    def _verdict(self, group: Group) -> VerdictRecord | None:
        for record in reversed(self._verdicts.get(group[0], [])):
            if set(group) <= set(record.group):
                return record
        return None

    def _kind(self, group: Group, pairs: Sequence[DuplicatePair]) -> str | None:
        """Return what the masks disagree in, by the engine's rule for groups."""
        store, labels = self._labels.store, self._labels
        members = {frame for frame in group if store.status(frame) != "excluded"}
        areas = {frame: labels.known_area(frame) for frame in members}
        kinds = {p.conflict for p in pairs if {p.a, p.b} <= members}
        return _group_kind(kinds, areas.values())

    def _was_in_conflict(self, group: Group) -> bool:
        """Say whether masks of the source disagreed in a group changed since."""
        store, labels = self._labels.store, self._labels
        if not any(labels.edited(f) or store.status(f) == "excluded" for f in group):
            return False
        if group not in self._source_kinds:
            masks = {frame: self._labels.source_mask(frame) for frame in group}
            areas = {f: None if m is None else int(m.sum()) for f, m in masks.items()}
            pairs = (self._table.pairs[number] for number in self._numbers(group))
            kinds = {
                judge(pair, masks.get, areas.get, self._shape_dice).conflict
                for pair in pairs
            }
            self._source_kinds[group] = _group_kind(kinds, areas.values())
        return self._source_kinds[group] is not None


def _open(conflict: Conflict | None) -> bool:
    return conflict is not None and conflict.state == "open"


def _components(n: int, joined: Sequence[tuple[int, int, int]]) -> list[list[int]]:
    """Return the connected members; scipy is not loaded where there are none."""
    if not joined:
        return []
    _, left, right = zip(*joined, strict=True)
    return _engine.group_pairs(n, left, right)


def _group_kind(
    kinds: Collection[str | None], areas: Iterable[int | None]
) -> str | None:
    """Return the worst kind; an empty mask beside a nerve counts anywhere in it."""
    emptiness = {area == 0 for area in areas if area is not None}
    if len(emptiness) > 1 or _engine.EMPTY_VERSUS_NERVE in kinds:
        return _engine.EMPTY_VERSUS_NERVE
    return _engine.SHAPE if _engine.SHAPE in kinds else None


def next_open(
    waiting: Sequence[Conflict],
    ids: Sequence[str],
    selected: str | None,
    step: int = 1,
) -> Conflict | None:
    """Return the conflict after (``step=-1``: before) the selected frame.

    Parameters
    ----------
    waiting
        The open conflicts, in frame order.
    ids
        All frames, in order.
    selected
        The frame on screen.
    step
        1 or -1; past the end it begins anew at the other one.
    """
    if not waiting:
        return None
    order = {frame: n for n, frame in enumerate(ids)}
    here = order.get(selected or "", -1)
    ahead = waiting if step > 0 else waiting[::-1]
    for conflict in ahead:
        first = order[conflict.frames[0]]
        if selected not in conflict.frames and (first - here) * step > 0:
            return conflict
    return ahead[0]
