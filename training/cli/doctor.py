"""``doctor``: what this machine has, what it lacks, and what mends it."""

from __future__ import annotations

import ctypes.util
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from .. import __version__
from .console import check_json, out, write_result
from .options import Json

#: Distributions without which some part does not work.
REQUIRED = (
    "numpy",
    "scikit-image",
    "scikit-learn",
    "tifffile",
    "imagecodecs",
    "zarr",
    "safetensors",
    "numba",
    "torch",
    "monai",
    "napari",
    "magicgui",
    "qtpy",
    "PySide6",
    "superqt",
    "pyqtgraph",
)
#: What Qt loads on Linux, with Debian's package for each.
LIBRARIES = {
    "EGL": "libegl1",
    "GL": "libgl1",
    "xkbcommon-x11": "libxkbcommon-x11-0",
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-keysyms": "libxcb-keysyms1",
    "dbus-1": "libdbus-1-3",
}
#: Free space below which a run's checkpoints and caches may not fit.
ENOUGH_DISK = 5 * 2**30


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Parameters
    ----------
    name
        What it is.
    state
        What was found.
    good
        Whether that will do.
    remedy
        The command or act that mends it; empty where nothing is wrong.
    """

    name: str
    state: str
    good: bool = True
    remedy: str = ""


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(doctor)


def doctor(json: Json = None) -> int:
    """Say what this machine has, what is missing, and what mends it.

    Example: nerveseg doctor
    """
    check_json(json)
    findings = examine()
    if str(json) != "-":
        for finding in findings:
            mark = "ok     " if finding.good else "MISSING"
            out(f"{mark} {finding.name:22} {finding.state}")
            if finding.remedy:
                out(f"        -> {finding.remedy}")
    good = all(finding.good for finding in findings)
    write_result({"good": good, "findings": [asdict(f) for f in findings]}, json)
    return 0 if good else 1


def examine() -> list[Finding]:
    """Look at everything the program needs."""
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    return [
        Finding("nerveseg", __version__),
        Finding("system", system),
        _python(),
        *(_package(name) for name in REQUIRED),
        _qt_abort(),
        *_devices(),
        *_display(),
        _disk(),
    ]


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    remedy = "" if good else "install Python 3.11 or newer"
    return Finding("Python", platform.python_version(), good, remedy)


def _package(name: str) -> Finding:
    try:
        return Finding(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "not installed", False, f"pip install {name}")


def _qt_abort() -> Finding:
    # PySide6 6.12 releases None once too often on Python before 3.12 and aborts
    # the interpreter after some thousand steps.
    try:
        version = importlib.metadata.version("PySide6")
    except importlib.metadata.PackageNotFoundError:
        return Finding("PySide6 for this Python", "not installed", False)
    numbers = tuple(int(part) for part in version.split(".")[:2])
    if sys.version_info < (3, 12) and numbers >= (6, 12):
        remedy = "pip install 'PySide6>=6.8,<6.12'"
        return Finding("PySide6 for this Python", "aborts at run time", False, remedy)
    return Finding("PySide6 for this Python", "fits")


def _devices() -> list[Finding]:
    if importlib.util.find_spec("torch") is None:
        return []
    import torch

    cuda = (
        f"{torch.cuda.get_device_name(0)}, CUDA {torch.version.cuda}"
        if torch.cuda.is_available()
        else "none that torch sees (training runs on the CPU, slower)"
    )
    cores = f"{os.cpu_count()} cores, torch uses {torch.get_num_threads()} threads"
    return [Finding("CPU", cores), Finding("CUDA device", cuda)]


def _display() -> list[Finding]:
    if sys.platform != "linux":
        return [Finding("display", "the system's own")]
    where = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    remedy = "log in at a desktop, or put 'xvfb-run -a' before a command"
    display = Finding("display", where or "none: only the window needs one")
    if not where:
        display = Finding("display", display.state, True, remedy)
    return [display, *(_library(*pair) for pair in LIBRARIES.items())]


def _library(name: str, package: str) -> Finding:
    found = ctypes.util.find_library(name)
    if found:
        return Finding(f"lib{name}", found)
    remedy = f"sudo apt-get install {package} (or your system's package of it)"
    return Finding(f"lib{name}", "not found", False, remedy)


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    good = free >= ENOUGH_DISK
    remedy = "" if good else "free some space, or give --project on another disk"
    return Finding("free disk space here", f"{free / 2**30:.1f} GiB", good, remedy)
