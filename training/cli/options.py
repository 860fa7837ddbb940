"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..events import Event
from .console import say
from .outputs import Output
from .reading import Read

if TYPE_CHECKING:
    from ..data import DataSet, Project, Reading

Data = Annotated[
    Path,
    typer.Argument(
        metavar="DATA", help="Folder of frames (with masks), or a multi-page TIFF."
    ),
    Read.DATA,
]
ProjectDir = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="Project folder; default: DATA.nerveseg beside the data.",
    ),
    Read.PROJECT,
]
Json = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write the result; - prints it."),
    Output(),
]
Window = Annotated[str, typer.Option(help="Of the SSIM: uniform7 or gaussian.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1 (…) or mps.")]


def tell(event: Event) -> None:
    """Print what an event says."""
    say(event["text"])


def open_data(
    data: Path,
    project: Path | None = None,
    reading: Reading | None = None,
) -> tuple[DataSet, Project]:
    """Open a data set and name its project folder; nothing is written yet."""
    from ..worker.opening import open_data as open_named

    return open_named(tell, data, project, reading)
