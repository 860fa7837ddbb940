"""``review`` and ``demo``: the commands that open the window."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError
from .demo import DemoSettings, run_demo
from .options import Data, NerveLabel, ProjectDir


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
    ] = None,
    project: ProjectDir = None,
    nerve_label: NerveLabel = None,
) -> int:
    """Open the window on a data set.

    Example: nerveseg review train --frame 1_9
    """
    from ..data import open_dataset

    require_display()
    open_dataset(data, nerve_label=nerve_label)
    words = ["review", str(data)]
    for name, value in (
        ("--predictions", predictions),
        ("--frame", frame),
        ("--screenshot", screenshot),
        ("--project", project),
        ("--nerve-label", nerve_label),
    ):
        if value is not None:
            words += [name, str(value)]
    return run_window(words)


def require_display() -> None:
    """Refuse to open a window where there is nothing to draw on."""
    if sys.platform == "linux" and not has_display():
        raise InputError(
            "There is no display for a window; log in at a desktop, or put"
            " 'xvfb-run -a' before the command to draw on a virtual one."
        )


def has_display() -> bool:
    """Whether this process can open a window."""
    return sys.platform != "linux" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def run_window(words: list[str]) -> int:
    """Run the plugin in a process of its own and return its exit code.

    The engine never imports the plugin; a second process is the only way in.
    """
    if importlib.util.find_spec("napari_nerveseg") is None:
        raise InputError(
            "The window is not installed; run: pip install napari-nerveseg."
        )
    command = [sys.executable, "-P", "-m", "napari_nerveseg", *words]
    return subprocess.run(command, check=False).returncode


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
    settings = DemoSettings(out=out_folder, minutes=minutes, window=window)
    return run_demo(settings, run_window, display=has_display())
