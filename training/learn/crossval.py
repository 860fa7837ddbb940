"""Cross-validation: as many trainings as folds, and one honest score of them all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..data import DataSet
from ..errors import Cancelled, InputError
from ..events import OnEvent, ShouldStop, message
from ..guarded import damaged, load_json
from .config import TrainConfig
from .crossval_fold import Fold, run_fold, told_by_fold
from .dealing import nerve_frames
from .folds import make_folds, read_folds, write_folds
from .reading import check_reading, reading_of
from .resume import resumed_config
from .searched import DuplicateGroups
from .shapes import ENDED, FINGERPRINT
from .splits import Split
from .told import command_line

if TYPE_CHECKING:
    from .crossval_folder import CrossvalFolder
    from .held import TrainingLabels

Json = dict[str, Any]

#: Trains the folds of these numbers, told and stopped like everything.
RunFolds = Callable[[Sequence[int], OnEvent, ShouldStop], None]

#: How many folds there are if nobody says.
FOLDS = 5


def cross_validate(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig | None,
    out: Path,
    *,
    folds: int = FOLDS,
    groups: Iterable[Sequence[str]] = (),
    resume: bool = False,
    run_folds: RunFolds | None = None,
    source: Mapping[str, Any] = MappingProxyType({}),
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> Json:
    """Train a network for each fold, and score every frame by one that never saw it.

    Parameters
    ----------
    dataset, labels
        As for `training.learn.train`.
    config
        Every setting; ``max_minutes`` is for each fold, and test subjects are in no
        fold. With ``resume`` None: the folder has it.
    out
        The folder; see ``docs/crossval.md`` for what lies in it.
    folds
        How many; with ``resume`` the folder's.
    groups
        Duplicate groups, as frame ids; see `known_groups`.
    resume
        Go on with what is in ``out``: finished folds are kept.
    run_folds
        How folds are trained; None: one after the other, in this process.
    source
        How the data were opened, for ``source.json``.
    on_event, should_stop
        As everywhere; events of a fold carry ``fold`` and ``folds``.

    Returns
    -------
    dict
        ``run``, ``stopped`` (``asked`` or None), ``text``, ``warnings``, ``seconds``;
        if it was not stopped also ``nested`` and ``pooled`` (scores, the former of
        frames that the rule's tuning did not see), ``folds`` (one object each),
        ``rule``, ``ensemble`` (path) and ``test`` (the ensemble's scores, or None).

    Raises
    ------
    InputError
        If the settings, the folds or the folder are wrong; nothing is written then.
    """
    started = time.monotonic()
    from .crossval_folder import CrossvalFolder
    from .gate import Gate

    folder = CrossvalFolder(out, dataset, resume=resume)
    with folder.recording():
        tell = folder.listener(on_event)
        if resume:
            work = read_work(dataset, labels, folder.path)
            _check_unfinished(folder)
            folder.begin()
        else:
            work = _begin(dataset, labels, config, folder, folds, groups, source, tell)
        stop = Gate(folder.path, tell, should_stop)
        result = _done(work, run_folds or work.run_here, tell, stop)
        result |= {"run": str(folder.path), "seconds": time.monotonic() - started}
        message(tell, result["text"])
        folder.write("result.json", result)
        folder.log({"event": "result", "value": result})
        if result["stopped"] is None:
            work.drop_held_out()
    return result


def _done(
    work: Work, run_folds: RunFolds, on_event: OnEvent, should_stop: ShouldStop
) -> Json:
    """Train the folds that are left, and return what they come to."""
    from .crossval_result import conclude

    for warning in work.warnings:
        message(on_event, warning, "warning")
    try:
        run_folds(work.unfinished(), on_event, should_stop)
        return conclude(work, on_event, should_stop)
    except Cancelled:
        return work.stopped()


def _check_unfinished(folder: CrossvalFolder) -> None:
    if folder.read("result.json", ENDED).get("stopped", "asked") is None:
        raise InputError(
            f"{folder.path} is finished: its result.json has the scores; start a new "
            "cross-validation for others."
        )


def _checked(config: TrainConfig | None) -> TrainConfig:
    if config is None:
        raise ValueError("a new cross-validation takes a configuration")
    if error := config.validation_error():
        raise InputError(error)
    if config.val_subjects:
        raise InputError(
            "val_subjects names subjects, but every subject validates once in a "
            "cross-validation: leave it empty."
        )
    return config


def resume_command(data: str | Path, root: str | Path) -> str:
    """Return the command that goes on with a cross-validation.

    It need not say how the data were opened: the folder's ``source.json`` does.
    """
    return command_line("crossval", data, "--resume", root)


@dataclass(frozen=True)
class Work:
    """What a cross-validation has to do, and where.

    Attributes
    ----------
    dataset, labels, config
        Of `cross_validate`.
    root
        The folder that everything goes to.
    splits
        The folds.
    """

    dataset: DataSet
    labels: TrainingLabels
    config: TrainConfig
    root: Path
    splits: Sequence[Split]

    @property
    def resumed_by(self) -> str:
        """The command that goes on with it."""
        return resume_command(self.dataset.root, self.root)

    @property
    def folds(self) -> list[Fold]:
        """Where the folds lie."""
        return [Fold(self.root, n) for n in range(1, len(self.splits) + 1)]

    @property
    def warnings(self) -> list[str]:
        """What belongs beside every score."""
        return [*self.splits[0].warnings, *self.labels.warnings()]

    def unfinished(self) -> list[int]:
        """Return the numbers of the folds that are still to be done, from 1."""
        return [fold.number for fold in self.folds if not fold.finished]

    def run(self, number: int, on_event: OnEvent, should_stop: ShouldStop) -> None:
        """Train one fold and let it predict; `Cancelled` if asked to stop."""
        fold, split = self.folds[number - 1], self.splits[number - 1]
        tell = told_by_fold(on_event, number, len(self.splits))
        asked = (self.dataset, self.labels, self.config)
        run_fold(*asked, split, fold, self.resumed_by, tell, should_stop)
        trained = fold.result
        assert trained is not None
        score = trained["validation"]["competition_dice"]
        tell({"event": "fold", "competition_dice": score})

    def run_here(
        self, numbers: Sequence[int], on_event: OnEvent, should_stop: ShouldStop
    ) -> None:
        """Train folds one after the other, in this process."""
        for number in numbers:
            self.run(number, on_event, should_stop)

    def drop_held_out(self) -> None:
        """Delete the folds' own predictions, all of which ``oof`` has."""
        for fold in self.folds:
            shutil.rmtree(fold.held_out)

    def stopped(self) -> Json:
        """Return the result of a cross-validation that was asked to stop."""
        k = len(self.splits)
        done = k - len(self.unfinished())
        text = (
            f"Stopped as asked: {done} of {k} folds are done; go on with "
            f"'{self.resumed_by}'."
        )
        return {"stopped": "asked", "text": text, "warnings": self.warnings}


def read_work(dataset: DataSet, labels: TrainingLabels, root: Path) -> Work:
    """Read what a cross-validation was asked for.

    Parameters
    ----------
    dataset, labels
        The same as when it was begun.
    root
        Its folder.

    Raises
    ------
    InputError
        If the folder holds no cross-validation, or one of other frames or labels.
    """
    stored = _fingerprint(root)
    # Before the folds, whose frames would be others, too.
    check_reading(root, stored, dataset, stored.get("subjects", dataset.ids))
    splits = read_folds(root / "splits.json", dataset)
    then = str(stored["labels"])
    if then != labels.snapshot_id:
        raise InputError(
            f"{root} was begun with the labels {then}, and these are "
            f"{labels.snapshot_id}: go on with --snapshot {then}."
        )
    return Work(dataset, labels, resumed_config(root, {}), root, splits)


def labels_of(root: Path) -> str:
    """Return the snapshot id of the labels of a cross-validation.

    Raises
    ------
    InputError
        If the folder does not say.
    """
    return str(_fingerprint(root)["labels"])


def _fingerprint(root: Path) -> Json:
    file = root / "fingerprint.json"
    try:
        found: Json = load_json(file, {**FINGERPRINT, "labels": str})
    except (OSError, ValueError) as error:
        remedy = "put it back as it was, or start a new cross-validation"
        raise damaged(file, error, remedy) from error
    return found


def _begin(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig | None,
    folder: CrossvalFolder,
    k: int,
    groups: Iterable[Sequence[str]],
    source: Mapping[str, Any],
    on_event: OnEvent,
) -> Work:
    """Deal out the folds, and write down what is asked for, and of what data."""
    settings, parts = _checked(config), DuplicateGroups.of(groups)
    splits = deal_folds(dataset, labels, settings, k, parts, on_event)
    subject = {entry.id: entry.subject for entry in dataset.entries}
    write_folds(folder.path / "splits.json", splits, subject, parts)
    read = reading_of(dataset, splits[0].ids)
    named = {"labels": labels.snapshot_id, **read}
    folder.write("fingerprint.json", named)
    if source:
        folder.write("source.json", source)
    folder.write("config.json", settings.to_json())  # last: now it can be resumed
    labels.take_snapshot(f"cross-validation {folder.path.name}")
    return Work(dataset, labels, settings, folder.path, splits)


def deal_folds(
    dataset: DataSet,
    labels: TrainingLabels,
    config: TrainConfig,
    k: int,
    groups: Iterable[Sequence[str]],
    on_event: OnEvent,
) -> list[Split]:
    """Look which frames show a nerve, and make folds; see `make_folds`.

    Parameters
    ----------
    config
        Says who tests, how to split, and the seed.
    """
    from .truth import Truth

    tests = set(config.test_list)
    ids = [entry.id for entry in dataset.entries if entry.subject not in tests]
    return make_folds(
        dataset,
        groups,
        k,
        config.seed,
        nerve_frames(ids, Truth(dataset, labels).mask, on_event),
        test_subjects=config.test_list,
        split_by=config.split_by,
    )
