"""Tuning: cross-validations of many configurations, the next chosen by the last."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data import DataSet
from ...errors import Cancelled, Failure, InputError, is_memory, sentence_of
from ...events import Event, OnEvent, ShouldStop, message
from ...files import digest_json
from ..crossval.validate import assign_folds
from ..crossval.work import Work
from ..folder.shapes import STUDY
from ..run.reading import reading_of
from ..settings.config import TrainConfig
from ..splits.folds import read_folds, write_folds
from ..splits.searched import DuplicateGroups
from ..splits.split import Split
from .search_space import Space, check_space, with_values

if TYPE_CHECKING:
    from ..folder.run_folder import CrossvalFolder
    from ..preloaded import TrainingLabels
    from .study import Study, Trial

Json = dict[str, Any]

#: Folds of each trial if nobody says: fewer than for a final score, as there are many.
FOLDS = 3

#: Failed trials in a row after which the next one would fail as well.
_FAILED = 5

#: How a study that ended is gone on with, whatever it was called with.
_AGAIN = "give the same command again to go on"


def tune(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    out: Path,
    *,
    space: Space,
    trials: int,
    minutes: float | None = None,
    folds: int = FOLDS,
    groups: Iterable[Sequence[str]] = (),
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> Json:
    """Search for the settings with the best cross-validated score.

    The score of a trial is the competition Dice of its out-of-fold predictions, each
    fold under the rule that the others ask for. A trial that does worse than the
    median of the earlier ones at the same epoch is ended early.

    Parameters
    ----------
    dataset, labels
        As for `training.learn.train`.
    config
        All settings that are not tuned; its own values are the first trial.
    out
        The study's folder. One of the same data and settings is gone on with.
    space
        What is tuned; see `training.learn.tuning.search_space`.
    trials
        How many there are to be in all, earlier ones included.
    minutes
        After them no trial is begun.
    folds
        Of each trial, the same in all.
    groups
        Duplicate groups, as frame ids; see `known_groups`.
    on_event, should_stop
        As everywhere; events of a trial carry ``trial``.

    Returns
    -------
    dict
        ``study`` (path), ``stopped``, ``text``, ``best`` (a trial, or None), ``config``
        (path of its settings), ``trials``, ``importance`` by setting, ``warnings``.

    Raises
    ------
    InputError
        If Optuna is missing, or the folder holds a study of other data or settings.
    Failure
        If a disk or a GPU fails, or many trials in a row do; the study is kept.
    """
    check_space(space, config, "the search space")
    from ..folder.run_folder import CrossvalFolder
    from ..folder.stop_and_pause import StopAndPause
    from .study import Study, check_optuna

    check_optuna()
    folder = CrossvalFolder(out, dataset, resume=(out / "config.json").is_file())
    with folder.recording():
        tell = folder.listener(on_event)
        stop = StopAndPause(folder.path, tell, should_stop)
        asked = _asked(dataset, labels, config, folds, space)
        splits = _splits(
            folder, asked, dataset, labels, config, DuplicateGroups.of(groups), tell
        )
        with Study(folder.path, config, space) as study:
            search = _Search(study, dataset, labels, config, splits, tell, stop)
            stopped = search.run(trials, minutes)
            result = {**study.summary(), "stopped": stopped}
        result["warnings"] = list(splits[0].warnings)
        result["text"] = _text(result)
        message(tell, result["text"])
        folder.write("result.json", result)
        folder.log({"event": "result", "value": result})
    return result


def _asked(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    folds: int,
    space: Space,
) -> Json:
    """Return what has to be the same for trials to be compared."""
    return {
        "data": {"frames": digest_json(list(dataset.ids)), "n": len(dataset)},
        "reading": reading_of(dataset, dataset.ids),
        "labels": labels.snapshot_id,
        "config": config.to_json(),
        "folds": folds,
        "space": {name: one.to_json() for name, one in space.items()},
    }


def _splits(
    folder: CrossvalFolder,
    asked: Json,
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    groups: DuplicateGroups,
    on_event: OnEvent,
) -> list[Split]:
    """Make the folds of a new study, or read those of one that asked for the same."""
    root = folder.path
    if folder.resumes:
        _check_same(root, folder.read("study.json", STUDY), asked)
        splits = read_folds(root / "splits.json", dataset)
        folder.begin()
        return splits
    splits = assign_folds(dataset, labels, config, asked["folds"], groups, on_event)
    subject = {entry.id: entry.subject for entry in dataset.entries}
    write_folds(root / "splits.json", splits, subject, groups)
    folder.write("study.json", asked)
    folder.write("config.json", config.to_json())  # last: now it can be gone on with
    labels.take_snapshot(f"tuning {root.name}")
    return splits


def _check_same(path: Path, before: Json, asked: Json) -> None:
    """Refuse to mix trials that cannot be compared."""
    if not before:
        raise InputError(f"{path} holds no study: name another folder with --out.")
    words = {
        "data": "of another data set",
        "reading": "of other masks, or with another --nerve-label, --luminance or such",
        "labels": "of other labels",
        "config": "of other settings",
        "folds": "of another number of folds",
        "space": "of another search space",
    }
    # Older studies do not say it, or not all of it.
    before["reading"] = {**asked["reading"], **before.get("reading", {})}
    for key, text in words.items():
        if before.get(key) != json.loads(json.dumps(asked[key])):
            raise InputError(
                f"{path} is a study {text}: name another one with --study or --out."
            )


class _Search:
    """Runs trial after trial."""

    def __init__(
        self,
        study: Study,
        dataset: DataSet,
        labels: TrainingLabels,
        config: TrainConfig,
        splits: Sequence[Split],
        on_event: OnEvent,
        should_stop: ShouldStop,
    ) -> None:
        self._study, self._dataset, self._labels = study, dataset, labels
        self._config, self._splits = config, splits
        self._on_event, self._should_stop = on_event, should_stop

    def run(self, trials: int, minutes: float | None) -> str | None:
        """Run trials until there are enough; return why it ended earlier, if so."""
        began, failed = time.monotonic(), 0
        while self._study.n_trials < trials:
            if minutes is not None and time.monotonic() - began > 60 * minutes:
                return "minutes"
            if self._should_stop():
                return "asked"
            try:
                why = self._one()
            except Cancelled:
                return "asked"
            failed = failed + 1 if why else 0
            if failed == _FAILED:  # without end, as none of them counts
                raise Failure(
                    f"{failed} trials in a row failed, the last like this: "
                    f"{str(why).rstrip('.')}; see to that and {_AGAIN}, or begin "
                    "another study with other settings."
                )
        return None

    def _one(self) -> str | None:
        """Try one configuration; return why it failed, if it did."""
        trial = self._study.ask()
        watch = _Watch(trial, self._config, self._on_event, self._should_stop)
        try:
            score = self._tried(trial, watch)
        except Cancelled:
            if not watch.pruned:
                trial.give_up("stopped as asked")
                raise
            trial.prune()
        except (InputError, Failure, RuntimeError, OSError, MemoryError) as error:
            why = _check_fault(trial, error)
            message(watch.tell, why, "warning")
            return why
        else:
            trial.finish(score)
            self._tell(trial.number, score)
        return None

    def _tried(self, trial: Trial, watch: _Watch) -> float:
        """Return a trial's score; its networks are not kept."""
        try:
            config = with_values(self._config, trial.values)
            return self._score(config, trial.path, watch)
        finally:  # at once, as a full disk could not take a note of the failure
            shutil.rmtree(trial.path, ignore_errors=True)

    def _score(self, config: TrainConfig, path: Path, watch: _Watch) -> float:
        from ..crossval.out_of_fold import OutOfFold
        from ..splits.truth import Truth

        work = Work(self._dataset, self._labels, config, path, self._splits)
        for number in work.unfinished():
            watch.fold = number
            work.run(number, watch.tell, watch.should_stop)
        truth = Truth(self._dataset, self._labels, config.clean_validation)
        known = OutOfFold(self._dataset, truth, config, work.folds, self._splits)
        return known.rules(watch.tell, self._should_stop).nested_dice

    def _tell(self, number: int, score: float) -> None:
        best = self._study.best_score
        self._on_event(
            {"event": "trial", "trial": number, "score": score, "best": best}
        )
        text = f"Trial {number}: competition Dice {score:.4f}, best so far {best:.4f}."
        message(self._on_event, text)


