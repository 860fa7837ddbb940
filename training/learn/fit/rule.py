"""Tuning the decision rule for the competition's Dice.

Masks are cut from uint8 probabilities at a few thresholds, so a frame's areas and
overlaps at these say everything about every rule that is tried: no map is kept, and
no rule needs another look at the pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...networks.decision import SHARES, DecisionRule, threshold_level
from ..settings.config import TrainConfig

Mask = NDArray[np.bool_]

#: What is done to a mask after the threshold, such as keeping its largest component.
Clean = Callable[[Mask], Mask]

#: What is tried. The neutral rule comes first among equals.
THRESHOLDS = tuple(round(0.1 + 0.05 * step, 2) for step in range(17))
PRESENCES = tuple(round(0.05 * step, 2) for step in range(20))
AREA_SHARES = (0.0, 0.001, 0.002, 0.004, 0.006, 0.008, 0.01)

_LEVELS = [threshold_level(threshold) for threshold in THRESHOLDS]

#: Gain in Dice below which a rule farther from the neutral one is not worth it.
_TIE = 1e-9


def chosen_rule(config: TrainConfig) -> DecisionRule:
    """Return a rule with the settings that are chosen, before the others are tuned."""
    return DecisionRule(
        largest_component=config.largest_component, fill_holes=config.fill_holes
    )


def cleaner(config: TrainConfig) -> Clean | None:
    """Return what a rule does to a mask after the threshold; None is nothing."""
    rule = chosen_rule(config)
    if not rule.filters:
        return None
    return lambda mask: rule.decide(mask.astype(np.uint8) * np.uint8(255))


def saved_rule(saved: Any) -> DecisionRule:
    """Return a rule that was kept with a training; raises ValueError if it is none.

    An earlier version wrote the tuned settings in a row.
    """
    if isinstance(saved, list):
        saved = dict(zip(SHARES, saved, strict=True))
    return DecisionRule.from_json(saved)


class Cleaned(NamedTuple):
    """What components and holes leave of a mask at each of `THRESHOLDS`.

    Attributes
    ----------
    area, overlap
        (T,) int64, as in `FrameCurve`.
    """

    area: NDArray[np.int64]
    overlap: NDArray[np.int64]


@dataclass(frozen=True)
class FrameCurve:
    """One frame's prediction against its truth, at every level.

    Attributes
    ----------
    area, overlap
        (256,) int64: pixels predicted, and those of them that are nerve, if every
        pixel of this level or more is nerve.
    truth
        Pixels of nerve in the ground truth.
    pixels
        Pixels of the frame.
    presence
        Predicted, in [0, 1].
    cleaned
        The same of cleaned masks; None: masks stay as the threshold cuts them.
    """

    area: NDArray[np.int64]
    overlap: NDArray[np.int64]
    truth: int
    pixels: int
    presence: float
    cleaned: Cleaned | None = None


def frame_curve(
    probability: NDArray[np.uint8],
    truth: Mask,
    presence: float,
    clean: Clean | None = None,
) -> FrameCurve:
    """Count a frame's levels.

    Parameters
    ----------
    probability
        (H, W) uint8.
    truth
        (H, W) bool.
    presence
        In [0, 1].
    clean
        What the rule does to the mask after the threshold, see `cleaner`.
    """
    inside = probability[truth]
    area = _at_or_above(probability.ravel())
    return FrameCurve(
        area,
        _at_or_above(inside),
        len(inside),
        probability.size,
        presence,
        None if clean is None else _cleaned(probability, truth, area[_LEVELS], clean),
    )


def _at_or_above(levels: NDArray[np.uint8]) -> NDArray[np.int64]:
    counts = np.bincount(levels, minlength=256)
    return np.cumsum(counts[::-1])[::-1].astype(np.int64)


def _cleaned(
    probability: NDArray[np.uint8], truth: Mask, found: NDArray[np.int64], clean: Clean
) -> Cleaned:
    """Count what is left of each threshold's mask, of ``found`` pixels."""
    cleaned = Cleaned(np.zeros_like(found), np.zeros_like(found))
    # Beyond what the lowest threshold finds there is nothing: components and holes
    # are the same within its bounds, and those are a small part of the frame.
    box = _bounds(probability >= min(_LEVELS))
    for index, level in enumerate(_LEVELS):
        if not found[index]:
            continue
        if index and found[index] == found[index - 1]:  # the same mask again
            for counts in cleaned:
                counts[index] = counts[index - 1]
            continue
        mask = clean(probability[box] >= level)
        cleaned.area[index] = np.count_nonzero(mask)
        cleaned.overlap[index] = np.count_nonzero(mask & truth[box])
    return cleaned


