"""The engine's judgement of duplicate groups, kept up as labels change."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import _engine
from .pair_table import PairTable, Similar, judge

if TYPE_CHECKING:
    from .._engine import DuplicatePair, VerdictRecord
    from .current_labels import CurrentLabels

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
        ``open`` or ``resolved``, by the engine's ``state_of``.
    verdict
        The newest verdict in effect on the group, or None.
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
        return self._groups.of_frame.get(frame, ())

    def conflicts(self) -> list[Conflict]:
        """Return all conflicts, resolved ones too, in frame order."""
        found = (self._conflict(group) for group in self._groups.groups)
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
        touched = self._groups.touching(frames)
        self._groups.take(self._labels.store.verdicts())
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
        store, pairs = self._labels.store, self._table.pairs
        self._apart = store.not_duplicates()
        self._made: dict[Group, Conflict | None] = {}
        i = np.array([self._order[a] for a, _, _ in pairs], np.int64)
        j = np.array([self._order[b] for _, b, _ in pairs], np.int64)
        self._groups = _engine.DuplicateGroups(
            self._ids, i, j, self._apart, store.verdicts()
        )

    def _conflict(self, group: Group) -> Conflict | None:
        if group not in self._made:
            self._made[group] = self._make(group)
        return self._made[group]

    def _make(self, group: Group) -> Conflict | None:
        pairs = self._pairs(group)
        verdict = self._groups.verdict(group)
        kind = self._kind(group, pairs)
        if kind is None and verdict is None and not self._was_in_conflict(group):
            return None
        state = _engine.state_of(kind, None if verdict is None else verdict.verdict)
        dices = [pair.dice for pair in pairs if pair.dice is not None]
        return Conflict(
            frames=group,
            kind=kind,
            state=state,
            verdict=verdict,
            ssim=min((pair.ssim for pair in pairs), default=None),
            dice=min(dices, default=None),
            missing=tuple(filter(self._labels.missing, group)),
            pairs=tuple(pairs),
            harm=self._harm.of(group) if state == "open" else 0.0,
        )

    def _pairs(self, group: Group) -> list[DuplicatePair]:
        return [self._table.pair(number) for number in self._groups.pairs_in(group)]

    def _kind(self, group: Group, pairs: Sequence[DuplicatePair]) -> str | None:
        """Return what the masks disagree in; excluded frames do not count."""
        store, labels = self._labels.store, self._labels
        members = {frame for frame in group if store.status(frame) != "excluded"}
        areas = {frame: labels.known_area(frame) for frame in members}
        kinds = {p.conflict for p in pairs if {p.a, p.b} <= members}
        return _engine.group_conflict(kinds, areas.values())

    def _was_in_conflict(self, group: Group) -> bool:
        """Say whether masks of the source disagreed in a group changed since."""
        store, labels = self._labels.store, self._labels
        if not any(labels.edited(f) or store.status(f) == "excluded" for f in group):
            return False
        if group not in self._source_kinds:
            masks = {frame: self._labels.source_mask(frame) for frame in group}
            areas = {f: None if m is None else int(m.sum()) for f, m in masks.items()}
            pairs = (self._table.pairs[n] for n in self._groups.pairs_in(group))
            kinds = {
                judge(pair, masks.get, areas.get, self._shape_dice).conflict
                for pair in pairs
            }
            self._source_kinds[group] = _engine.group_conflict(kinds, areas.values())
        return self._source_kinds[group] is not None


def _open(conflict: Conflict | None) -> bool:
    return conflict is not None and conflict.state == "open"


class HarmTable:
    """The harm of groups: the Dice, in frames, that a perfect model loses by them.

    Parameters
    ----------
    labels
        The masks and statuses now; excluded frames count for nothing.
    pairs_of
        Gives the similar pairs of a group.
    """

    def __init__(
        self,
        labels: CurrentLabels,
        pairs_of: Callable[[Group], Sequence[DuplicatePair]],
    ) -> None:
        self._labels, self._pairs_of = labels, pairs_of
        self._known: dict[Group, float] = {}
        self._waiting: dict[Group, None] = {}

    @property
    def waiting(self) -> int:
        """How many groups wait to be weighed."""
        return len(self._waiting)

    def of(self, group: Group) -> float | None:
        """Return the harm of a group, or None if it is not known yet."""
        return self._known.get(group)

    def want(self, groups: Iterable[Group]) -> None:
        """Weigh these groups, as far as that is still to be done."""
        self._waiting.update(dict.fromkeys(g for g in groups if g not in self._known))

    def forget(self, group: Group) -> None:
        """Note that masks of a group have changed."""
        self._known.pop(group, None)

    def clear(self) -> None:
        """Begin anew."""
        self._known.clear()
        self._waiting.clear()

    def work(self, deadline: float) -> list[Group]:
        """Weigh groups until ``deadline`` (`time.monotonic`); return which."""
        done = []
        while self._waiting and time.monotonic() < deadline:
            group = next(iter(self._waiting))
            del self._waiting[group]
            self._known[group] = self._weigh(group)
            done.append(group)
        return done

    def _weigh(self, group: Group) -> float:
        store, labels = self._labels.store, self._labels
        counted = [frame for frame in group if store.status(frame) != "excluded"]
        areas = sorted(labels.known_area(frame) or 0 for frame in counted)
        missing = any(labels.missing(frame) for frame in counted)
        if len(areas) == 2 and areas[0] == 0 < areas[1] and not missing:
            return 1.0  # a nerve or none: no need to read the masks
        masks = {frame: labels.mask(frame) for frame in counted}
        patches = {f: _engine.Patch.of(m) for f, m in masks.items() if m is not None}
        pairs = [(pair.a, pair.b) for pair in self._pairs_of(group)]
        return _engine.group_harm(patches, pairs)


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
