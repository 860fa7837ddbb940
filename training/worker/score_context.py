"""Puts beside the scores of a result what has to be known of their frames."""

from __future__ import annotations

from typing import Any

from ..data import DataSet, Project
from ..events import OnEvent, ShouldStop


def with_context(
    result: dict[str, Any],
    dataset: DataSet,
    project: Project,
    on_event: OnEvent,
    should_stop: ShouldStop,
) -> dict[str, Any]:
    """Return a result with ``label_noise`` and ``synthetic``.

    The former is what `project_noise` gives, the latter whether it is the phantom.

    What was stopped has no scores, and nobody waits for a ceiling of them.
    """
    from ..data.phantom import is_phantom
    from ..report.label_noise import project_noise

    if result.get("stopped") == "asked":
        return result
    noise = project_noise(dataset, project, on_event, should_stop)
    known = {"label_noise": noise, "synthetic": is_phantom(dataset.root)}
    return {**result, **known}
