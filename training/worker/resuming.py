"""The command ``resume``; see `training.worker.commands`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..events import OnEvent, ShouldStop, message
from .opening import Where, open_data, real
from .score_context import with_context

#: How the data of a run were opened, as ``source.json`` has it.
_OPENED = ("data", "project", "nerve_label", "masks_csv", "luminance")


def resume(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    run: Where,
    data: Where | None = None,
    config: Mapping[str, Any] | None = None,
    project: Where | None = None,
    nerve_label: int | None = None,
    masks_csv: Where | None = None,
    luminance: bool = False,
    ignore_fingerprint: bool = False,
) -> dict[str, Any]:
    """Go on with the training in a run folder, with the data and labels that it had.

    Other ``data`` are for a folder that was moved; the labels are those of the run's
    snapshot, or with ``ignore_fingerprint`` today's.
    """
    from ..data.labels import open_labels
    from ..learn import train
    from ..learn.resume import resumed_config

    folder = real(run)
    settings = resumed_config(folder, config or {})
    given = {
        "data": data,
        "project": project,
        "nerve_label": nerve_label,
        "masks_csv": masks_csv,
        "luminance": luminance or None,
    }
    source = {**_stored(folder, "source.json"), **_without_none(given)}
    if "data" not in source:
        raise InputError(
            f"{folder} does not say where its data lie: name the data folder as well."
        )
    opened = {name: source[name] for name in _OPENED if name in source}
    dataset, where = open_data(on_event, **opened)
    message(on_event, f"Run folder: {folder}")
    snapshot = _stored(folder, "fingerprint.json").get("labels")
    if ignore_fingerprint:
        snapshot = None
    with open_labels(dataset, where, snapshot=snapshot) as labels:
        result = train(
            dataset,
            labels,
            settings,
            folder,
            resume=True,
            ignore_fingerprint=ignore_fingerprint,
            source=source_of(**opened),
            on_event=on_event,
            should_stop=should_stop,
        )
    return with_context(result, dataset, where, on_event, should_stop)


def source_of(
    data: Where,
    project: Where | None = None,
    nerve_label: int | None = None,
    masks_csv: Where | None = None,
    luminance: bool = False,
) -> dict[str, Any]:
    """Return how data were opened, so that a run can open them again."""
    paths = {"data": data, "project": project, "masks_csv": masks_csv}
    whole = {key: str(real(path)) for key, path in paths.items() if path is not None}
    return {
        **whole,
        **_without_none({"nerve_label": nerve_label}),
        "luminance": luminance,
    }


def _without_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _stored(folder: Path, name: str) -> dict[str, Any]:
    try:
        found = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
