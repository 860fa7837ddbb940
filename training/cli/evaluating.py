"""``predict`` and ``evaluate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..data.reading import Reading
from ..events import never
from .console import asked_to_stop, conclude, out, reporting
from .options import Data, Device, Json, ProjectDir
from .outputs import Output
from .panels import print_panels
from .reading import Read

_Threshold = Annotated[
    float | None,
    typer.Option(help="Probability from which a pixel is nerve; default: as tuned."),
]
_PresenceThreshold = Annotated[
    float | None,
    typer.Option(help="Presence below which a mask is empty; default: as tuned."),
]
_MinAreaShare = Annotated[
    float | None,
    typer.Option(
        help="Share of the frame below which a mask is empty; default: as tuned."
    ),
]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(predict)
    app.command()(evaluate)


def predict(
    checkpoint: Annotated[
        Path,
        typer.Argument(metavar="CHECKPOINT", help="Checkpoint or run folder."),
        Read.FILE,
    ],
    source: Annotated[
        Path,
        typer.Argument(metavar="INPUT", help="A file or folder of frames."),
        Read.DATA,
    ],
    out_folder: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Where the masks go; default: predictions/RUN in the project folder.",
        ),
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Also write probability maps.")
    ] = False,
    uncertainty: Annotated[
        bool,
        typer.Option(
            "--uncertainty", help="Also write how far flips or members differ."
        ),
    ] = False,
    rle: Annotated[
        Path | None,
        typer.Option(
            "--rle", metavar="CSV", help="Also write a submission to the competition."
        ),
        Output(".csv"),
    ] = None,
    averaging: Annotated[
        str | None, typer.Option(help="none, flip or agreement; default: as trained.")
    ] = None,
    threshold: _Threshold = None,
    presence_threshold: _PresenceThreshold = None,
    min_area_share: _MinAreaShare = None,
    largest_component: Annotated[
        bool | None, typer.Option(help="Keep the largest part of a mask only.")
    ] = None,
    fill_holes: Annotated[
        bool | None, typer.Option(help="Fill what a mask encloses.")
    ] = None,
    device: Device = "auto",
    backend: Annotated[
        str,
        typer.Option(help="auto, torch or openvino (on the processor)."),
    ] = "auto",
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with an interrupted one: same DIR, same settings."
        ),
    ] = False,
    project: ProjectDir = None,
    json: Json = None,
    *,
    reading: Reading,
) -> None:
    """Predict a mask for every frame, at the frame's own size.

    CHECKPOINT may be a cross-validation's folder: its ensemble then predicts.

    Example: nerveseg predict RUN test --out predictions
    """
    from ..worker import predicting

    with reporting() as reporter, asked_to_stop() as should_stop:
        result = predicting.predict(
            reporter,
            should_stop,
            checkpoint=checkpoint,
            input=source,
            out=out_folder,
            project=project,
            reading=reading,
            probabilities=probabilities,
            rle=rle,
            device=device,
            backend=backend,
            averaging=averaging,
            uncertainty=uncertainty,
            threshold=threshold,
            presence_threshold=presence_threshold,
            min_area_share=min_area_share,
            largest_component=largest_component,
            fill_holes=fill_holes,
            resume=resume,
            strict=resume,
        )
    conclude(result, reporter, json, _print_predicted)


def _print_predicted(result: dict[str, Any]) -> None:
    out(
        f"{result['n_predicted']:,} of {result['n_frames']:,} frames predicted"
        f" into {result['out']}"
    )
    if n := result["n_before"]:
        out(f"{n:,} {'frame was' if n == 1 else 'frames were'} done before.")
    if result["rle"]:
        out(f"Submission, read back and equal to the masks: {result['rle']}")


def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTIONS",
            help="Folder from predict or of mask files, or a submission CSV.",
        ),
        Read.FILE,
    ],
    data: Data,
    labels: Annotated[
        str, typer.Option(help="'source' masks, or the 'current' ones of the project.")
    ] = "source",
    project: ProjectDir = None,
    json: Json = None,
    *,
    reading: Reading,
) -> None:
    """Score predicted masks, as written, against the masks people drew.

    Example: nerveseg evaluate predictions train --json scores.json
    """
    from ..worker import commands

    with reporting() as reporter:
        result = commands.evaluate(
            reporter,
            never,
            predictions=predictions,
            data=data,
            labels=labels,
            project=project,
            reading=reading,
        )
    conclude(result, reporter, json, print_panels)
