"""The command ``resume``; see `training.worker.commands`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InputError
from ..events import OnEvent, ShouldStop
from .learning import learning_data
from .naming import named_over, naming, stored, stored_naming
from .opening import How, Where, real


def resume(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    run: Where,
    data: Where | None = None,
    config: Mapping[str, Any] | None = None,
    project: Where | None = None,
    reading: How = None,
    ignore_fingerprint: bool = False,
) -> dict[str, Any]:
    """Go on with the training in a run folder, with the data and labels that it had.

    Other ``data`` are for a folder that was moved; the labels are those of the run's
    snapshot, or with ``ignore_fingerprint`` today's.
    """
    from ..learn import train
    from ..learn.folder.shapes import FINGERPRINT
    from ..learn.run.resume import resumed_config

    folder = real(run)
    settings = resumed_config(folder, config or {})
    named = named_over(naming(data, project, reading), stored_naming(folder))
    if "data" not in named:
        raise InputError(
            f"{folder} does not say where its data lie: name the data folder as well."
        )
    snapshot = stored(folder, "fingerprint.json", FINGERPRINT).get("labels")
    if ignore_fingerprint:
        snapshot = None
    with learning_data(on_event, should_stop, named, snapshot) as at_hand:
        result = train(
            at_hand.dataset,
            at_hand.labels,
            settings,
            at_hand.run_folder(folder, folder.name),
            resume=True,
            ignore_fingerprint=ignore_fingerprint,
            source=at_hand.source,
            on_event=on_event,
            should_stop=should_stop,
        )
        return at_hand.with_context(result)
