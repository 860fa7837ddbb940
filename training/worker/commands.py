"""What a worker can do, by name; each setting is a key of the command's JSON.

Every function returns what its ``result`` event carries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..data.dataset import DataSet
from ..data.listing import open_dataset
from ..data.project import Project, find_project
from ..events import OnEvent, ShouldStop


def _open(
    data: str, project: str | None, nerve_label: int | None
) -> tuple[DataSet, Project]:
    dataset = open_dataset(Path(data), nerve_label=nerve_label)
    return dataset, find_project(Path(data), Path(project) if project else None)


def scan(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: str,
    project: str | None = None,
    nerve_label: int | None = None,
) -> dict[str, Any]:
    """Open every file of a data set; return the summary and the problems."""
    from ..data.scan import scan as scan_dataset

    dataset, where = _open(data, project, nerve_label)
    return scan_dataset(dataset, where, on_event, should_stop).to_json()


def duplicates(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: str,
    project: str | None = None,
    nerve_label: int | None = None,
    threshold: float = 0.99,
    scope: str = "subject",
    shape_dice: float = 0.70,
) -> dict[str, Any]:
    """Search duplicates, keep them in the project, return the report."""
    from ..data.labels import open_labels
    from ..duplicates import find_duplicates

    dataset, where = _open(data, project, nerve_label)
    with open_labels(dataset, where) as labels:
        report = find_duplicates(
            dataset,
            labels,
            threshold=threshold,
            scope=scope,
            shape_dice=shape_dice,
            project=where,
            on_event=on_event,
            should_stop=should_stop,
        )
    return {**report.to_json(), "path": where.duplicates}


def train(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: str,
    out: str,
    config: Mapping[str, Any],
    project: str | None = None,
    nerve_label: int | None = None,
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Train a network on the project's labels into the run folder ``out``."""
    from ..data.labels import open_labels
    from ..learn import TrainConfig, known_groups
    from ..learn import train as train_network

    dataset, where = _open(data, project, nerve_label)
    settings = TrainConfig.from_json(dict(config))
    with open_labels(dataset, where, snapshot=snapshot) as labels:
        return train_network(
            dataset,
            labels,
            settings,
            Path(out),
            groups=known_groups(dataset, where, on_event=on_event),
            on_event=on_event,
            should_stop=should_stop,
        )


def predict(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    checkpoint: str,
    input: str,
    out: str,
    probabilities: bool = False,
    device: str = "auto",
) -> dict[str, Any]:
    """Predict a file or folder; see `training.predict.predict_folder`."""
    from ..predict import predict_folder

    return predict_folder(
        Path(checkpoint),
        Path(input),
        Path(out),
        probabilities=probabilities,
        device=device,
        on_event=on_event,
        should_stop=should_stop,
    )


def export(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    data: str,
    out: str,
    project: str | None = None,
    nerve_label: int | None = None,
    format: str = "tif",
    snapshot: str | None = None,
) -> dict[str, Any]:
    """Write the current masks; see `training.report.export`."""
    from ..data.labels import open_labels
    from ..report.export import export as export_masks

    dataset, where = _open(data, project, nerve_label)
    with open_labels(dataset, where, snapshot=snapshot) as labels:
        return export_masks(
            dataset,
            labels,
            Path(out),
            format,
            on_event=on_event,
            should_stop=should_stop,
        )


COMMANDS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "scan": scan,
    "duplicates": duplicates,
    "train": train,
    "predict": predict,
    "export": export,
}
