"""The final score: the kept checkpoint, predicting as it will for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import DataSet
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop, message
from ..metrics import FrameScores, score_frame, summarise
from ..predict.predictor import Predictor
from .held import pixels_hash


@dataclass(frozen=True)
class FinalScore:
    """Scores of one part of the split.

    Attributes
    ----------
    scores
        As `training.metrics.Scores.to_json` gives them.
    sha256
        Hash of each scored frame's and mask's pixels.
    """

    scores: dict[str, Any]
    sha256: dict[str, dict[str, str]]


@dataclass(frozen=True)
class _Loaded:
    frame_id: str
    frame: NDArray[np.uint8]
    truth: NDArray[np.bool_]

    @property
    def sha256(self) -> dict[str, str]:
        return {"frame": pixels_hash(self.frame), "mask": pixels_hash(self.truth)}


def score_part(
    predictor: Predictor,
    dataset: DataSet,
    ids: Sequence[str],
    *,
    stage: str,
    warnings: Sequence[str] = (),
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> FinalScore:
    """Predict frames at their own sizes and score them against the source's masks.

    Parameters
    ----------
    predictor
        Of the checkpoint to score.
    dataset
        Its masks are the truth, as they lie in the data folder: a score on cleaned
        labels could not be compared with anything.
    ids
        The frames; those without a usable mask are skipped and counted.
    stage
        What this is called while it runs.
    warnings
        What belongs beside the scores.

    Raises
    ------
    Cancelled
        If asked to stop.
    """
    progress = Progress(stage, len(ids), on_event, should_stop)
    scored: list[FrameScores] = []
    sha256: dict[str, dict[str, str]] = {}
    for start in range(0, len(ids), predictor.batch):
        part = ids[start : start + predictor.batch]
        loaded = list(_readable(dataset, part, on_event))
        scored += _score(predictor, dataset, loaded)
        sha256 |= {one.frame_id: one.sha256 for one in loaded}
        progress.step(len(part))
    n_skipped = len(ids) - len(scored)
    scores = summarise(scored, n_skipped=n_skipped, warnings=warnings)
    return FinalScore(scores.to_json(), sha256)


def _readable(
    dataset: DataSet, ids: Sequence[str], on_event: OnEvent | None
) -> Iterator[_Loaded]:
    for frame_id in ids:
        try:
            frame = dataset.frame(frame_id)
            truth = dataset.mask(frame_id)
        except InputError as error:
            message(on_event, f"Not scored: {error}", "warning")
            continue
        if truth is not None:
            yield _Loaded(frame_id, frame, truth)


def _score(
    predictor: Predictor, dataset: DataSet, loaded: Sequence[_Loaded]
) -> Iterator[FrameScores]:
    predictions = predictor.probabilities([one.frame for one in loaded])
    for one, own in zip(loaded, predictions, strict=True):
        subject = dataset.entry(one.frame_id).subject
        yield score_frame(one.frame_id, subject, one.truth, own.mask, own.presence)
