"""The final score: the kept checkpoint, predicting as it will for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import DataSet
from ...data.images import pixel_digest
from ...data.parallel import in_threads
from ...data.store.packing import PackedMask
from ...errors import InputError
from ...events import OnEvent, Progress, ShouldStop, message
from ...metrics import FrameScores, score_frame, summarise
from ...predict.predictor import Prediction, Predictor
from ..splits.truth import Truth


@dataclass(frozen=True)
class FinalScore:
    """Scores of one part of the split.

    Attributes
    ----------
    scores
        As `training.metrics.Scores.to_json` gives them.
    sha256
        Of each scored frame and mask, as in `PreloadedFrames`.
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
        mask = PackedMask.of(self.truth).digest
        return {"frame": pixel_digest(self.frame), "mask": mask}


def score_part(
    predictor: Predictor,
    dataset: DataSet,
    ids: Sequence[str],
    truth: Truth,
    *,
    stage: str,
    warnings: Sequence[str] = (),
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> FinalScore:
    """Predict frames at their own sizes and score them against the truth.

    Parameters
    ----------
    predictor
        Of the checkpoint to score.
    dataset
        Where the frames are.
    ids
        Which of them; those without a usable mask are skipped and counted.
    truth
        Their masks.
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
    read = _readable(dataset, ids, truth, progress, on_event)
    with closing(predictor.each(read, attrgetter("frame"))) as found:
        for one, prediction in found:
            scored.append(_score(dataset, one, prediction))
            sha256[one.frame_id] = one.sha256
            progress.step()
    n_skipped = len(ids) - len(scored)
    warnings = [*warnings, *truth.warnings(ids)]
    scores = summarise(scored, n_skipped=n_skipped, warnings=warnings)
    return FinalScore(scores.to_json(), sha256)


def _readable(
    dataset: DataSet,
    ids: Sequence[str],
    truth: Truth,
    progress: Progress,
    on_event: OnEvent | None,
) -> Iterator[_Loaded]:
    """Yield the frames that can be scored, read ahead; count the others as done."""

    def load(frame_id: str) -> _Loaded | InputError | None:
        try:
            frame, mask = dataset.frame(frame_id), truth.mask(frame_id)
        except InputError as error:
            return error
        return None if mask is None else _Loaded(frame_id, frame, mask)

    for _, found in in_threads(load, ids):
        if isinstance(found, _Loaded):
            yield found
            continue
        if isinstance(found, InputError):
            message(on_event, f"Not scored: {found}", "warning")
        progress.step()


def _score(dataset: DataSet, one: _Loaded, found: Prediction) -> FrameScores:
    subject = dataset.entry(one.frame_id).subject
    return score_frame(one.frame_id, subject, one.truth, found.mask, found.presence)
