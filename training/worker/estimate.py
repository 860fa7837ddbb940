"""What a training would take, as a command of the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..events import OnEvent, ShouldStop
from .opening import Where, open_data


def estimate(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: Where,
    config: Mapping[str, Any],
    project: Where | None = None,
    nerve_label: int | None = None,
    masks_csv: Where | None = None,
    luminance: bool = False,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Predict a training's time and memory; see `training.learn.dry_run`."""
    from ..data.labels import open_labels
    from ..learn import TrainConfig, known_groups
    from ..learn.dry_run import dry_run

    settings = TrainConfig.from_json(dict(config))
    dataset, where = open_data(
        on_event, data, project, nerve_label, masks_csv, luminance
    )
    with open_labels(dataset, where, snapshot=snapshot) as labels:
        return dry_run(
            dataset,
            labels,
            settings,
            groups=known_groups(dataset, where, on_event, should_stop),
            on_event=on_event,
            should_stop=should_stop,
        )
