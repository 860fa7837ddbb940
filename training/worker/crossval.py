"""The commands ``crossval`` and ``fold``; see `training.worker.commands`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ..events import OnEvent, ShouldStop, ignore, message
from .opening import Where, open_data, real
from .resuming import source_of
from .score_context import with_context


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
    nerve_label: int | None = None,
    masks_csv: Where | None = None,
    luminance: bool = False,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Cross-validate into the folder ``out``; see `training.learn.cross_validate`.

    With ``resume`` the settings and folds are those of ``out``, and so are the labels
    unless a snapshot is named.
    """
    from ..data.labels import open_labels
    from ..learn import TrainConfig, cross_validate, known_groups
    from ..learn.crossval import labels_of
    from ..learn.resume import resumed_config
    from .fold_processes import in_processes, places

    dataset, where = open_data(
        on_event, data, project, nerve_label, masks_csv, luminance
    )
    out = real(out or where.runs / datetime.now(UTC).strftime("cv-%Y%m%d-%H%M%S"))
    settings = (
        resumed_config(out, {}) if resume else TrainConfig.from_json(config or {})
    )
    if resume and snapshot is None:
        snapshot = labels_of(out)
    found = places(devices, parallel, settings.device)
    message(on_event, f"Run folder: {out}")
    with open_labels(dataset, where, snapshot=snapshot) as labels:
        command = {
            "data": real(data),
            "out": out,
            "project": where.root,
            "nerve_label": nerve_label,
            "masks_csv": None if masks_csv is None else real(masks_csv),
            "luminance": luminance,
            "snapshot": labels.snapshot_id,
        }
        result = cross_validate(
            dataset,
            labels,
            None if resume else settings,
            out,
            folds=folds,
            groups=known_groups(dataset, where, on_event, should_stop),
            resume=resume,
            run_folds=in_processes(command, found) if found else None,
            source=source_of(data, project, nerve_label, masks_csv, luminance),
            on_event=on_event,
            should_stop=should_stop,
        )
    return with_context(result, dataset, where, on_event, should_stop)


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
    nerve_label: int | None = None,
    masks_csv: Where | None = None,
    luminance: bool = False,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Train one fold of a cross-validation that has been begun in ``out``."""
    from ..data.labels import open_labels
    from ..learn.crossval import read_work

    dataset, where = open_data(ignore, data, project, nerve_label, masks_csv, luminance)
    with open_labels(dataset, where, snapshot=snapshot) as labels:
        work = read_work(dataset, labels, real(out))
        config = replace(work.config, device=device)
        if threads is not None:
            config = replace(config, threads=threads)
        replace(work, config=config).run(number, on_event, should_stop)
    return {"fold": number}
