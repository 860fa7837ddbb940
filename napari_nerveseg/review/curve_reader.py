"""Reads probability maps and labels in a thread, and leaves their curves behind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .. import _engine
from .actions import Mask
from .frame_worker import FrameWorker
from .predictions import Predictions
from .rule_curves import RuleCurves

if TYPE_CHECKING:
    from .._engine import DataSet, FrameCurve, LabelStore


class CurveReader:
    """Keeps `RuleCurves` in step with predictions and labels, beside the window.

    Parameters
    ----------
    dataset, store
        Where the labels are.
    predictions
        Where the maps are.
    curves
        What is written.

    Attributes
    ----------
    worker : FrameWorker
        The thread; nothing is read before somebody starts it.
    """

    def __init__(
        self,
        dataset: DataSet,
        store: LabelStore,
        predictions: Predictions,
        curves: RuleCurves,
    ) -> None:
        self._dataset, self._store = dataset, store
        self._predictions, self._curves = predictions, curves
        self._unwritten: dict[str, Mask] = {}
        self.worker = FrameWorker(self._read, self._put)

    def touch(self, frames: Sequence[str], label: Mask | None = None) -> None:
        """Forget ``frames``, and read those anew that have a prediction.

        ``label`` is the mask of a single frame if it may not be on disk yet.
        """
        self.worker.drop(frames)
        for frame in frames:
            self._curves.forget(frame)
            if label is not None:
                self._unwritten[frame] = label
        predicted = self._predictions.ids
        self.worker.ask([frame for frame in frames if frame in predicted])

    def _read(self, frame: str) -> tuple[FrameCurve, bool] | None:
        """Return a frame's curve, and whether it has a label."""
        probability = self._predictions.fresh_probability(frame)
        if probability is None:
            return None
        truth = self._label(frame)
        labelled = truth is not None and truth.shape == probability.shape
        if truth is None or not labelled:
            truth = np.zeros(probability.shape, bool)
        presence = self._predictions.presence(frame)
        known = 1.0 if presence is None else presence
        return _engine.frame_curve(probability, truth, known), labelled

    def _put(self, frame: str, found: tuple[FrameCurve, bool] | None) -> None:
        if found is not None:
            self._curves.put(frame, found[0], labelled=found[1])

    def _label(self, frame: str) -> Mask | None:
        unwritten = self._unwritten.pop(frame, None)
        if unwritten is not None:
            return unwritten
        try:
            mask = self._store.current_mask(frame)
            return self._dataset.mask(frame) if mask is None else mask
        except _engine.InputError:
            return None
