"""Predicts a file or a folder: images in, masks out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.dataset import DataSet, FrameEntry
from ..data.listing import open_dataset
from ..data.project import check_out
from ..data.reading import Reading
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop, message
from ..files import digest_json
from .output import PredictionFolder, check_replaceable
from .prediction_set import open_predictions
from .predictor import Prediction, Predictor
from .settings import PredictSettings
from .submission import check_submission_path, write_submission
from .writing import place_to_write

#: Threads that read and write files beside the network, and frames read ahead.
_THREADS, _AHEAD = 2, 16

#: Kinds of problems of a listing that mean that a picture is passed over. (Whether
#: frames have masks is no matter here.)
_NO_FRAME = ("other-format", "left-out")


def predict_folder(
    checkpoint: Path,
    input: Path,
    out: Path,
    *,
    reading: Reading | None = None,
    probabilities: bool = False,
    device: str = "auto",
    settings: PredictSettings | None = None,
    rle: Path | None = None,
    frames: Sequence[str] | None = None,
    resume: bool = False,
    strict: bool = False,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> dict[str, Any]:
    """Predict every image of a file or folder; masks among them are skipped.

    Parameters
    ----------
    checkpoint
        A checkpoint file, a run folder, or the folder of an ensemble.
    input
        An image, a multi-page TIFF, or a folder as `open_dataset` takes it; any
        numeric grey or RGB image, see `to_grey`.
    out
        A new or empty folder, or one of earlier predictions, which is replaced; see
        `training.predict.layout` for what it gets.
    reading
        How ``input`` is read, as `open_dataset` takes it.
    probabilities
        Whether to keep the probability maps too.
    device, settings
        See `Predictor`.
    rle
        Where a submission to the competition goes, if one is wanted.
    frames
        Which frames, if not all.
    resume
        Keep what ``out`` holds if the same checkpoint and rule made it: frames that
        are done and look the same are passed over, others join them, and what is done
        stays, whatever ends the work. An ``out`` of another checkpoint or rule is
        replaced, as without ``resume``, when all is done.
    strict
        With ``resume``, refuse an ``out`` with nothing to go on with, or of another
        checkpoint or rule.
    on_event, should_stop
        As everywhere.

    Returns
    -------
    dict
        ``out``, ``rle``, ``checkpoint``, ``n_frames``, ``n_predicted``,
        ``n_before`` (done by earlier runs), ``n_with_nerve`` (of both), ``n_failed``,
        ``seconds``, ``warnings``.

    Raises
    ------
    InputError
        If the checkpoint, ``input`` or ``out`` will not do, or no image can be read,
        or another process predicts into ``out``; nothing is written then.
    Cancelled
        If asked to stop; nothing is written then either, unless ``resume`` goes on
        or begins in a new folder.
    """
    started = time.monotonic()
    dataset = open_dataset(Path(input), reading)
    chosen = _chosen(dataset, frames)
    out = check_out(Path(out), dataset)
    check_replaceable(out)
    rle = None if rle is None else check_submission_path(Path(rle), dataset)
    settings = settings or PredictSettings()
    predictor = Predictor(Path(checkpoint), device, settings, on_event)
    skipped = _tell_skipped(dataset, on_event)
    kept = probabilities, settings.uncertainty
    maker = _maker(predictor, dataset, settings, kept) if resume else None
    writing = place_to_write(out, maker, strict=strict, on_event=on_event)
    with writing as (place, journal):
        folder = PredictionFolder(place, list(dataset.ids), predictor, *kept, journal)
        run = _Run(chosen, dataset.any_frame, predictor, folder, on_event)
        with folder.finished():
            run.all(Progress("Predicting frames", len(chosen), on_event, should_stop))
            run.check(input)
    if rle is not None:
        write_submission(rle, open_predictions(out), [entry.id for _, entry in chosen])
    return {
        "out": out,
        "rle": rle,
        "checkpoint": predictor.checkpoint,
        "seconds": time.monotonic() - started,
        "warnings": [*skipped, *run.failures],
        **run.counts(),
    }


#: Frames, each with its place in the data set.
Chosen = list[tuple[int, FrameEntry]]


def _chosen(dataset: DataSet, frames: Sequence[str] | None) -> Chosen:
    """Return the frames to predict."""
    entries = list(enumerate(dataset.entries))
    if frames is None:
        return entries
    wanted = set(map(str, frames))
    unknown = wanted - set(dataset.ids)
    if unknown or not wanted:
        words = f"has no frame {min(unknown)}" if unknown else "was given no frame"
        raise InputError(f"{dataset.root} {words}: choose frames that are in it")
    return [(index, entry) for index, entry in entries if entry.id in wanted]


def _maker(
    predictor: Predictor,
    dataset: DataSet,
    settings: PredictSettings,
    kept: tuple[bool, bool],
) -> dict[str, Any]:
    """Return what must be the same if predictions are to stand in one folder."""
    return {
        "checkpoint_sha256": predictor.sha256,
        "averaging": predictor.meta.averaging,
        **predictor.meta.rule.to_json(),
        "backend": settings.backend,
        "maps": kept,
        "frames": digest_json(list(dataset.ids)),
    }


def _tell_skipped(dataset: DataSet, on_event: OnEvent | None) -> list[str]:
    """Name the pictures of the folder that are no frames of it."""
    skipped = [one.text for one in dataset.problems if one.kind in _NO_FRAME]
    for text in skipped:
        message(on_event, text, "warning")
    return skipped


class _Run:
    """One pass over the frames: threads read ahead and write behind the network."""

    def __init__(
        self,
        chosen: Chosen,
        read: Callable[[str], NDArray[np.uint8]],
        predictor: Predictor,
        folder: PredictionFolder,
        on_event: OnEvent | None,
    ) -> None:
        self._chosen, self._predictor, self._folder = chosen, predictor, folder
        self._read_one, self._on_event = read, on_event
        self.n_predicted = self.n_before = self.n_with_nerve = 0
        self.failures: list[str] = []

    def check(self, input: Path) -> None:
        """Refuse an input of which nothing could be read."""
        if not (self.n_predicted or self.n_before):
            raise InputError(f"{input} has no readable image: {self.failures[0]}")

    def counts(self) -> dict[str, int]:
        """Return how many frames there are, and what became of them."""
        return {
            "n_frames": len(self._chosen),
            "n_predicted": self.n_predicted,
            "n_before": self.n_before,
            "n_with_nerve": self.n_with_nerve,
            "n_failed": len(self.failures),
        }

    def all(self, progress: Progress) -> None:
        with (
            ThreadPoolExecutor(_THREADS) as pool,
            closing(self._predictor.each(self._read(pool, progress), _frame)) as found,
        ):
            writing: deque[Future[None]] = deque()
            try:
                for (index, frame), prediction in found:
                    writing.append(self._write(pool, index, frame, prediction))
                    progress.step()
                    while len(writing) > _AHEAD:
                        writing.popleft().result()
                for written in writing:
                    written.result()
            except BaseException:
                wait(writing)  # what is predicted is not predicted again
                pool.shutdown(cancel_futures=True)
                raise

    def _read(
        self, pool: ThreadPoolExecutor, progress: Progress
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield the frames that are not done, with their places."""
        ids = (entry.id for _, entry in self._chosen)
        reading = deque(pool.submit(self._read_one, i) for i in islice(ids, _AHEAD))
        for index, entry in self._chosen:
            found = reading.popleft()
            reading.extend(pool.submit(self._read_one, i) for i in islice(ids, 1))
            try:
                self._folder.check_name(entry.id)
                frame = found.result()
            except InputError as error:
                self._fail(index, entry.id, str(error))
                progress.step()
                continue
            if self._folder.is_done(index, frame):
                self.n_before += 1
                self.n_with_nerve += self._folder.shows_nerve(index)
                progress.step()
            else:
                yield index, frame

    def _fail(self, index: int, frame: str, text: str) -> None:
        self._folder.fail(index, text)
        self.failures.append(f"frame {frame} is left out: {text}")
        message(self._on_event, self.failures[-1], "warning")

    def _write(
        self,
        pool: ThreadPoolExecutor,
        index: int,
        frame: NDArray[np.uint8],
        prediction: Prediction,
    ) -> Future[None]:
        self.n_predicted += 1
        self.n_with_nerve += prediction.area > 0
        self._folder.prepare(index, frame)
        return pool.submit(self._folder.add, index, prediction)


def _frame(item: tuple[int, NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return item[1]
