"""One fold of a cross-validation: a training, and what it says of its held-out frames.

A fold's folder is an ordinary run folder with ``held-out`` in it: predictions of the
frames that it has not learned from, written whole. Where they are, it is finished.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data import DataSet
from ...data.parallel import in_threads
from ...errors import Cancelled, InputError
from ...events import Event, OnEvent, Progress, ShouldStop, message
from ...files import whole_folder
from ...guarded import load_json
from ..folder.shapes import RESULT
from ..run.train import train
from ..settings.config import TrainConfig
from ..splits.split import Split

if TYPE_CHECKING:
    from ...predict import Predictor
    from ...predict.output import PredictionFolder
    from ..preloaded import Frame, TrainingLabels


class FoldFolder:
    """Where one fold lies.

    Parameters
    ----------
    root
        The cross-validation's folder.
    number
        Counted from 1.
    """

    def __init__(self, root: Path, number: int) -> None:
        self.number, self.path = number, root / f"fold-{number}"

    @property
    def held_out(self) -> Path:
        """The predictions of its held-out frames."""
        return self.path / "held-out"

    @property
    def finished(self) -> bool:
        """Whether it has been trained and has predicted."""
        return self.held_out.is_dir()

    @property
    def result(self) -> dict[str, Any] | None:
        """What its training returned; None if it has not ended by itself."""
        try:
            found: dict[str, Any] = load_json(self.path / "result.json", RESULT)
        except (OSError, ValueError):
            return None  # going on with it says what is wrong
        return None if found["stopped"] == "asked" else found


def run_fold(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    split: Split,
    fold: FoldFolder,
    whole: str,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> None:
    """Train a fold, or go on with it, and predict its held-out frames.

    Parameters
    ----------
    dataset, labels, config
        As for `training.learn.train`.
    split
        ``val`` is held out; ``test`` is left alone.
    fold
        Where it goes.
    whole
        The command that goes on with all folds.
    on_event, should_stop
        As everywhere.

    Raises
    ------
    Cancelled
        If asked to stop; what is done is kept.
    """
    if fold.finished:
        return
    if fold.result is None:
        _train(dataset, labels, config, split, fold.path, whole, on_event, should_stop)
    from ...predict import Predictor

    predictor = Predictor(fold.path, config.device)
    predict_frames(predictor, dataset, split.val, fold.held_out, on_event, should_stop)


def _train(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    split: Split,
    out: Path,
    whole: str,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> None:
    resume = (out / "last.pt").exists()
    if not resume and out.exists():  # it was killed in its first epoch
        shutil.rmtree(out)
    result = train(
        dataset,
        labels,
        replace(config, test_subjects=""),
        out,
        split=replace(split, test=()),
        resume=resume,
        whole=whole,
        on_event=on_event,
        should_stop=should_stop,
    )
    if result["stopped"] == "asked":
        raise Cancelled("training a fold")


def with_fold_number(on_event: OnEvent, number: int, k: int) -> OnEvent:
    """Give a listener that says of each event of which fold it is."""
    prefix = f"Fold {number} of {k}: "

    def tell(event: Event) -> None:
        key = {"progress": "stage", "message": "text"}.get(event["event"])
        words = {} if key is None else {key: prefix + str(event[key])}
        if event["event"] != "result":  # a part's is not the whole's
            on_event({**event, **words, "fold": number, "folds": k})

    return tell


def predict_frames(
    predictor: Predictor,
    dataset: DataSet,
    ids: Sequence[str],
    out: Path,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> None:
    """Predict frames of a data set into a folder, probability maps included.

    Parameters
    ----------
    predictor
        Of the checkpoint.
    dataset, ids
        Which frames; one that cannot be read is noted in the folder and told of.
    out
        See `training.predict.layout`; written whole or not at all.

    Raises
    ------
    Cancelled
        If asked to stop.
    """
    from ...predict.output import PredictionFolder

    progress = Progress("Predicting held-out frames", len(ids), on_event, should_stop)
    with whole_folder(out) as place:
        folder = PredictionFolder(place, list(ids), predictor, probabilities=True)
        good = _good(folder, enumerate(_readable(dataset, ids)), progress, on_event)
        with closing(predictor.each(good, itemgetter(1))) as found:
            for (index, frame), prediction in found:
                folder.prepare(index, frame)
                folder.add(index, prediction)
                progress.step()
        folder.finish()


def _good(
    folder: PredictionFolder,
    frames: Iterable[tuple[int, Frame | InputError]],
    progress: Progress,
    on_event: OnEvent | None,
) -> Iterator[tuple[int, Frame]]:
    """Yield the frames that could be read, and note the others."""
    for index, frame in frames:
        if isinstance(frame, InputError):
            folder.fail(index, str(frame))
            message(on_event, f"Not predicted: {frame}", "warning")
            progress.step()
        else:
            yield index, frame


def _readable(dataset: DataSet, ids: Sequence[str]) -> Iterator[Frame | InputError]:
    def load(name: str) -> Frame | InputError:
        try:
            return dataset.frame(name)
        except InputError as error:
            return error

    return (frame for _, frame in in_threads(load, ids))
