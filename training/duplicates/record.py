"""Every conflict that there is or was, what it costs, and who settled it how."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..data import DataSet, Labels
from ..data.csv_table import table_text
from ..data.store import Action, VerdictRecord
from ..events import OnEvent, Progress, ShouldStop
from .conflicts import SHAPE_DICE, Patch, group_conflict
from .groups import group_pairs
from .harm import frame_losses
from .report import (
    DuplicatePair,
    check_shape_dice,
    judge_pair,
    read_patches,
    still_duplicates,
)
from .rules import KIND
from .stored import StoredPairs

#: Verdicts that settle a group whatever its masks say.
FINAL = ("not-duplicate", "ambiguous")
OPEN, RESOLVED = "open", "resolved"

COLUMNS = (
    "group",
    "frames",
    "state",
    "kind",
    "kind_in_source",
    "harm",
    "harm_in_source",
    "a",
    "b",
    "ssim",
    "dice",
    "pair_conflict",
    "verdict",
    "kept",
    "reason",
    "author",
    "time",
    "action",
    "excluded",
    "missing",
)


@dataclass(frozen=True)
class ConflictRecord:
    """One duplicate group that is, or was, in conflict.

    Attributes
    ----------
    frames
        The group, in natural order.
    state
        "open", or "resolved": the masks agree now (excluded frames apart), or the
        verdict in effect is not-duplicate or ambiguous.
    kind, source_kind
        What its masks disagree in now, and as they lie in the data folder.
    harm, source_harm
        What that costs a perfect model, in frames; see `training.duplicates.harm`.
        The harm of a resolved group is 0.
    pairs
        Its similar pairs, judged by the masks as they are now.
    decision
        The newest verdict or rule in effect; None if nobody decided.
    excluded, missing
        Which of its frames are excluded, and which have no mask.
    """

    frames: tuple[str, ...]
    state: str
    kind: str | None
    source_kind: str | None
    harm: float
    source_harm: float
    pairs: tuple[DuplicatePair, ...]
    decision: Decision | None
    excluded: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """Who settled a group how; ``verdict`` is ``rule:<rule>`` for a bulk rule."""

    verdict: str
    kept: str | None
    reason: str
    author: str
    time: str
    action: int


def conflict_record(
    dataset: DataSet,
    labels: Labels,
    stored: StoredPairs,
    *,
    shape_dice: float = SHAPE_DICE,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> tuple[ConflictRecord, ...]:
    """Return all conflicts: open ones first, the most harmful first.

    Parameters
    ----------
    dataset
        Whose masks are the source's.
    labels
        The masks, states and verdicts as they are now.
    stored
        The similar pairs; frames that the data set does not have are left out.
    shape_dice
        Two nerves conflict below this Dice.
    on_event, should_stop
        See `training.events`.

    Raises
    ------
    InputError
        If ``shape_dice`` is not between 0 and 1.
    """
    check_shape_dice(shape_dice)
    used = sorted({*stored.i.tolist(), *stored.j.tolist()})
    progress = Progress("Reading masks", len(used), on_event, should_stop)
    source, _ = read_patches(stored.ids, used, dataset, progress)
    now = source | _mended(stored, used, labels)
    book = _Book(stored, labels, source, now, shape_dice)
    found = [book.judge(group) for group in book.groups()]
    rows = [row for row in found if row is not None]
    order = {frame: k for k, frame in enumerate(stored.ids)}
    return tuple(
        sorted(
            rows,
            key=lambda row: (
                row.state != OPEN,
                -row.harm,
                -row.source_harm,
                [order[frame] for frame in row.frames],
            ),
        )
    )


def _mended(
    stored: StoredPairs, used: Iterable[int], labels: Labels
) -> dict[int, Patch | None]:
    """Return the masks that are not the source's; None for excluded frames."""
    edited = set() if labels.view is None else labels.view.edited()
    excluded = labels.excluded
    changed = [k for k in used if stored.ids[k] in edited]
    patches, _ = read_patches(
        stored.ids, changed, labels, Progress("Reading mended masks", len(changed))
    )
    return patches | {k: None for k in used if stored.ids[k] in excluded}


