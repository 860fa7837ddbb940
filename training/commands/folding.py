"""``crossval``, its folds, and ``tune``: what trains many times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from ..data.reading import Reading
from ..errors import InputError
from ..events import OnEvent, ShouldStop, ignore, message
from ..files import real_path, write_whole
from ..learn.folder.naming import named_over, naming, stored_naming
from .learning import learning_data
from .options import (
    AS_WRITTEN,
    REAL,
    CommandLine,
    Data,
    HowRead,
    Options,
    ProjectDir,
    Settings,
    Snapshot,
)
from .outputs import Read


class Crossval(Options):
    """Score every frame by a network that never saw its subject; keep the ensemble.

    Example: nerveseg crossval train --folds 5 --test-subjects 25-32
    """

    keeps_reading = True
    ends_well = trains = True

    data: Data
    folds: int = 5
    """How many; each is a training."""
    out: Annotated[Path | None, AS_WRITTEN, CommandLine("RUN")] = None
    """Its folder; default: in PROJECT."""
    resume: Annotated[Path | None, REAL, Read.RUN, CommandLine("RUN")] = None
    """Go on with this one; its settings and folds hold."""
    devices: str = ""
    """One fold at a time on each, e.g. cuda:0,cuda:1; default: all GPUs."""
    parallel: int = 1
    """Folds that share the processor at a time."""
    snapshot: Snapshot = None
    project: ProjectDir = None
    reading: HowRead = Reading()
    config: Settings = Field(default_factory=dict)

    @model_validator(mode="after")
    def _make_sense(self) -> Crossval:
        if self.resume is None:
            return self
        if self.out is not None:
            raise InputError("--resume names the folder: leave out --out.", "out")
        if self.config:
            first = min(self.config)
            own = self.config[first]
            if first == "augmentation" and isinstance(own, dict) and own:
                first = min(own)  # whose settings have the flags
            flag = first.replace("_", "-")
            raise InputError(
                f"--resume takes every setting from {self.resume}: leave out --{flag},"
                " or start a new cross-validation.",
                first,
            )
        return self


def crossval(
    options: Crossval, on_event: OnEvent, should_stop: ShouldStop
) -> dict[str, Any]:
    """Cross-validate into a run folder; see `training.learn.cross_validate`.

    With ``resume`` the settings and folds are those of the folder, and so are the
    labels unless a snapshot is named. What is not said of the data is as it was then:
    folds that learn from other masks would spoil the one score of all.
    """
    from ..learn import TrainConfig, cross_validate
    from ..learn.crossval.work import labels_of
    from ..learn.run.resume import resumed_config
    from .fold_processes import in_processes, places

    named = naming(*options.named)
    begun, snapshot = options.resume, options.snapshot
    if begun is None:
        settings = TrainConfig.from_json(options.config)
    else:
        settings = resumed_config(begun, {})
        snapshot = snapshot or labels_of(begun)
        named = named_over(named, stored_naming(begun))
    found = places(options.devices, options.parallel, settings.device)
    opened = learning_data(on_event, should_stop, named, snapshot, keeps=not begun)
    with opened as at_hand:
        name = datetime.now(UTC).strftime("cv-%Y%m%d-%H%M%S")
        root = at_hand.run_folder(begun or options.out, name)
        own = {"out": root, "project": at_hand.project.root}
        command = {**at_hand.named, **own, "snapshot": at_hand.labels.snapshot_id}
        result = cross_validate(
            at_hand.dataset,
            at_hand.labels,
            None if begun else settings,
            root,
            folds=options.folds,
            groups=() if begun else at_hand.groups(),
            resume=begun is not None,
            run_folds=in_processes(command, found) if found else None,
            source=at_hand.source,
            on_event=on_event,
            should_stop=should_stop,
        )
        return at_hand.with_context(result)


class Fold(Options):
    """Train one fold of a cross-validation that has been begun in ``out``."""

    data: Data
    out: Annotated[Path, REAL]
    number: int
    device: str
    threads: int | None = None
    project: ProjectDir = None
    reading: HowRead = Reading()
    snapshot: Snapshot = None


def fold(options: Fold, on_event: OnEvent, should_stop: ShouldStop) -> dict[str, Any]:
    """Train the fold; its events are those of the training alone."""
    from ..learn.crossval.work import read_work

    named = naming(*options.named)
    with learning_data(ignore, should_stop, named, options.snapshot) as at_hand:
        work = read_work(at_hand.dataset, at_hand.labels, options.out)
        config = replace(work.config, device=options.device)
        if options.threads is not None:
            config = replace(config, threads=options.threads)
        replace(work, config=config).run(options.number, on_event, should_stop)
    return {"fold": options.number}


class Tune(Options):
    """Search for the settings with the best cross-validated score, by Optuna.

    Example: nerveseg tune train --trials 40 --epochs 10 --test-subjects 25-32
    """

    keeps_reading = True
    ends_well = trains = True

    data: Data
    trials: Annotated[int, Field(ge=1)] = 30
    """In all, those of earlier calls included."""
    minutes: float | None = None
    """Begin no trial after so many."""
    folds: int = 3
    """Of every trial."""
    space: Annotated[Path | None, REAL, Read.FILE, CommandLine("FILE")] = None
    """What to tune, as JSON (docs/crossval.md)."""
    study: str = "study"
    """Its name; one of this name is gone on with."""
    out: Annotated[Path | None, AS_WRITTEN, CommandLine("STUDY")] = None
    """Its folder, in place of a name."""
    snapshot: Snapshot = None
    project: ProjectDir = None
    reading: HowRead = Reading()
    config: Settings = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check_name(self) -> Tune:
        if Path(self.study).name != self.study:
            raise InputError(
                f"--study {self.study} is no name: use --out for a folder.", "study"
            )
        return self


def tune(options: Tune, on_event: OnEvent, should_stop: ShouldStop) -> dict[str, Any]:
    """Tune settings in the study's folder; see `training.learn.tune`."""
    from ..learn import TrainConfig
    from ..learn import tune as tune_settings
    from ..learn.tuning.search_space import default_space, read_space
    from ..learn.tuning.study import check_optuna
    from ..report.study_page import study_page

    check_optuna()
    settings = TrainConfig.from_json(options.config)
    found = default_space(settings)
    if options.space is not None:
        found = read_space(options.space, settings)
    named = naming(*options.named)
    with learning_data(
        on_event, should_stop, named, options.snapshot, keeps=True
    ) as at_hand:
        folder = options.out or at_hand.project.root / "studies" / options.study
        folder = real_path(folder)
        message(on_event, f"Study: {folder}")
        result = tune_settings(
            at_hand.dataset,
            at_hand.labels,
            settings,
            folder,
            space=found,
            trials=options.trials,
            minutes=options.minutes,
            folds=options.folds,
            groups=at_hand.groups(),
            on_event=on_event,
            should_stop=should_stop,
        )
    result["page"] = str(folder / "study.html")
    write_whole(folder / "study.html", study_page(result, f"Tuning {folder.name}"))
    return result
