"""The commands ``crossval`` and ``fold``; see `training.worker.commands`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ..errors import InputError
from ..events import OnEvent, ShouldStop, ignore
from .learning import learning_data
from .naming import named_over, naming, stored_naming
from .opening import How, Where, real


def crossval(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: Where,
    config: Mapping[str, Any] | None = None,
    folds: int = 5,
    out: Where | None = None,
    resume: bool = False,
    devices: str = "",
    parallel: int = 1,
    project: Where | None = None,
    reading: How = None,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Cross-validate into the folder ``out``; see `training.learn.cross_validate`.

    With ``resume`` the settings and folds are those of ``out``, and so are the labels
    unless a snapshot is named. What is not said of the data is as it was then: folds
    that learn from other masks would spoil the one score of all.
    """
    from ..learn import TrainConfig, cross_validate
    from ..learn.crossval.work import labels_of
    from ..learn.run.resume import resumed_config
    from .fold_processes import in_processes, places

    named = naming(data, project, reading)
    if not resume:
        settings = TrainConfig.from_json(config or {})
    elif out is None:
        raise InputError("To resume a cross-validation, name its folder by out.")
    else:
        settings = resumed_config(real(out), {})
        snapshot = snapshot or labels_of(real(out))
        named = named_over(named, stored_naming(real(out)))
    found = places(devices, parallel, settings.device)
    opened = learning_data(on_event, should_stop, named, snapshot, keeps=not resume)
    with opened as at_hand:
        root = at_hand.run_folder(out, datetime.now(UTC).strftime("cv-%Y%m%d-%H%M%S"))
        own = {"out": root, "project": at_hand.project.root}
        command = {**at_hand.named, **own, "snapshot": at_hand.labels.snapshot_id}
        result = cross_validate(
            at_hand.dataset,
            at_hand.labels,
            None if resume else settings,
            root,
            folds=folds,
            groups=() if resume else at_hand.groups(),
            resume=resume,
            run_folds=in_processes(command, found) if found else None,
            source=at_hand.source,
            on_event=on_event,
            should_stop=should_stop,
        )
        return at_hand.with_context(result)


def fold(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: Where,
    out: Where,
    number: int,
    device: str,
    threads: int | None = None,
    project: Where | None = None,
    reading: How = None,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Train one fold of a cross-validation that has been begun in ``out``."""
    from ..learn.crossval.work import read_work

    named = naming(data, project, reading)
    with learning_data(ignore, should_stop, named, snapshot) as at_hand:
        work = read_work(at_hand.dataset, at_hand.labels, real(out))
        config = replace(work.config, device=device)
        if threads is not None:
            config = replace(config, threads=threads)
        replace(work, config=config).run(number, on_event, should_stop)
    return {"fold": number}