class _Book:
    def __init__(
        self,
        stored: StoredPairs,
        labels: Labels,
        source: Mapping[int, Patch | None],
        now: Mapping[int, Patch | None],
        shape_dice: float,
    ) -> None:
        self._stored, self._labels, self._shape_dice = stored, labels, shape_dice
        self._source, self._now = source, now
        self._number = {frame: k for k, frame in enumerate(stored.ids)}
        view = labels.view
        self._verdicts = [] if view is None else view.verdicts()
        rules = [a for a in view.history() if a.kind == KIND] if view else []
        self._decided: dict[str, list[tuple[frozenset[str] | None, Decision]]] = {}
        for record in self._verdicts:
            self._note(record.group, frozenset(record.group), _of_verdict(record))
        for action in rules:
            if action.in_effect:
                self._note(action.frames, None, _of_rule(action))
        kept = still_duplicates(stored, labels.not_duplicates)
        self._kept = set(kept.tolist())
        self._inside: dict[int, list[int]] = {}
        for place, a in enumerate(stored.i.tolist()):
            self._inside.setdefault(a, []).append(place)

    def groups(self) -> Iterator[tuple[str, ...]]:
        """Yield the groups, then those that a verdict took apart."""
        stored, keep, seen = self._stored, sorted(self._kept), set()
        for group in group_pairs(len(stored.ids), stored.i[keep], stored.j[keep]):
            seen.add(names := tuple(stored.ids[k] for k in group))
            yield names
        for record in self._verdicts:
            if record.verdict == FINAL[0] and set(record.group) <= set(self._number):
                names = tuple(sorted(record.group, key=self._number.__getitem__))
                if names not in seen:
                    seen.add(names)
                    yield names

    def judge(self, group: tuple[str, ...]) -> ConflictRecord | None:
        """Return a group's record; None if it neither is nor was in conflict."""
        kind, harm, pairs = self._state(group, self._now)
        source_kind, source_harm, _ = self._state(group, self._source)
        decision = self._decision(group)
        if kind is None and source_kind is None and decision is None:
            return None
        final = decision is not None and decision.verdict in FINAL
        resolved = kind is None or final
        excluded = self._labels.excluded
        return ConflictRecord(
            frames=group,
            state=RESOLVED if resolved else OPEN,
            kind=kind,
            source_kind=source_kind,
            harm=0.0 if resolved else harm,
            source_harm=source_harm,
            pairs=pairs,
            decision=decision,
            excluded=tuple(frame for frame in group if frame in excluded),
            missing=tuple(
                frame
                for frame in group
                if frame not in excluded and self._now[self._number[frame]] is None
            ),
        )

    def _state(
        self, group: Collection[str], patches: Mapping[int, Patch | None]
    ) -> tuple[str | None, float, tuple[DuplicatePair, ...]]:
        """Return kind, harm and pairs of a group by these masks."""
        stored, members = self._stored, {self._number[frame] for frame in group}
        places = [
            place
            for a in sorted(members)
            for place in self._inside.get(a, ())
            if int(stored.j[place]) in members
        ]
        # a group that a verdict took apart has no other pairs than those
        places = [place for place in places if place in self._kept] or places
        ends = stored.i[places], stored.j[places], stored.ssim[places]
        pairs = tuple(
            judge_pair(
                stored.ids, int(a), int(b), float(ssim), patches, self._shape_dice
            )
            for a, b, ssim in zip(*ends, strict=True)
        )
        own = {stored.ids[k]: patches[k] for k in sorted(members)}
        losses = frame_losses(own, ((pair.a, pair.b) for pair in pairs))
        kind = group_conflict((pair.conflict for pair in pairs), own.values())
        return kind, sum(losses.values()), pairs

    def _note(
        self, frames: Iterable[str], group: frozenset[str] | None, made: Decision
    ) -> None:
        for frame in frames:
            self._decided.setdefault(frame, []).append((group, made))

    def _decision(self, group: tuple[str, ...]) -> Decision | None:
        """Return the newest verdict on all of a group, or rule on any of it."""
        found = [
            made
            for frame in group
            for whole, made in self._decided.get(frame, ())
            if whole is None or whole.issuperset(group)
        ]
        return max(found, key=lambda one: one.action, default=None)


def _of_verdict(record: VerdictRecord) -> Decision:
    return Decision(
        record.verdict,
        record.kept,
        record.reason,
        record.author,
        record.time,
        record.action or 0,
    )


def _of_rule(action: Action) -> Decision:
    verdict = f"rule:{action.note}"
    return Decision(verdict, None, action.reason, action.author, action.time, action.id)


def record_json(rows: Sequence[ConflictRecord], n_masks: int) -> dict[str, Any]:
    """Return the record as JSON can carry it.

    Parameters
    ----------
    rows
        From `conflict_record`.
    n_masks
        The frames of the data set that have a mask and are not excluded.
    """
    harm = sum(row.harm for row in rows)
    return {
        "n_open": sum(row.state == OPEN for row in rows),
        "n_resolved": sum(row.state == RESOLVED for row in rows),
        "harm": harm,
        "competition_dice_lost": harm / n_masks if n_masks else None,
        "n_masks": n_masks,
        "conflicts": [
            {
                **vars(row),
                "pairs": [vars(pair) for pair in row.pairs],
                "decision": None if row.decision is None else vars(row.decision),
            }
            for row in rows
        ],
    }


def record_csv(rows: Iterable[ConflictRecord]) -> str:
    """Return the record as a table: a line for each pair, with its group's values."""
    return table_text(
        COLUMNS,
        (
            {**_shared(number, row), **_of_pair(pair)}
            for number, row in enumerate(rows, 1)
            for pair in row.pairs
        ),
    )


def _of_pair(pair: DuplicatePair) -> dict[str, Any]:
    return {
        "a": pair.a,
        "b": pair.b,
        "ssim": f"{pair.ssim:.6f}",
        "dice": "" if pair.dice is None else f"{pair.dice:.6f}",
        "pair_conflict": pair.conflict or "",
    }


def _shared(number: int, row: ConflictRecord) -> dict[str, Any]:
    made = row.decision
    return {
        "group": number,
        "frames": " ".join(row.frames),
        "state": row.state,
        "kind": row.kind or "",
        "kind_in_source": row.source_kind or "",
        "harm": f"{row.harm:.6f}",
        "harm_in_source": f"{row.source_harm:.6f}",
        "verdict": made.verdict if made else "",
        "kept": (made.kept or "") if made else "",
        "reason": made.reason if made else "",
        "author": made.author if made else "",
        "time": made.time if made else "",
        "action": made.action if made else "",
        "excluded": " ".join(row.excluded),
        "missing": " ".join(row.missing),
    }
