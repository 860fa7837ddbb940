"""Two readers on the same groups: blind readings, their agreement, what to adjudicate.

A blind reading is a label store of its own in the project folder, begun from the data
folder's masks: who reads there sees nothing of what others decided, and changes
nothing that training uses. The project's own labels are the first reading. Once
somebody adjudicates against a reading, the comparison keeps to the labels as they were
before, or agreement would rise by being looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from .. import _engine
from .actions import Mask
from .kappa import cohen_kappa

if TYPE_CHECKING:
    from .._engine import DataSet, LabelStore, LabelView, Project, VerdictRecord

Group = tuple[str, ...]

#: The verdicts that say what a group is without giving it a mask.
WITHOUT_MASK = ("not-duplicate", "ambiguous", "exclude", "redraw")

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
class Agreement:
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


class Reading:
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

    def found(self, group: frozenset[str]) -> str:
        """Return what the reader found in a group: nerve, no nerve, or a verdict."""
        verdict = self.verdicts[group].verdict
        if verdict in WITHOUT_MASK:
            return verdict
        masks = (self.mask(frame) for frame in group)
        return "nerve" if any(m is not None and m.any() for m in masks) else "no nerve"


def compare(first: Reading, second: Reading, now: LabelStore) -> Agreement:
    """Return how far two readings agree on the groups that both decided.

    Two verdicts agree if they find the same and give the same masks.

    Parameters
    ----------
    first, second
        The readings.
    now
        The labels that training uses: verdicts in it that are newer than both
        readings' settle the matter.

    Raises
    ------
    InputError
        If a mask cannot be read.
    """
    mine, other = first.verdicts, second.verdicts
    both = sorted(mine.keys() & other.keys(), key=lambda group: mine[group].group)
    latest = {frozenset(record.group): record for record in now.verdicts()}
    rows = []
    for group in both:
        given = max(mine[group].time, other[group].time)
        later = group in latest and latest[group].time > given
        rows.append(_compared(first, second, group, later))
    found = [(first.found(group), second.found(group)) for group in both]
    dices = [row.dice for row in rows if row.dice is not None]
    return Agreement(
        first.name,
        second.name,
        tuple(rows),
        cohen_kappa([a for a, _ in found], [b for _, b in found]),
        fmean(dices) if dices else None,
        len(mine) - len(both),
        len(other) - len(both),
    )


def _compared(
    first: Reading, second: Reading, group: frozenset[str], adjudicated: bool
) -> Compared:
    record, finds = first.verdicts[group], (first.found(group), second.found(group))
    dice = None
    if not set(finds) & set(WITHOUT_MASK):
        dice = fmean(_dice(first.mask(f), second.mask(f)) for f in record.group)
    agree = finds[0] == finds[1] and dice in (None, 1.0)
    said = [_words(each.verdicts[group]) for each in (first, second)]
    return Compared(record.group, said[0], said[1], dice, agree, adjudicated)


def _words(record: VerdictRecord) -> str:
    return f"{record.verdict} {record.kept}" if record.kept else record.verdict


def _dice(a: Mask | None, b: Mask | None) -> float:
    if a is None or b is None or a.shape != b.shape:
        return float(a is None and b is None)
    return _engine.dice(np.asarray(a), np.asarray(b))


def agreement_with(
    dataset: DataSet, project: Project, store: LabelStore, name: str
) -> Agreement:
    """Compare the project's labels, as before any adjudication, with a blind reading.

    Raises
    ------
    InputError
        If the reading cannot be read.
    """
    note = _NOTE.format(name=name)
    before = [snapshot.id for snapshot in store.snapshots() if snapshot.note == note]
    labels = store.at(before[0]) if before else store
    with _engine.LabelStore.open(reading_path(project, name)) as other:
        return compare(
            Reading("the project's labels", labels, dataset),
            Reading(name, other, dataset),
            store,
        )


def begin_adjudication(store: LabelStore, name: str) -> None:
    """Keep the labels as they are, once, for every later comparison with ``name``."""
    note = _NOTE.format(name=name)
    if all(snapshot.note != note for snapshot in store.snapshots()):
        store.take_snapshot(note)
