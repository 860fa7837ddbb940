"""Reads probability maps and labels in a thread, and leaves their curves behind."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import numpy as np

from .. import _engine
from .actions import Mask
from .predictions import Predictions
from .rule_curves import RuleCurves

if TYPE_CHECKING:
    from .._engine import DataSet, LabelStore


class CurveReader:
    """Keeps `RuleCurves` in step with predictions and labels, beside the window.

    Nothing is read before `start`; from then on every frame that is asked for is.

    Parameters
    ----------
    dataset, store
        Where the labels are.
    predictions
        Where the maps are.
    curves
        What is written.
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
        self._waiting: dict[str, Mask | None] = {}
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy: str | None = None
        self._stale = False  # what is being read has changed meanwhile
        self._ended = False

    @property
    def waiting(self) -> int:
        """How many frames are still to be read."""
        with self._news:
            return len(self._waiting) + (self._busy is not None)

    def start(self) -> None:
        """Begin to read; again does nothing."""
        if self._thread is None and not self._ended:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def ask(
        self,
        frames: Iterable[str],
        predicted: Collection[str],
        label: Mask | None = None,
    ) -> None:
        """Forget ``frames``, and read those anew that are ``predicted``.

        ``label`` is their mask if it is not on disk yet.
        """
        with self._news:
            for frame in frames:
                self._curves.forget(frame)
                self._waiting.pop(frame, None)
                self._stale = self._stale or frame == self._busy
                if frame in predicted:
                    self._waiting[frame] = label
            self._news.notify()

    def close(self) -> None:
        """Stop reading for good."""
        with self._news:
            self._ended = True
            self._waiting.clear()
            self._news.notify()
        if self._thread is not None:
            self._thread.join()

    def wait(self, seconds: float) -> bool:
        """Wait until all that was asked for is read; say whether it is."""
        with self._news:
            return self._news.wait_for(
                lambda: not self._waiting and self._busy is None, seconds
            )

    def _run(self) -> None:
        while True:
            with self._news:
                self._busy = None
                self._news.notify_all()
                self._news.wait_for(lambda: self._waiting or self._ended)
                if self._ended:
                    return
                self._busy = next(iter(self._waiting))
                label, self._stale = self._waiting.pop(self._busy), False
            self._read(self._busy, label)

    def _read(self, frame: str, label: Mask | None) -> None:
        probability = self._predictions.fresh_probability(frame)
        presence = self._predictions.presence(frame)
        if probability is None:
            return
        truth = self._label(frame) if label is None else label
        labelled = truth is not None and truth.shape == probability.shape
        if truth is None or not labelled:
            truth = np.zeros(probability.shape, bool)
        known = 1.0 if presence is None else presence
        curve = _engine.frame_curve(probability, truth, known)
        with self._news:
            if not self._stale:
                self._curves.put(frame, curve, labelled=labelled)

    def _label(self, frame: str) -> Mask | None:
        try:
            mask = self._store.current_mask(frame)
            return self._dataset.mask(frame) if mask is None else mask
        except _engine.InputError:
            return None
