"""The held-out frames of a run, seen once more: measures, reliability, the worst."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..data import DataSet
from ..data.images import pixel_digest
from ..data.store.packing import PackedMask
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop
from ..learn.splits.truth import Truth
from ..metrics import FrameScores, score_frame
from ..predict import Prediction, PredictionSet
from .reliability import PixelCounts
from .run_files import RunFiles

Frame = NDArray[np.uint8]
Mask = NDArray[np.bool_]

#: Of how many subjects the worst frames are at least, if there are as many.
_SUBJECTS = 3

#: Gives the prediction of a frame; None if there is none.
Predict = Callable[[str, Frame], Prediction | None]


@dataclass(frozen=True)
class Seen:
    """One frame with its measures; all arrays are (H, W)."""

    scores: FrameScores
    frame: Frame
    truth: Mask
    predicted: Mask

    @property
    def badness(self) -> tuple[float, int, str]:
        """What makes one frame worse than another: Dice, then wrong pixels."""
        wrong = int(np.count_nonzero(self.truth != self.predicted))
        return 1 - self.scores.dice, wrong, self.scores.frame

    @property
    def caption(self) -> str:
        """What is wrong with the prediction."""
        scores = self.scores
        if not scores.has_nerve:
            said = f"no nerve, {scores.predicted_area:,} px marked"
        elif not scores.predicted_area:
            said = "nerve missed"
        else:
            said = f"HD95 {scores.hd95:.0f} px, centres {scores.centroid:.0f} px apart"
        presence = (
            "" if scores.presence is None else f", presence {scores.presence:.2f}"
        )
        return f"Dice {scores.dice:.2f}: {said}{presence}"


@dataclass
class Looked:
    """What was found on the frames of a run that are as the run saw them.

    Attributes
    ----------
    scores
        Of each such frame that has a truth and a prediction.
    pixels
        Their pixels by probability.
    worst
        The worst of them, the worst first, of three subjects or more.
    gone, changed
        Frames that cannot be read any more, and whose picture or mask is another.
    """

    scores: list[FrameScores] = field(default_factory=list)
    pixels: PixelCounts = field(default_factory=PixelCounts)
    worst: list[Seen] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    @property
    def trouble(self) -> str:
        """One sentence about frames that are gone or changed; empty if none is."""
        parts = [
            f"{len(names)} {what} ({', '.join(names[:3])}{', …' * (len(names) > 3)})"
            for names, what in (
                (self.gone, "can no longer be read"),
                (self.changed, "have changed since"),
            )
            if names
        ]
        if not parts:
            return ""
        return f"Of the frames that this run held out, {' and '.join(parts)}: left out."


def look(
    run: RunFiles,
    dataset: DataSet,
    truth: Truth,
    predict: Predict,
    *,
    worst: int,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> Looked:
    """Look at the frames that a run held out.

    Parameters
    ----------
    run
        Says which, and their hashes.
    dataset, truth
        The frames and masks as they are now.
    predict
        Gives their predictions.
    worst
        How many to keep.
    on_event, should_stop
        As everywhere.

    Raises
    ------
    Cancelled
        If asked to stop.
    """
    found = Looked()
    names = run.held_out
    progress = Progress("Looking at held-out frames", len(names), on_event, should_stop)
    kept = _Worst(worst, n_subjects=len(_subjects(dataset, names)))
    for frame, mask, name in _as_seen(run, dataset, truth, found, progress):
        said = predict(name, frame)
        if said is None:
            continue
        subject = dataset.entry(name).subject
        scores = score_frame(name, subject, mask, said.mask, said.presence)
        seen = Seen(scores, frame, mask, said.mask)
        found.scores.append(scores)
        found.pixels.add(said.probability, mask)
        kept.add(seen)
    found.worst = kept.frames()
    return found


def _subjects(dataset: DataSet, names: Sequence[str]) -> set[str | None]:
    return {dataset.entry(name).subject for name in names if name in dataset}


class _Worst:
    """The worst frames, of no subject more than its share.

    Frames of one subject resemble each other, and fail alike: a page full of one
    failure would hide the others.
    """

    def __init__(self, n: int, n_subjects: int) -> None:
        self._n = n
        self._share = math.ceil(n / max(1, min(n_subjects, _SUBJECTS)))
        self._of: dict[str | None, list[tuple[tuple[float, int, str], Seen]]] = {}

    def add(self, seen: Seen) -> None:
        own = self._of.setdefault(seen.scores.subject, [])
        heapq.heappush(own, (seen.badness, seen))
        if len(own) > self._share:
            heapq.heappop(own)

    def frames(self) -> list[Seen]:
        """Return them, the worst first."""
        every = sorted((one for own in self._of.values() for one in own), reverse=True)
        return [seen for _, seen in every[: self._n]]


def _as_seen(
    run: RunFiles, dataset: DataSet, truth: Truth, found: Looked, progress: Progress
) -> Iterator[tuple[Frame, Mask, str]]:
    """Give frames and truths that the run has seen, and note the others."""
    for name in progress.over(run.held_out):
        known: Mapping[str, str] = run.sha256.get(name, {})
        try:
            frame, mask = dataset.frame(name), truth.mask(name)
        except InputError:
            if known:  # the run could read it
                found.gone.append(name)
            continue
        if mask is None:
            continue
        now = {"frame": pixel_digest(frame), "mask": PackedMask.of(mask).digest}
        if known and known != now:
            found.changed.append(name)
        else:
            yield frame, mask, name


def stored(predictions: PredictionSet) -> Predict:
    """Give predictions that lie in a folder, such as those out of fold."""

    def predict(name: str, _frame: Frame) -> Prediction | None:
        probability, mask = predictions.probability(name), predictions.mask(name)
        presence = predictions.presence(name)
        if probability is None or mask is None or presence is None:
            return None
        return Prediction(probability, presence, mask)

    return predict