class _Watch:
    """Follows a trial's epochs and ends it if it falls behind."""

    def __init__(
        self,
        trial: Trial,
        config: TrainConfig,
        on_event: OnEvent,
        should_stop: ShouldStop,
    ) -> None:
        self._trial, self._epochs = trial, config.epochs
        self._on_event, self._should_stop = on_event, should_stop
        self.fold, self.pruned = 1, False

    def tell(self, event: Event) -> None:
        """Pass an event on, and learn from an epoch's score."""
        prefix = f"Trial {self._trial.number}: "
        key = {"progress": "stage", "message": "text"}.get(event["event"])
        words = {} if key is None else {key: prefix + str(event[key])}
        self._on_event({**event, **words, "trial": self._trial.number})
        if event["event"] == "epoch" and not self.pruned:
            step = (self.fold - 1) * self._epochs + event["epoch"]
            self.pruned = self._trial.falls_behind(event["val_dice"], step)

    def should_stop(self) -> bool:
        """Say whether the trial is to end."""
        return self.pruned or self._should_stop()


def _check_fault(trial: Trial, error: Exception) -> str:
    """Give a trial up and return why; raise where it was not the settings' fault."""
    from ..fit.failures import EpochFailure

    why = f"{error.what}." if isinstance(error, EpochFailure) else sentence_of(error)
    repair = error.repair if isinstance(error, EpochFailure) else None
    known = isinstance(error, InputError | Failure) or is_memory(error)
    if known and repair is None:
        trial.give_up(why)
        return why
    # A disk that takes no note of it must not hide why the study ends; a trial that
    # was left running is given up when the study is gone on with.
    with contextlib.suppress(Exception):
        trial.give_up(why)
    if repair is None:
        raise error
    text = f"Trial {trial.number}: {why.rstrip('.')}; {repair} and {_AGAIN}."
    raise Failure(text) from error


def _text(result: Json) -> str:
    n, best = len(result["trials"]), result["best"]
    if best is None:
        return f"{n} trials, none of which was finished: there is no best one yet."
    return (
        f"{n} trials: the best, number {best['trial']}, has a cross-validated "
        f"competition Dice of {best['score']:.4f}; train with --config "
        f"{result['config']}."
    )