def _bounds(mask: Mask) -> tuple[slice, slice]:
    """Return the smallest rectangle around a mask's pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


class DiceCurves:
    """All frames' curves, as one table.

    Parameters
    ----------
    curves
        At least one.

    Attributes
    ----------
    nerve
        (N,) bool: the frame shows a nerve.
    """

    def __init__(self, curves: Sequence[FrameCurve]) -> None:
        self._curves = tuple(curves)
        self._found = np.array([curve.area[_LEVELS] for curve in curves])
        counts = [
            curve.cleaned or Cleaned(curve.area[_LEVELS], curve.overlap[_LEVELS])
            for curve in curves
        ]
        area = np.array([one.area for one in counts])
        overlap = np.array([one.overlap for one in counts])
        truth = np.array([curve.truth for curve in curves])
        self._pixels = np.array([curve.pixels for curve in curves])[:, None]
        self._presence = np.array([curve.presence for curve in curves])
        self.nerve = truth > 0
        both = area + truth[:, None]
        self._dice = np.where(both > 0, 2 * overlap / np.maximum(both, 1), 1.0)
        self._dice_if_empty = np.where(self.nerve, 0.0, 1.0)[:, None]

    def __len__(self) -> int:
        return len(self._curves)

    def only(self, chosen: NDArray[np.bool_]) -> DiceCurves:
        """Return the curves of some frames; ``chosen`` is (N,) bool."""
        return DiceCurves([self._curves[index] for index in np.flatnonzero(chosen)])

    def dice(self, rule: DecisionRule) -> NDArray[np.float64]:
        """Return each frame's Dice under a rule; both masks empty is 1."""
        column = THRESHOLDS.index(rule.threshold)
        kept = self._kept(rule.presence_threshold, rule.min_area_share)
        dice = np.where(kept, self._dice, self._dice_if_empty)
        return np.asarray(dice[:, column], dtype=np.float64)

    def _kept(self, presence_threshold: float, share: float) -> NDArray[np.bool_]:
        present = (self._presence >= presence_threshold)[:, None]
        kept: NDArray[np.bool_] = present & (self._found >= share * self._pixels)
        return kept

    def tune(self, chosen: DecisionRule | None = None) -> tuple[DecisionRule, float]:
        """Return the rule with the best mean Dice, and that Dice.

        Among equals it is the one nearest to thresholds of a half and no least area.
        What is not tuned is as in ``chosen``, see `chosen_rule`.
        """
        chosen = chosen or DecisionRule()
        best, best_dice, best_distance = (0.5, 0.5, 0.0), -1.0, 0.0
        for presence, share in product(PRESENCES, AREA_SHARES):
            kept = self._kept(presence, share)
            means = np.where(kept, self._dice, self._dice_if_empty).mean(axis=0)
            for threshold, mean in zip(THRESHOLDS, means.tolist(), strict=True):
                distance = abs(threshold - 0.5) + abs(presence - 0.5) + share
                gain = mean - best_dice
                if gain > _TIE or (gain > -_TIE and distance < best_distance):
                    best, best_dice = (threshold, presence, share), mean
                    best_distance = distance
        threshold, presence, share = best
        rule = replace(
            chosen,
            threshold=threshold,
            presence_threshold=presence,
            min_area_share=share,
        )
        return rule, best_dice
