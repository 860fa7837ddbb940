"""``report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..data.reading import Reading
from ..events import never
from .console import conclude, out, reporting
from .options import Device, Json, ProjectDir
from .outputs import Output
from .reading import Read


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(report)


def report(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="Folder of train or crossval, or a fold."),
        Read.RUN,
    ],
    data: Annotated[
        Path | None,
        typer.Argument(metavar="DATA", help="Its frames; default: as it was started."),
        Read.DATA,
    ] = None,
    out_file: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Default: report.html in RUN."),
        Output(".html"),
    ] = None,
    worst: Annotated[int, typer.Option(help="How many of the worst frames.")] = 12,
    device: Device = "auto",
    project: ProjectDir = None,
    json: Json = None,
    *,
    reading: Reading,
) -> None:
    """Write one HTML file about a run: scores, curves, worst frames, provenance.

    Example: nerveseg report train.nerveseg/runs/20260101-120000
    """
    from ..worker.reporting import report as write_report

    with reporting() as reporter:
        result = write_report(
            reporter,
            never,
            run=run,
            out=out_file,
            data=data,
            project=project,
            reading=reading,
            worst=worst,
            device=device,
        )
    conclude(result, reporter, json, _print_written)


def _print_written(result: dict[str, Any]) -> None:
    out(f"Report: {result['path']}")
