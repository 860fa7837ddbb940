"""The duplicate search of a data set: pairs, groups, and whose masks disagree."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..data.store.words import SHAPE_DICE
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop
from .conflicts import (
    Mask,
    Patch,
    compare_masks,
    group_conflict,
    patch_dice,
)
from .groups import Indices, group_pairs, min_ssim_bound, still_duplicates
from .harm import group_harm
from .stored import StoredPairs


class MasksOf(Protocol):
    """Anything that knows the frames' masks."""

    def mask(self, frame_id: str, /) -> Mask | None:
        """Return a (H, W) bool mask, or None if the frame has none yet."""


@dataclass(frozen=True)
class DuplicatePair:
    """Two similar frames, ``a`` before ``b`` in natural order.

    ``dice`` is None and there is no conflict where a mask is missing.
    """

    a: str
    b: str
    ssim: float
    conflict: str | None
    dice: float | None


@dataclass(frozen=True)
class Group:
    """Frames connected by similar pairs.

    ``min_ssim_bound`` is an SSIM that no two of them fall short of, ``harm`` what
    their masks' disagreement costs a perfect model, in frames; see
    `training.duplicates.harm`.
    """

    frames: tuple[str, ...]
    conflict: str | None
    min_ssim_bound: float
    harm: float


@dataclass(frozen=True)
class DuplicateReport:
    """What a duplicate search found, judged by the labels at one moment."""

    pairs: tuple[DuplicatePair, ...]
    groups: tuple[Group, ...]
    stored: StoredPairs
    warnings: tuple[str, ...]

    @property
    def n_frames(self) -> int:
        """The number of frames searched."""
        return len(self.stored.ids)

    @property
    def threshold(self) -> float:
        """The SSIM above which two frames are a pair."""
        return self.stored.threshold

    @property
    def window(self) -> str:
        """The window of the SSIM."""
        return self.stored.window

    @property
    def seconds(self) -> float:
        """How long the search took, reading the frames included."""
        return self.stored.seconds

    def save(self, path: Path) -> None:
        """Write the pairs (not the judgement, which changes with the labels)."""
        self.stored.save(path)

    def to_json(self) -> dict[str, Any]:
        """Return what ``nerveseg duplicates --json`` writes."""
        return {
            "n_frames": self.n_frames,
            "threshold": self.threshold,
            "window": self.window,
            "roi": self.stored.roi,
            "pairs": [vars(pair) for pair in self.pairs],
            "groups": [
                {**vars(group), "frames": list(group.frames)} for group in self.groups
            ],
            "seconds": self.seconds,
            "warnings": list(self.warnings),
        }


def regroup(
    stored: StoredPairs,
    labels: MasksOf,
    shape_dice: float = SHAPE_DICE,
    not_duplicates: Collection[frozenset[str]] = frozenset(),
    *,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> DuplicateReport:
    """Judge stored pairs by the labels as they are now.

    Parameters
    ----------
    stored
        From a search or `load_duplicates`.
    labels
        The masks; each is read once, and only for frames that occur in a pair.
    shape_dice
        Two nerves conflict below this Dice, 0 to 1.
    not_duplicates
        Sets of frames that a person said are no duplicates of each other: pairs
        inside one of them do not count.
    on_event, should_stop
        See `training.events`.

    Raises
    ------
    InputError
        If ``shape_dice`` is not between 0 and 1.
    """
    check_shape_dice(shape_dice)
    keep = still_duplicates(stored.ids, stored.i, stored.j, not_duplicates)
    i, j, ssim = stored.i[keep], stored.j[keep], stored.ssim[keep]
    used = np.unique(np.concatenate([i, j])).tolist()
    progress = Progress("Reading masks", len(used), on_event, should_stop)
    patches, warnings = read_patches(stored.ids, used, labels, progress)
    pairs = tuple(
        judge_pair(stored.ids, a, b, value, patches, shape_dice)
        for a, b, value in zip(i.tolist(), j.tolist(), ssim.tolist(), strict=True)
    )
    groups = _judge_groups(
        stored.ids, i, pairs, group_pairs(len(stored.ids), i, j), patches
    )
    return DuplicateReport(pairs, groups, stored, stored.warnings + tuple(warnings))


def check_shape_dice(shape_dice: float) -> None:
    """Raise InputError unless ``shape_dice`` can be a Dice."""
    if not 0 <= shape_dice <= 1:  # also catches NaN
        raise InputError(
            f"The shape Dice is {shape_dice}; a Dice lies between 0 and 1 "
            f"({SHAPE_DICE:.2f} is usual)."
        )


def read_patches(
    ids: Sequence[str], used: Sequence[int], labels: MasksOf, progress: Progress
) -> tuple[dict[int, Patch | None], list[str]]:
    """Return the masks of the frames ``ids[k]``, k in ``used``, and what went wrong."""
    patches: dict[int, Patch | None] = {}
    warnings = []
    for k in progress.over(used):
        try:
            mask = labels.mask(ids[k])
        except InputError as error:
            mask = None
            warnings.append(f"The mask of {ids[k]} counts as missing: {error}")
        patches[k] = None if mask is None else Patch.of(mask)
    return patches, warnings


def judge_pair(
    ids: Sequence[str],
    a: int,
    b: int,
    ssim: float,
    patches: Mapping[int, Patch | None],
    shape_dice: float,
) -> DuplicatePair:
    """Return the frames ``ids[a]``, ``ids[b]`` as a pair, judged by their masks."""
    mine, other = patches[a], patches[b]
    if mine is None or other is None:
        return DuplicatePair(ids[a], ids[b], ssim, None, None)
    areas = mine.area, other.area
    judged = compare_masks(areas, lambda: patch_dice(mine, other), shape_dice)
    return DuplicatePair(ids[a], ids[b], ssim, *judged)


def _judge_groups(
    ids: Sequence[str],
    i: Indices,
    pairs: Sequence[DuplicatePair],
    groups: Sequence[Sequence[int]],
    patches: Mapping[int, Patch | None],
) -> tuple[Group, ...]:
    number = {member: g for g, members in enumerate(groups) for member in members}
    inside: list[list[DuplicatePair]] = [[] for _ in groups]
    for a, pair in zip(i.tolist(), pairs, strict=True):
        inside[number[a]].append(pair)
    return tuple(
        Group(
            tuple(ids[k] for k in members),
            group_conflict(
                (pair.conflict for pair in own), areas_of(patches[k] for k in members)
            ),
            _bound(own),
            group_harm(
                {ids[k]: patches[k] for k in members},
                ((pair.a, pair.b) for pair in own),
            ),
        )
        for members, own in zip(groups, inside, strict=True)
    )


def areas_of(patches: Iterable[Patch | None]) -> list[int | None]:
    """Return the pixels of masks; None where one is missing."""
    return [None if patch is None else patch.area for patch in patches]


def _bound(pairs: Sequence[DuplicatePair]) -> float:
    numbers = {name: k for k, name in enumerate({n for p in pairs for n in (p.a, p.b)})}
    return min_ssim_bound(
        [numbers[pair.a] for pair in pairs],
        [numbers[pair.b] for pair in pairs],
        [pair.ssim for pair in pairs],
    )
