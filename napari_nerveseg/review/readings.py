"""Two readers on the same groups: blind readings, their agreement, what to adjudicate.

A blind reading is a label store of its own in the project folder, begun from the data
folder's masks: who reads there sees nothing of what others decided, and changes
nothing that training uses. The project's own labels are the first reading. Once
somebody adjudicates against a reading, the comparison keeps to the labels as they were
before, or agreement would rise by being looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from .. import _engine
from .actions import Mask
from .verdicts import COMMON

if TYPE_CHECKING:
    from .._engine import DataSet, LabelStore, LabelView, Project, VerdictRecord


Group = tuple[str, ...]

#: What a reader found whose verdict gave masks.
NERVE, NO_NERVE = "nerve", "no nerve"

_NOTE = "before adjudication with {name}"


def reading_path(project: Project, name: str) -> Path:
    """Return where the blind reading of one reader is kept.

    Raises
    ------
    InputError
        If the name has no letter or digit in it.
    """
    slug = re.sub(r"\W+", "-", name.strip().casefold()).strip("-")
    if not slug:
        raise _engine.InputError(
            "A blind reading needs a reader's name; write it in the field Reviewer."
        )
    return project.root / "readings" / f"{slug}.sqlite"


def readings(project: Project) -> list[str]:
    """Return the names of the blind readings in a project folder."""
    return sorted(path.stem for path in (project.root / "readings").glob("*.sqlite"))


@dataclass(frozen=True)
class Compared:
    """One group that both readers decided.

    ``dice`` is the mean over its frames of the Dice of the two readers' masks; None
    where a verdict gives no masks. ``adjudicated`` says that a later verdict settled
    the matter.
    """

    group: Group
    first: str
    second: str
    dice: float | None
    agree: bool
    adjudicated: bool


@dataclass(frozen=True)
class ReaderAgreement:
    """What two readers make of the same groups.

    Attributes
    ----------
    first, second
        The readers' names.
    rows
        The groups that both decided.
    kappa
        Of what they found: nerve, no nerve, or a verdict that gives no mask.
    dice
        Mean Dice of their masks, where both gave some; both empty counts 1.
    only_first, only_second
        How many groups only one of them decided.
    """

    first: str
    second: str
    rows: tuple[Compared, ...]
    kappa: float | None
    dice: float | None
    only_first: int
    only_second: int

    @property
    def disagreements(self) -> list[Compared]:
        """The groups on which they differ, the most different first."""
        differ = [row for row in self.rows if not row.agree]
        return sorted(differ, key=lambda row: -1.0 if row.dice is None else row.dice)


@dataclass(frozen=True)
class _Judged:
    """What two readers found in one group, and the mean Dice of their masks."""

    found: tuple[str, str]
    dice: float | None


class ReaderVerdicts:
    """What one reader decided: verdicts by group, and the masks that follow.

    Parameters
    ----------
    name
        The reader.
    labels
        The label store, or a view of it as it was.
    dataset
        Whose masks hold where the reader changed none.
    """

    def __init__(self, name: str, labels: LabelView, dataset: DataSet) -> None:
        self.name, self._labels, self._dataset = name, labels, dataset
        self.verdicts: dict[frozenset[str], VerdictRecord] = {
            frozenset(record.group): record for record in labels.verdicts()
        }

    def mask(self, frame: str) -> Mask | None:
        """Return the frame's mask after this reading, or None if there is none."""
        mask = self._labels.current_mask(frame)
        return self._dataset.mask(frame) if mask is None else mask

    def digest(self, frame: str) -> str:
        """Return what tells one mask of a frame from another; "" is the source's."""
        version = self._labels.mask_version(frame)
        return "" if version is None else version.digest

    def found(self, group: frozenset[str]) -> str:
        """Return what the reader found in a group: nerve, no nerve, or a verdict."""
        verdict = self.verdicts[group].verdict
        if verdict not in COMMON:  # it says what a group is without giving it a mask
            return verdict
        return NERVE if any(self._nerve(frame) for frame in group) else NO_NERVE

    def state(self, group: frozenset[str]) -> tuple[str, ...]:
        """Return what all of this rests on: the verdict, and which masks hold."""
        return (self.verdicts[group].verdict, *map(self.digest, sorted(group)))

    def _nerve(self, frame: str) -> bool:
        area = self._labels.current_area(frame)
        if area is not None:
            return area > 0
        mask = self._dataset.mask(frame)
        return mask is not None and bool(mask.any())


