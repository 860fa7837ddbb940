"""Every frame's areas at every level: all that any rule needs to know of the maps."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import _engine

if TYPE_CHECKING:
    from .._engine import DecisionRule, FrameCurve

Values = npt.NDArray[np.float64]
_LEVELS = 256


class RuleCurves:
    """The engine's `FrameCurve` of all frames as arrays, one column a frame.

    Masks cut from one map at two levels lie one in the other, so two rules give the
    same mask if and only if they give the same area. 5,635 frames take 12 MB.
    May be written by one thread and read by another.

    Parameters
    ----------
    ids
        The frames, in frame order.
    """

    def __init__(self, ids: Sequence[str]) -> None:
        n = len(ids)
        self._at = {frame: row for row, frame in enumerate(ids)}
        self._lock = threading.Lock()
        self._area = np.zeros((_LEVELS, n), np.int32)
        self._overlap = np.zeros((_LEVELS, n), np.int32)
        self._truth, self._pixels = np.zeros(n, np.int32), np.ones(n, np.int32)
        self._presence = np.zeros(n)
        self._known, self._labelled = np.zeros(n, bool), np.zeros(n, bool)

    def put(self, frame: str, curve: FrameCurve, *, labelled: bool) -> None:
        """Take one frame's curve; without a label its truth means nothing."""
        row = self._at[frame]
        with self._lock:
            self._area[:, row], self._overlap[:, row] = curve.area, curve.overlap
            self._truth[row], self._pixels[row] = curve.truth, curve.pixels
            self._presence[row] = curve.presence
            self._known[row], self._labelled[row] = True, labelled

    def forget(self, frame: str) -> None:
        """Know nothing of this frame until it is put again."""
        with self._lock:
            self._known[self._at[frame]] = False

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which frames have a curve, (N,) bool."""
        return self._known.copy()

    @property
    def labelled(self) -> npt.NDArray[np.bool_]:
        """Which frames have a curve and a label, (N,) bool."""
        return self._known & self._labelled

    @property
    def nerve(self) -> npt.NDArray[np.bool_]:
        """Which frames have a label with a nerve, (N,) bool."""
        return self.labelled & (self._truth > 0)

    def areas(self, rule: DecisionRule) -> npt.NDArray[np.int32]:
        """Return the pixels of each frame's mask, (N,) int32; 0 if it is emptied.

        Filters of connected parts are left out of account.
        """
        with self._lock:
            area = self._area[_level(rule)]
            return np.where(self._kept(rule, area), area, 0)

    def dice(self, rule: DecisionRule) -> Values:
        """Return each frame's Dice, (N,) in [0, 1]; NaN without curve or label.

        Both masks empty counts 1. Filters of connected parts are left out of account.
        """
        with self._lock:
            level = _level(rule)
            area, overlap = self._area[level], self._overlap[level]
            kept = self._kept(rule, area)
            area, overlap = np.where(kept, area, 0), np.where(kept, overlap, 0)
            both = area + self._truth
            dice = np.where(both > 0, 2 * overlap / np.maximum(both, 1), 1.0)
            dice[~(self._known & self._labelled)] = np.nan
            return dice

    def _kept(
        self, rule: DecisionRule, area: npt.NDArray[np.int32]
    ) -> npt.NDArray[np.bool_]:
        present = self._presence >= rule.presence_threshold
        kept: npt.NDArray[np.bool_] = area >= rule.min_area_share * self._pixels
        return kept & present


def _level(rule: DecisionRule) -> int:
    return _engine.threshold_level(rule.threshold)
