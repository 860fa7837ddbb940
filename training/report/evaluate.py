"""Scores predictions, as written, against the masks of a data set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import DataSet
from ..data.images import pixel_digest
from ..data.labels import Labels
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop
from ..metrics import ScoredPair, Scores, score_frames
from ..predict import PredictionSet, changed_frames, open_predictions

Mask = NDArray[np.bool_]

#: Frames that a sentence names before it ends in dots.
_NAMED = 5


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
        The frames to score: each that has a mask needs a prediction, or a word of
        ``predict`` why it has none. Frames without a mask, with one that cannot be
        read, or that could not be predicted are skipped, counted and told of; so are
        changed pictures, where the predictions hold the hashes of those predicted.
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
        predictions = open_predictions(predictions, dataset.shape, dataset.ids)
    scoring = _Scoring(predictions, dataset, labels or dataset)
    progress = Progress("Scoring frames", len(dataset), on_event, should_stop)
    pairs = list(scoring.pairs(progress))
    if not pairs and scoring.unpredicted:
        raise InputError(
            f"{predictions.path} has no prediction for any frame with a mask "
            f"({scoring.unpredicted[0]}): mend the frames and predict again"
        )
    if not pairs:
        raise InputError(f"{dataset.root} has no mask to score against: add masks")
    warnings = [*predictions.warnings, *scoring.warnings()]
    warnings += _strangers(predictions, dataset)
    if any(map(predictions.frame_sha256, predictions.ids)):
        checking = Progress("Checking pictures", None, on_event, should_stop)
        warnings += _changed(predictions, dataset, checking)
    if isinstance(labels, Labels):
        warnings += labels.warnings()
    return score_frames(pairs, n_skipped=scoring.n_skipped, warnings=warnings)


class _Scoring:
    """Pairs true masks with predicted ones, and notes what cannot be paired."""

    def __init__(
        self, predictions: PredictionSet, dataset: DataSet, masks: Masks
    ) -> None:
        self._predictions, self._dataset, self._masks = predictions, dataset, masks
        self._n_missing = 0
        self._bad: list[str] = []
        self.unpredicted: list[str] = []

    def pairs(self, progress: Progress) -> Iterator[ScoredPair]:
        for entry in progress.over(self._dataset.entries):
            true = self._true(entry.id)
            if true is None:
                continue
            why = self._predictions.errors.get(entry.id)
            if why is not None:
                self.unpredicted.append(
                    f"frame {entry.id} is left out, it could not be predicted: {why}"
                )
                continue
            said = _predicted(self._predictions, entry.id, true.shape)
            presence = self._predictions.presence(entry.id)
            yield entry.id, entry.subject, true, said, presence

    def _true(self, frame: str) -> Mask | None:
        try:
            mask = self._masks.mask(frame)
        except InputError as error:
            self._bad.append(f"frame {frame} is left out: {error}")
            return None
        self._n_missing += mask is None
        return mask

    @property
    def n_skipped(self) -> int:
        return self._n_missing + len(self._bad) + len(self.unpredicted)

    def warnings(self) -> Iterator[str]:
        if self._n_missing:
            root = self._dataset.root
            yield f"{self._n_missing} frames of {root} have no mask: left out."
        yield from self._bad
        yield from self.unpredicted


def _predicted(predictions: PredictionSet, frame: str, shape: tuple[int, ...]) -> Mask:
    height, width = shape
    mask = predictions.mask(frame, (height, width))
    if mask is None:
        raise InputError(
            f"{predictions.path} has no prediction for frame {frame}: predict every "
            "frame that is scored"
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


def _changed(
    predictions: PredictionSet, dataset: DataSet, checking: Progress
) -> Iterator[str]:
    def sha256(frame: str) -> str | None:
        checking.step()
        try:
            return pixel_digest(dataset.frame(frame))
        except InputError:  # not a frame of this data set, or not to be read
            return None

    changed = changed_frames(predictions, sha256)
    if changed:
        named = ", ".join(changed[:_NAMED]) + (", …" if changed[_NAMED:] else "")
        greys = dataset.reading.grey_range
        other = f", or {greys} was not their --grey-range then" if greys else ""
        yield (
            f"{len(changed)} frames have changed since they were predicted ({named})"
            f"{other}: predict again."
        )
