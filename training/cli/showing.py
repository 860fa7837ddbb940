"""``review`` and ``demo``: the commands that open the window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..data.reading import Reading
from .demo import DemoSettings, run_demo
from .display import require_display, review_words, run_window
from .options import Data, ProjectDir
from .outputs import Output


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(review)
    app.command()(demo)


def review(
    data: Data,
    predictions: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Show these predictions too.")
    ] = None,
    frame: Annotated[str | None, typer.Option(help="Open at this frame.")] = None,
    screenshot: Annotated[
        Path | None,
        typer.Option(metavar="PNG", help="Write the window's picture and end."),
        Output(),
    ] = None,
    project: ProjectDir = None,
    *,
    reading: Reading,
) -> int:
    """Open the window on a data set.

    Example: nerveseg review train --frame 1_9
    """
    from ..data import find_project, open_dataset
    from ..data.project import chosen_reading

    open_dataset(data, chosen_reading(find_project(data, project), reading))
    require_display()
    how = reading.to_command()
    return run_window(
        review_words(
            data,
            predictions=predictions,
            frame=frame,
            screenshot=screenshot,
            project=project,
            reading=json.dumps(how) if how else None,
        )
    )


def demo(
    out_folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where everything goes.")
    ] = Path("demo-out"),
    minutes: Annotated[float, typer.Option(help="How long to train.")] = 2.0,
    window: Annotated[
        bool, typer.Option(help="Open the window on the result at the end.")
    ] = True,
) -> int:
    """Make a phantom, find its conflicts, train, predict, and show the result.

    Example: nerveseg demo --out demo-out
    """
    return run_demo(DemoSettings(out=out_folder, minutes=minutes, window=window))
