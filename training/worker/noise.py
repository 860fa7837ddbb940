"""Puts the label-noise ceiling beside the scores of a result."""

from __future__ import annotations

from typing import Any

from ..data import DataSet, Project
from ..events import OnEvent, ShouldStop


def with_noise(
    result: dict[str, Any],
    dataset: DataSet,
    project: Project,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> dict[str, Any]:
    """Return a result with ``label_noise``, or None there; see `project_noise`.

    What was stopped has no scores, and nobody waits for a ceiling of them.
    """
    from ..report.label_noise import project_noise

    if result.get("stopped") == "asked":
        return result
    noise = project_noise(dataset, project, on_event, should_stop)
    return {**result, "label_noise": noise}
