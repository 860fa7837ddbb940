"""Every conflict that there is or was, what it costs, and who settled it how."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..data import DataSet, Labels
from ..data.csv_table import table_text
from ..data.store import Action, VerdictRecord
from ..data.store.words import SHAPE_DICE
from ..events import OnEvent, Progress, ShouldStop
from .conflicts import OPEN, RESOLVED, Patch, group_conflict, state_of
from .groups import DuplicateGroups, Group
from .harm import group_harm
from .report import (
    DuplicatePair,
    areas_of,
    check_shape_dice,
    judge_pair,
    read_patches,
)
from .rules import KIND
from .stored import StoredPairs

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
        "open", or "resolved"; see `training.duplicates.conflicts.state_of`.
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
    view, number = labels.view, {frame: k for k, frame in enumerate(stored.ids)}
    groups = DuplicateGroups(
        stored.ids,
        stored.i,
        stored.j,
        labels.not_duplicates,
        [] if view is None else view.verdicts(),
    )
    used = sorted({number[frame] for group in groups.groups for frame in group})
    progress = Progress("Reading masks", len(used), on_event, should_stop)
    source, _ = read_patches(stored.ids, used, dataset, progress)
    now = source | _mended(stored, used, labels)
    book = _Book(stored, groups, labels, source, now, shape_dice)
    found = [book.judge(group) for group in groups.groups]
    rows = [row for row in found if row is not None]
    return tuple(
        sorted(
            rows,
            key=lambda row: (
                row.state != OPEN,
                -row.harm,
                -row.source_harm,
                [number[frame] for frame in row.frames],
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
        groups: DuplicateGroups,
        labels: Labels,
        source: Mapping[int, Patch | None],
        now: Mapping[int, Patch | None],
        shape_dice: float,
    ) -> None:
        self._stored, self._groups, self._labels = stored, groups, labels
        self._source, self._now, self._shape_dice = source, now, shape_dice
        self._number = {frame: k for k, frame in enumerate(stored.ids)}
        history = [] if labels.view is None else labels.view.history()
        rules = [action for action in history if action.kind == KIND]
        self._rules: dict[str, list[Decision]] = {}
        for action in rules:
            for frame in action.frames if action.in_effect else ():
                self._rules.setdefault(frame, []).append(_of_rule(action))

    def judge(self, group: Group) -> ConflictRecord | None:
        """Return a group's record; None if it neither is nor was in conflict."""
        kind, harm, pairs = self._state(group, self._now)
        source_kind, source_harm, _ = self._state(group, self._source)
        verdict = self._groups.verdict(group)
        decision = self._decision(group, verdict)
        if kind is None and source_kind is None and decision is None:
            return None
        state = state_of(kind, verdict.verdict if verdict else None)
        excluded = self._labels.excluded
        return ConflictRecord(
            frames=group,
            state=state,
            kind=kind,
            source_kind=source_kind,
            harm=harm if state == OPEN else 0.0,
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
        self, group: Group, patches: Mapping[int, Patch | None]
    ) -> tuple[str | None, float, tuple[DuplicatePair, ...]]:
        """Return kind, harm and pairs of a group by these masks."""
        stored, places = self._stored, self._groups.pairs_in(group)
        ends = stored.i[places], stored.j[places], stored.ssim[places]
        pairs = tuple(
            judge_pair(
                stored.ids, int(a), int(b), float(ssim), patches, self._shape_dice
            )
            for a, b, ssim in zip(*ends, strict=True)
        )
        own = {frame: patches[self._number[frame]] for frame in group}
        kind = group_conflict((pair.conflict for pair in pairs), areas_of(own.values()))
        return kind, group_harm(own, ((pair.a, pair.b) for pair in pairs)), pairs

    def _decision(self, group: Group, verdict: VerdictRecord | None) -> Decision | None:
        """Return the newer of a verdict and the last rule on any frame of a group."""
        found = [made for frame in group for made in self._rules.get(frame, ())]
        if verdict is not None:
            found.append(_of_verdict(verdict))
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
