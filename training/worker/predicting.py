"""The worker's ``predict``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..data.reading import Reading
from ..errors import InputError
from ..events import OnEvent, ShouldStop, message
from ..files import is_new
from .naming import trained_greys
from .opening import How, Where, fitting, real, recalled_reading, tell_place


def _as_trained(on_event: OnEvent, network: Path, reading: Reading) -> Reading:
    """Read deep frames by the range that the run learned from, unless one is chosen.

    The extremes of other frames would give the same picture another grey.
    """
    stored = trained_greys(network)
    if reading.grey_range is not None or stored is None:
        return reading
    message(on_event, f"Frames not of 8 bits are read as in training: {stored}.")
    return replace(reading, grey_range=stored)


def predict(
    on_event: OnEvent,
    should_stop: ShouldStop,
    *,
    checkpoint: Where,
    input: Where,
    out: Where | None = None,
    project: Where | None = None,
    reading: How = None,
    probabilities: bool = False,
    rle: Where | None = None,
    device: str = "auto",
    backend: str = "auto",
    averaging: str | None = None,
    uncertainty: bool = False,
    threshold: float | None = None,
    presence_threshold: float | None = None,
    min_area_share: float | None = None,
    largest_component: bool | None = None,
    fill_holes: bool | None = None,
    frames: list[str] | None = None,
    resume: bool = False,
    strict: bool = False,
) -> dict[str, Any]:
    """Predict a file or folder; see `training.predict.predict_folder`.

    Without ``out`` the masks go to a folder with the run's name among the project's
    predictions. What is None is as the checkpoint says, see
    `training.predict.settings.PredictSettings`. What is begun in a new folder can be
    gone on with, by ``resume``; one of earlier predictions is replaced in one step.
    """
    from ..data.project import find_project
    from ..predict import PredictSettings, predict_folder

    settings = PredictSettings(
        threshold=threshold,
        presence_threshold=presence_threshold,
        min_area_share=min_area_share,
        largest_component=largest_component,
        fill_holes=fill_holes,
        averaging=averaging,
        uncertainty=uncertainty,
        backend=backend,
    )
    if error := settings.validation_error():
        raise InputError(error)
    network, source = real(checkpoint), real(input)
    where = find_project(source, None if project is None else real(project))
    tell_place(on_event, where)
    if out is None:
        run = network if network.is_dir() else network.parent
        out = where.predictions / run.name
        message(on_event, f"Predictions: {out}")
    place = real(out)
    how = recalled_reading(on_event, where, reading)
    how = fitting(on_event, source, how, reading)
    return predict_folder(
        network,
        source,
        place,
        reading=_as_trained(on_event, network, how),
        probabilities=probabilities,
        device=device,
        settings=settings,
        rle=None if rle is None else real(rle),
        frames=frames,
        resume=resume or is_new(place),
        strict=strict,
        on_event=on_event,
        should_stop=should_stop,
    )
