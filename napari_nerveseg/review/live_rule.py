"""The decision rule of the moment, and what it does to the whole data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import _engine
from .actions import Mask
from .frame_worker import FrameWorker
from .predictions import Predictions
from .rule_curves import RuleCurves, Values

if TYPE_CHECKING:
    from .._engine import DataSet, DecisionRule, FrameCurve, LabelStore


@dataclass(frozen=True)
class RuleSummary:
    """What a rule does to all frames that were read so far.

    Attributes
    ----------
    read, total
        Frames read, and frames with a probability map.
    changed
        Frames whose mask is another than by the checkpoint's rule.
    score, own_score
        Mean Dice (both empty counts 1) over the labelled frames by this rule and by
        the checkpoint's; None without any.
    blank_score
        What a blank prediction scores there.
    exact
        False if a filter of connected parts, which is left out here, would matter.
    """

    read: int
    total: int
    changed: int
    score: float | None
    own_score: float | None
    blank_score: float | None
    exact: bool


class LiveRule:
    """Holds the rule that the window cuts masks by.

    Attributes
    ----------
    curves : RuleCurves
        What has been read of the maps.

    Parameters
    ----------
    dataset, store, predictions
        The session's.
    """

    def __init__(
        self, dataset: DataSet, store: LabelStore, predictions: Predictions
    ) -> None:
        self._predictions = predictions
        self.curves = RuleCurves(dataset.ids)
        self._known = frozenset(dataset.ids)
        self._reader = CurveReader(dataset, store, predictions, self.curves)

    @property
    def own(self) -> DecisionRule:
        """The rule of the checkpoint that predicted, as far as that is known."""
        return self._predictions.own_rule

    @property
    def now(self) -> DecisionRule:
        """The rule that masks are cut by."""
        return self._predictions.rule or self.own

    @property
    def waiting(self) -> int:
        """How many frames' maps are still to be read."""
        return self._reader.worker.waiting

    def read_all(self) -> None:
        """Begin to read the maps of all frames, in a thread."""
        self._reader.worker.start()

    def wait(self, seconds: float) -> bool:
        """Wait until all maps are read; say whether they are."""
        return self._reader.worker.wait(seconds)

    def touch(self, frames: Sequence[str], label: Mask | None = None) -> None:
        """Note that label or prediction of ``frames`` has changed."""
        known = [frame for frame in frames if frame in self._known]
        self._reader.touch(known, label)

    def dice(self) -> Values:
        """Return each frame's Dice by the rule of now, NaN where it is not known."""
        rule = self.now
        if rule.filters:
            return np.full(len(self._known), np.nan)
        return self.curves.dice(rule)

    def summary(self) -> RuleSummary:
        """Return what the rule of now does to all frames."""
        now, own, curves = self.now, self.own, self.curves
        labelled, nerve = curves.labelled, curves.nerve
        scores = [_mean(curves.dice(rule)[labelled]) for rule in (now, own)]
        read = int(np.count_nonzero(curves.known))
        return RuleSummary(
            read=read,
            total=read + self.waiting,
            changed=int(np.count_nonzero(self._changed(now, own))),
            score=scores[0],
            own_score=scores[1],
            blank_score=_mean((~nerve[labelled]).astype(np.float64)),
            exact=not (now.filters or own.filters),
        )

    def changed_frames(self) -> frozenset[int]:
        """Return the rows of the frames that the rule of now cuts differently."""
        return frozenset(np.flatnonzero(self._changed(self.now, self.own)).tolist())

    def close(self) -> None:
        """Stop reading."""
        self._reader.worker.close()

    def _changed(self, now: DecisionRule, own: DecisionRule) -> np.ndarray:
        differ = self.curves.areas(now) != self.curves.areas(own)
        return np.asarray(differ & self.curves.known)


def _mean(values: Values) -> float | None:
    return float(values.mean()) if len(values) else None


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
