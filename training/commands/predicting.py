"""``predict`` and ``evaluate``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from ..data.reading import Reading
from ..errors import InputError
from ..events import OnEvent, ShouldStop, message
from ..files import is_new, real_path
from ..learn.folder.naming import trained_greys
from .learning import with_context
from .opening import (
    fitting,
    open_data,
    opened_labels,
    recalled_reading,
    tell_place,
)
from .options import (
    AS_WRITTEN,
    REAL,
    CommandLine,
    Data,
    Device,
    HowRead,
    Options,
    ProjectDir,
    one_of,
)
from .outputs import Output, Read


class Predict(Options):
    """Predict a mask for every frame, at the frame's own size.

    CHECKPOINT may be a cross-validation's folder: its ensemble then predicts.

    Example: nerveseg predict RUN test --out predictions
    """

    ends_well = True

    checkpoint: Annotated[
        Path, REAL, Read.FILE, CommandLine("CHECKPOINT", argument=True)
    ]
    """Checkpoint or run folder."""
    input: Annotated[Path, REAL, Read.DATA, CommandLine("INPUT", argument=True)]
    """A file or folder of frames."""
    out: Annotated[Path | None, AS_WRITTEN, CommandLine("DIR")] = None
    """Where the masks go; default: predictions/RUN in the project folder."""
    probabilities: bool = False
    """Also write probability maps."""
    uncertainty: bool = False
    """Also write how far flips or members differ."""
    rle: Annotated[Path | None, AS_WRITTEN, Output(".csv"), CommandLine("CSV")] = None
    """Also write a submission to the competition."""
    averaging: str | None = None
    """none, flip or agreement; default: as trained."""
    threshold: float | None = None
    """Probability from which a pixel is nerve; default: as tuned."""
    presence_threshold: float | None = None
    """Presence below which a mask is empty; default: as tuned."""
    min_area_share: float | None = None
    """Share of the frame below which a mask is empty; default: as tuned."""
    largest_component: bool | None = None
    """Keep the largest part of a mask only."""
    fill_holes: bool | None = None
    """Fill what a mask encloses."""
    device: Device = "auto"
    backend: str = "auto"
    """auto, torch or openvino (on the processor)."""
    resume: bool = False
    """Go on with an interrupted one: same DIR, same settings."""
    strict: Annotated[bool, CommandLine(hidden=True)] = True
    """Refuse to go on with other settings, else begin anew."""
    frames: Annotated[list[str] | None, CommandLine(hidden=True)] = None
    """These alone, by their ids."""
    project: ProjectDir = None
    reading: HowRead = Reading()


def predict(
    options: Predict, on_event: OnEvent, should_stop: ShouldStop
) -> dict[str, Any]:
    """Predict a file or folder; see `training.predict.predict_folder`.

    What is None is as the checkpoint says, see
    `training.predict.settings.PredictSettings`. What is begun in a new folder can be
    gone on with, by ``resume``; one of earlier predictions is replaced in one step.
    """
    from ..data.project import find_project
    from ..predict import PredictSettings, predict_folder

    settings = PredictSettings(
        threshold=options.threshold,
        presence_threshold=options.presence_threshold,
        min_area_share=options.min_area_share,
        largest_component=options.largest_component,
        fill_holes=options.fill_holes,
        averaging=options.averaging,
        uncertainty=options.uncertainty,
        backend=options.backend,
    )
    if error := settings.validation_error():
        raise InputError(error)
    network, source = options.checkpoint, options.input
    where = find_project(source, options.project)
    tell_place(on_event, where)
    out = options.out
    if out is None:
        run = network if network.is_dir() else network.parent
        out = where.predictions / run.name
        message(on_event, f"Predictions: {out}")
    place = real_path(out)
    how = recalled_reading(on_event, where, options.reading)
    how = fitting(on_event, source, how, options.reading)
    return predict_folder(
        network,
        source,
        place,
        reading=_as_trained(on_event, network, how),
        probabilities=options.probabilities,
        device=options.device,
        settings=settings,
        rle=None if options.rle is None else real_path(options.rle),
        frames=options.frames,
        resume=options.resume or is_new(place),
        strict=options.resume and options.strict,
        on_event=on_event,
        should_stop=should_stop,
    )


def _as_trained(on_event: OnEvent, network: Path, reading: Reading) -> Reading:
    """Read deep frames by the range that the run learned from, unless one is chosen.

    The extremes of other frames would give the same picture another grey.
    """
    stored = trained_greys(network)
    if reading.grey_range is not None or stored is None:
        return reading
    message(on_event, f"Frames not of 8 bits are read as in training: {stored}.")
    return replace(reading, grey_range=stored)


class Evaluate(Options):
    """Score predicted masks, as written, against the masks people drew.

    Example: nerveseg evaluate predictions train --json scores.json
    """

    predictions: Annotated[
        Path, REAL, Read.FILE, CommandLine("PREDICTIONS", argument=True)
    ]
    """Folder from predict or of mask files, or a submission CSV."""
    data: Data
    labels: Annotated[str, one_of("source", "current")] = "source"
    """'source' masks, or the 'current' ones of the project."""
    project: ProjectDir = None
    reading: HowRead = Reading()


def evaluate(
    options: Evaluate, on_event: OnEvent, should_stop: ShouldStop
) -> dict[str, Any]:
    """Score predictions; see `training.report.evaluate`.

    ``labels`` and ``snapshot`` in the result say against which masks, and
    ``label_noise`` how well these agree with themselves.
    """
    from ..report.evaluate import evaluate as evaluate_masks

    dataset, where = open_data(on_event, *options.named)
    source_only = options.labels == "source"
    if not source_only and not where.labels.exists():
        text = f"{where.root} holds no labels: the current masks are the source's."
        message(on_event, text, "warning")
    with opened_labels(on_event, dataset, where, source_only=source_only) as truth:
        scores = evaluate_masks(
            options.predictions,
            dataset,
            truth,
            on_event=on_event,
            should_stop=should_stop,
        )
        snapshot = truth.snapshot_id
    result = {**scores.to_json(), "labels": options.labels, "snapshot": snapshot}
    return with_context(result, dataset, where, on_event, should_stop)
