"""The command ``tune``; see `training.worker.commands`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..events import OnEvent, ShouldStop, message
from ..files import write_whole
from .opening import Where, open_data, real


def tune(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: Where,
    config: Mapping[str, Any],
    trials: int,
    minutes: float | None = None,
    folds: int = 3,
    space: Where | None = None,
    study: str = "study",
    out: Where | None = None,
    project: Where | None = None,
    nerve_label: int | None = None,
    masks_csv: Where | None = None,
    luminance: bool = False,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Tune settings in the study's folder; see `training.learn.tune`.

    Without ``out`` it is the folder ``study`` among the project's studies.
    """
    from ..data.labels import open_labels
    from ..learn import TrainConfig, known_groups
    from ..learn import tune as tune_settings
    from ..learn.search_space import default_space, read_space
    from ..learn.study import check_optuna
    from ..report.study_page import study_page

    check_optuna()
    settings = TrainConfig.from_json(dict(config))
    found = default_space(settings)
    if space is not None:
        found = read_space(real(space), settings)
    dataset, where = open_data(
        on_event, data, project, nerve_label, masks_csv, luminance
    )
    folder = real(out or where.root / "studies" / study)
    message(on_event, f"Study: {folder}")
    with open_labels(dataset, where, snapshot=snapshot) as labels:
        result = tune_settings(
            dataset,
            labels,
            settings,
            folder,
            space=found,
            trials=trials,
            minutes=minutes,
            folds=folds,
            groups=known_groups(dataset, where, on_event, should_stop),
            on_event=on_event,
            should_stop=should_stop,
        )
    result["page"] = str(Path(folder) / "study.html")
    write_whole(Path(result["page"]), study_page(result, f"Tuning {folder.name}"))
    return result