class ReaderComparison:
    """Compares the project's labels with one blind reading, as often as one likes.

    The labels are those from before any adjudication. Groups whose verdicts and masks
    are as they were at the last comparison are not read again, so that the agreement
    can follow every verdict.

    Parameters
    ----------
    dataset, project, store
        Of the open session.
    name
        The blind reading, one of `readings`.
    """

    def __init__(
        self, dataset: DataSet, project: Project, store: LabelStore, name: str
    ) -> None:
        self._dataset, self._project, self._store = dataset, project, store
        self.name = name
        self._known: dict[tuple[str, ...], _Judged] = {}

    def compare(self) -> ReaderAgreement:
        """Return how far the two agree on the groups that both decided, as of now.

        Two verdicts agree if they find the same and give the same masks. Verdicts in
        the project's labels that are newer than both settle the matter.

        Raises
        ------
        InputError
            If the reading or a mask cannot be read.
        """
        store, note = self._store, _NOTE.format(name=self.name)
        before = [
            snapshot.id for snapshot in store.snapshots() if snapshot.note == note
        ]
        labels = store.at(before[0]) if before else store
        path = reading_path(self._project, self.name)
        with _engine.LabelStore.open(path) as other:
            return self._compare(
                ReaderVerdicts("the project's labels", labels, self._dataset),
                ReaderVerdicts(self.name, other, self._dataset),
            )

    def _compare(
        self, first: ReaderVerdicts, second: ReaderVerdicts
    ) -> ReaderAgreement:
        mine, other = first.verdicts, second.verdicts
        both = sorted(mine.keys() & other.keys(), key=lambda group: mine[group].group)
        latest = {frozenset(record.group): record for record in self._store.verdicts()}
        judged = [self._judged(first, second, group) for group in both]
        rows = []
        for group, seen in zip(both, judged, strict=True):
            given = max(mine[group].time, other[group].time)
            later = group in latest and latest[group].time > given
            rows.append(_compared(mine[group], other[group], seen, later))
        dices = [row.dice for row in rows if row.dice is not None]
        return ReaderAgreement(
            first.name,
            second.name,
            tuple(rows),
            cohen_kappa([j.found[0] for j in judged], [j.found[1] for j in judged]),
            fmean(dices) if dices else None,
            len(mine) - len(both),
            len(other) - len(both),
        )

    def _judged(
        self, first: ReaderVerdicts, second: ReaderVerdicts, group: frozenset[str]
    ) -> _Judged:
        """Return what the two make of a group, from memory if nothing has changed."""
        key = (*sorted(group), *first.state(group), *second.state(group))
        if key not in self._known:
            self._known[key] = _judge(first, second, group)
        return self._known[key]


def _judge(
    first: ReaderVerdicts, second: ReaderVerdicts, group: frozenset[str]
) -> _Judged:
    found = first.found(group), second.found(group)
    dice = None
    if {NERVE, NO_NERVE}.issuperset(found):
        dice = fmean(_dice(first, second, frame) for frame in group)
    return _Judged(found, dice)


def _compared(
    mine: VerdictRecord, other: VerdictRecord, judged: _Judged, adjudicated: bool
) -> Compared:
    agree = judged.found[0] == judged.found[1] and judged.dice in (None, 1.0)
    return Compared(
        mine.group, _words(mine), _words(other), judged.dice, agree, adjudicated
    )


def _words(record: VerdictRecord) -> str:
    return f"{record.verdict} {record.kept}" if record.kept else record.verdict


def _dice(first: ReaderVerdicts, second: ReaderVerdicts, frame: str) -> float:
    if first.digest(frame) == second.digest(frame):
        return 1.0
    a, b = first.mask(frame), second.mask(frame)
    if a is None or b is None or a.shape != b.shape:
        return float(a is None and b is None)
    return _engine.dice(np.asarray(a), np.asarray(b))


def begin_adjudication(store: LabelStore, name: str) -> None:
    """Keep the labels as they are, once, for every later comparison with ``name``."""
    note = _NOTE.format(name=name)
    if all(snapshot.note != note for snapshot in store.snapshots()):
        store.take_snapshot(note)


def cohen_kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Return kappa of two readers' answers to the same questions.

    Parameters
    ----------
    first, second
        The answers, in the same order.

    Returns
    -------
    float or None
        1 is full agreement, 0 what chance gives; None without answers, or if both
        readers always gave one and the same answer, where chance explains all.
    """
    n = len(first)
    if n == 0:
        return None
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    ours, theirs = Counter(first), Counter(second)
    chance = sum(ours[answer] * theirs[answer] for answer in ours) / n**2
    return None if chance == 1 else (observed - chance) / (1 - chance)
