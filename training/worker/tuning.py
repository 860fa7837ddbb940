"""The command ``tune``; see `training.worker.commands`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..events import OnEvent, ShouldStop, message
from ..files import write_whole
from .learning import learning_data
from .naming import naming
from .opening import How, Where, real


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
    reading: How = None,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Tune settings in the study's folder; see `training.learn.tune`.

    Without ``out`` it is the folder ``study`` among the project's studies.
    """
    from ..learn import TrainConfig
    from ..learn import tune as tune_settings
    from ..learn.tuning.search_space import default_space, read_space
    from ..learn.tuning.study import check_optuna
    from ..report.study_page import study_page

    check_optuna()
    settings = TrainConfig.from_json(dict(config))
    found = default_space(settings)
    if space is not None:
        found = read_space(real(space), settings)
    named = naming(data, project, reading)
    with learning_data(on_event, should_stop, named, snapshot, keeps=True) as at_hand:
        folder = real(out or at_hand.project.root / "studies" / study)
        message(on_event, f"Study: {folder}")
        result = tune_settings(
            at_hand.dataset,
            at_hand.labels,
            settings,
            folder,
            space=found,
            trials=trials,
            minutes=minutes,
            folds=folds,
            groups=at_hand.groups(),
            on_event=on_event,
            should_stop=should_stop,
        )
    result["page"] = str(Path(folder) / "study.html")
    write_whole(Path(result["page"]), study_page(result, f"Tuning {folder.name}"))
    return result
