"""Scores predictions, as written, against the masks of a data set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import DataSet
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop
from ..metrics import ScoredPair, Scores, score_frames
from ..predict import PredictionSet, open_predictions

Mask = NDArray[np.bool_]


class Masks(Protocol):
    """Where the ground truth comes from: a data set's sources, or current labels."""

    def mask(self, frame_id: str, /) -> Mask | None:
        """Return the (H, W) bool mask, or None if it is missing."""


def evaluate(
    predictions: PredictionSet | Path,
    dataset: DataSet,
    labels: Masks | None = None,
    *,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> Scores:
    """Score predictions frame by frame.

    Parameters
    ----------
    predictions
        The masks to score, or the path that `open_predictions` takes.
    dataset
        The frames to score: each that has a mask needs a prediction. Frames without
        one, or with one that cannot be read, are skipped and counted.
    labels
        The ground truth; the data set's own source masks if None.
    on_event, should_stop
        As everywhere.

    Raises
    ------
    InputError
        If a prediction is missing or has another size than its frame's mask, or no
        frame has a mask.
    Cancelled
        If asked to stop.
    """
    if isinstance(predictions, Path):
        predictions = open_predictions(predictions, dataset.shape)
    truth = _Truth(dataset, labels or dataset)
    progress = Progress("Scoring frames", len(dataset), on_event, should_stop)
    pairs = list(_pairs(predictions, dataset, truth, progress))
    if not pairs:
        raise InputError(f"{dataset.root} has no mask to score against: add masks")
    warnings = [*truth.warnings(), *_strangers(predictions, dataset)]
    return score_frames(pairs, n_skipped=truth.n_skipped, warnings=warnings)


class _Truth:
    """The true masks, and a count of those that are not there."""

    def __init__(self, dataset: DataSet, masks: Masks) -> None:
        self._root, self._masks = dataset.root, masks
        self.n_missing = 0
        self.bad: list[str] = []

    def mask(self, frame: str) -> Mask | None:
        try:
            mask = self._masks.mask(frame)
        except InputError as error:
            self.bad.append(f"frame {frame} is left out: {error}")
            return None
        self.n_missing += mask is None
        return mask

    @property
    def n_skipped(self) -> int:
        return self.n_missing + len(self.bad)

    def warnings(self) -> Iterator[str]:
        if self.n_missing:
            yield f"{self.n_missing} frames of {self._root} have no mask: left out."
        yield from self.bad


def _pairs(
    predictions: PredictionSet, dataset: DataSet, truth: _Truth, progress: Progress
) -> Iterator[ScoredPair]:
    for entry in progress.over(dataset.entries):
        true = truth.mask(entry.id)
        if true is None:
            continue
        said = _predicted(predictions, entry.id, true.shape)
        yield entry.id, entry.subject, true, said, predictions.presence(entry.id)


def _predicted(predictions: PredictionSet, frame: str, shape: tuple[int, ...]) -> Mask:
    height, width = shape
    mask = predictions.mask(frame, (height, width))
    if mask is None:
        why = predictions.errors.get(frame)
        raise InputError(
            f"{predictions.path} has no prediction for frame {frame}"
            + (f" ({why})" if why else "")
            + ": predict every frame that is scored"
        )
    if mask.shape != shape:
        raise InputError(
            f"{predictions.path} has a mask of {mask.shape[0]}x{mask.shape[1]} pixels "
            f"for frame {frame}, whose own mask has {height}x{width}: predict the "
            "frames of this data set"
        )
    return mask


def _strangers(predictions: PredictionSet, dataset: DataSet) -> Iterator[str]:
    n = sum(frame not in dataset for frame in predictions.ids)
    if n:
        yield f"{n} predictions are of no frame of {dataset.root}: left out."
