"""Tuning the decision rule for the competition's Dice.

Masks are cut from uint8 probabilities, so a frame's area and overlap at each of the
255 levels say everything about every threshold: no map is kept, and no rule needs
another look at the pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..predict.decision import threshold_level

#: What is tried. The neutral rule comes first among equals.
THRESHOLDS = tuple(round(0.1 + 0.05 * step, 2) for step in range(17))
PRESENCES = tuple(round(0.05 * step, 2) for step in range(20))
AREA_SHARES = (0.0, 0.001, 0.002, 0.004, 0.006, 0.008, 0.01)

#: Gain in Dice below which a rule farther from the neutral one is not worth it.
_TIE = 1e-9


class Rule(NamedTuple):
    """When a pixel, and a frame, is nerve; see `training.predict.decision.decide`."""

    threshold: float = 0.5
    presence_threshold: float = 0.5
    min_area_share: float = 0.0


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
    """

    area: NDArray[np.int64]
    overlap: NDArray[np.int64]
    truth: int
    pixels: int
    presence: float


def frame_curve(
    probability: NDArray[np.uint8], truth: NDArray[np.bool_], presence: float
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
    """
    inside = probability[truth]
    return FrameCurve(
        _at_or_above(probability.ravel()),
        _at_or_above(inside),
        len(inside),
        probability.size,
        presence,
    )


def _at_or_above(levels: NDArray[np.uint8]) -> NDArray[np.int64]:
    counts = np.bincount(levels, minlength=256)
    return np.cumsum(counts[::-1])[::-1].astype(np.int64)


class Curves:
    """All frames' curves, cut at the thresholds that are tried.

    Parameters
    ----------
    curves
        At least one.
    """

    def __init__(self, curves: Sequence[FrameCurve]) -> None:
        levels = [threshold_level(threshold) for threshold in THRESHOLDS]
        self._area = np.array([curve.area[levels] for curve in curves])
        overlap = np.array([curve.overlap[levels] for curve in curves])
        truth = np.array([curve.truth for curve in curves])
        self._pixels = np.array([curve.pixels for curve in curves])[:, None]
        self._presence = np.array([curve.presence for curve in curves])
        self.nerve = truth > 0
        both = self._area + truth[:, None]
        self._dice = np.where(both > 0, 2 * overlap / np.maximum(both, 1), 1.0)
        self._dice_if_empty = np.where(self.nerve, 0.0, 1.0)[:, None]

    def dice(self, rule: Rule) -> NDArray[np.float64]:
        """Return each frame's Dice under a rule; both masks empty is 1."""
        column = THRESHOLDS.index(rule.threshold)
        kept = self._kept(rule.presence_threshold, rule.min_area_share)
        dice = np.where(kept, self._dice, self._dice_if_empty)
        return np.asarray(dice[:, column], dtype=np.float64)

    def _kept(self, presence_threshold: float, share: float) -> NDArray[np.bool_]:
        present = (self._presence >= presence_threshold)[:, None]
        kept: NDArray[np.bool_] = present & (self._area >= share * self._pixels)
        return kept

    def tune(self) -> tuple[Rule, float]:
        """Return the rule with the best mean Dice, and that Dice.

        Among equals it is the one nearest to thresholds of a half and no least area.
        """
        best, best_dice, best_distance = Rule(), -1.0, 0.0
        for presence, share in product(PRESENCES, AREA_SHARES):
            kept = self._kept(presence, share)
            means = np.where(kept, self._dice, self._dice_if_empty).mean(axis=0)
            for threshold, mean in zip(THRESHOLDS, means.tolist(), strict=True):
                distance = abs(threshold - 0.5) + abs(presence - 0.5) + share
                gain = mean - best_dice
                if gain > _TIE or (gain > -_TIE and distance < best_distance):
                    best, best_dice = Rule(threshold, presence, share), mean
                    best_distance = distance
        return best, best_dice
