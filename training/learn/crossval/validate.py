"""Cross-validation: as many trainings as folds, and one honest score of them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ...data import DataSet
from ...errors import Cancelled, InputError
from ...events import OnEvent, ShouldStop, message
from ..folder.shapes import ENDED
from ..run.reading import reading_of
from ..settings.config import TrainConfig
from ..splits.assignment import nerve_frames
from ..splits.folds import make_folds, write_folds
from ..splits.searched import DuplicateGroups
from ..splits.split import Split
from .work import Work, read_work

if TYPE_CHECKING:
    from ..folder.run_folder import CrossvalFolder
    from ..preloaded import TrainingLabels

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
    from ..folder.run_folder import CrossvalFolder
    from ..folder.stop_and_pause import StopAndPause

    folder = CrossvalFolder(out, dataset, resume=resume)
    with folder.recording():
        tell = folder.listener(on_event)
        if resume:
            work = read_work(dataset, labels, folder.path)
            _check_unfinished(folder)
            folder.begin()
        else:
            work = _begin(dataset, labels, config, folder, folds, groups, source, tell)
        stop = StopAndPause(folder.path, tell, should_stop)
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
    from .result import conclude

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
        raise error
    if config.val_subjects:
        raise InputError(
            "val_subjects names subjects, but every subject validates once in a "
            "cross-validation: leave it empty.",
            "val_subjects",
        )
    return config


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
    splits = assign_folds(dataset, labels, settings, k, parts, on_event)
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


def assign_folds(
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
    from ..splits.truth import Truth

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
