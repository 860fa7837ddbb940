"""``review``: whether there is a screen, and the window's own process on it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

from ..commands import Command, Options
from ..commands.options import AS_WRITTEN, CommandLine, Data, HowRead, ProjectDir
from ..commands.outputs import Output
from ..data.reading import Reading
from ..errors import Failure, InputError
from ..events import OnEvent, ShouldStop
from .show import Show

#: Seconds to wait for a display on another machine.
PATIENCE = 5.0


class Review(Options):
    """Open the window on a data set.

    Example: nerveseg review train --frame 1_9
    """

    keeps_reading = True
    has_json = False

    data: Data
    predictions: Annotated[Path | None, AS_WRITTEN, CommandLine("DIR")] = None
    """Show these predictions too."""
    frame: str | None = None
    """Open at this frame."""
    screenshot: Annotated[Path | None, AS_WRITTEN, Output(), CommandLine("PNG")] = None
    """Write the window's picture and end."""
    project: ProjectDir = None
    reading: HowRead = Reading()


def _review(
    options: Review, _on_event: OnEvent, _should_stop: ShouldStop
) -> dict[str, Any]:
    from ..data import find_project, open_dataset
    from ..data.project import chosen_reading

    data, project, reading = options.data, options.project, options.reading
    open_dataset(data, chosen_reading(find_project(data, project), reading))
    require_display()
    how = reading.to_command()
    words = review_words(
        data,
        predictions=options.predictions,
        frame=options.frame,
        screenshot=options.screenshot,
        project=project,
        reading=json.dumps(how) if how else None,
    )
    return {"code": run_window(words)}


#: How a command ends that opens the window: with its exit code, and prints nothing.
AS_THE_WINDOW = Show(lambda *_: None, lambda _, result: int(result["code"]))

COMMAND, SHOW = Command(Review, _review), AS_THE_WINDOW


def require_display() -> None:
    """Refuse to open a window where there is nothing to draw on."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    screen = os.environ.get("DISPLAY")
    remedy = (
        "log in at a desktop, or put 'xvfb-run -a' before the command to draw on a"
        " virtual one."
    )
    if not screen and not os.environ.get("WAYLAND_DISPLAY"):
        raise InputError(f"There is no display for a window; {remedy}")
    if screen and not os.environ.get("WAYLAND_DISPLAY") and not _answers(screen):
        raise InputError(f"The display {screen} does not answer; {remedy}")


def has_display() -> bool:
    """Whether this process can open a window."""
    try:
        require_display()
    except InputError:
        return False
    return True


def _answers(screen: str) -> bool:
    """Say whether an X server listens at ``host:number.screen``.

    Qt would find out, too, but ends the process in a dozen lines.
    """
    match = re.fullmatch(r"(?:unix)?([^:/]*):(\d+)(?:\.\d+)?", screen)
    if match is None:  # an unusual name, such as a path on macOS: let Qt try
        return True
    host, number = match[1], int(match[2])
    if host:
        return _connects(socket.AF_INET, (host, 6000 + number))
    path = f"/tmp/.X11-unix/X{number}"
    return any(_connects(socket.AF_UNIX, name) for name in (path, f"\0{path}"))


def _connects(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(PATIENCE)
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def run_window(words: list[str]) -> int:
    """Run the plugin in a process of its own and return its exit code.

    The engine never imports the plugin; a second process is the only way in.

    Raises
    ------
    InputError
        If the plugin is not installed, or Qt could not open a window.
    Failure
        If the window was killed.
    """
    if importlib.util.find_spec("napari_nerveseg") is None:
        raise InputError(
            "The window is not installed; run: pip install napari-nerveseg."
        )
    code = subprocess.run(window_command(words), check=False).returncode
    if code == -signal.SIGABRT:  # how Qt ends where it finds no display or plugin
        raise InputError(
            "The window could not be opened, for the reason above; 'nerveseg doctor'"
            " says what is missing and how to get it."
        )
    if code < 0:
        raise Failure(
            f"The window was ended by the signal {signal.Signals(-code).name}; every"
            " edit up to then is kept, and 'nerveseg review' shows it again."
        )
    return code


def window_command(words: list[str]) -> list[str]:
    """Return the command line of the plugin with these arguments."""
    return [sys.executable, "-P", "-m", "napari_nerveseg", *words]


def review_words(data: Path, **options: object) -> list[str]:
    """Return the plugin's arguments: the data, and the options that are given.

    True stands for a switch that is on, False and None for nothing.
    """
    words = ["review", str(data)]
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif value is not None and value is not False:
            words += [flag, str(value)]
    return words
