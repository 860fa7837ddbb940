"""Dice of prediction and ground truth, computed when there is time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import _engine

if TYPE_CHECKING:
    from .current_labels import CurrentLabels
    from .frame_table import FrameTable
    from .predictions import Predictions


class FrameDice:
    """Fills the table's column of Dice, and knows which frames still wait.

    Both masks empty counts 1, the competition's rule; a frame without a mask or
    with a mask of another size has no Dice.
    """

    def __init__(
        self, labels: CurrentLabels, predictions: Predictions, table: FrameTable
    ) -> None:
        self._labels, self._predictions, self._table = labels, predictions, table
        self._waiting: dict[str, None] = {}

    @property
    def waiting(self) -> int:
        """How many frames are not scored yet."""
        return len(self._waiting)

    def touch(self, frame: str) -> None:
        """Note that the label or the prediction of a frame has changed."""
        self._table.set_dice(frame, None)
        if frame in self._predictions.ids:
            self._waiting[frame] = None
        else:
            self._waiting.pop(frame, None)

    def take(self, frames: Sequence[str], dice: npt.NDArray[np.float64]) -> None:
        """Take what is known already, (N,) float64; those that are NaN wait."""
        self._table.set_all_dice(dice)
        predicted = self._predictions.ids
        for frame, value in zip(frames, dice.tolist(), strict=True):
            if not np.isnan(value):
                self._waiting.pop(frame, None)
            elif frame in predicted:
                self._waiting[frame] = None

    def score(self, frame: str) -> bool:
        """Score one frame now if it waits; say whether it did."""
        if frame not in self._waiting:
            return False
        del self._waiting[frame]
        self._table.set_dice(frame, self._compute(frame))
        return True

    def work(self, deadline: float) -> list[str]:
        """Score frames until ``deadline`` (`time.monotonic`); return which."""
        scored = []
        while self._waiting and time.monotonic() < deadline:
            frame = next(iter(self._waiting))
            self.score(frame)
            scored.append(frame)
        return scored

    def _compute(self, frame: str) -> float | None:
        truth, predicted = self._labels.mask(frame), self._predictions.mask(frame)
        if truth is None or predicted is None or truth.shape != predicted.shape:
            return None
        return _engine.dice(truth, predicted)
