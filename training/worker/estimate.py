"""What a training would take, as a command of the worker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..events import OnEvent, ShouldStop
from .learning import learning_data
from .naming import naming
from .opening import How, Where


def estimate(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: Where,
    config: Mapping[str, Any],
    project: Where | None = None,
    reading: How = None,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Predict a training's time and memory; see `training.learn.run.dry_run`."""
    from ..learn import TrainConfig
    from ..learn.run.dry_run import dry_run

    settings = TrainConfig.from_json(dict(config))
    named = naming(data, project, reading)
    with learning_data(on_event, should_stop, named, snapshot) as at_hand:
        return dry_run(
            at_hand.dataset,
            at_hand.labels,
            settings,
            groups=at_hand.groups(),
            on_event=on_event,
            should_stop=should_stop,
        )
