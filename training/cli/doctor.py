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
from typing import Annotated, Any

from packaging.requirements import Requirement

from .. import __version__
from ..commands import Command, Options
from ..commands.options import REAL, CommandLine
from ..commands.outputs import Read
from ..events import OnEvent, ShouldStop
from .console import out
from .display import has_display
from .show import Show

#: What the program is installed as; its metadata say what else it needs.
OURS = "napari-nerveseg"
#: What Qt loads on Linux, with Debian's package for each.
LIBRARIES = {
    "EGL": "libegl1",
    "GL": "libgl1",
    "xkbcommon-x11": "libxkbcommon-x11-0",
    "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4",
    "xcb-keysyms": "libxcb-keysyms1",
    "xcb-shape": "libxcb-shape0",
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


class Doctor(Options):
    """Say what this machine has, what is missing, and what mends it.

    With --project say instead whether anything in a project folder is damaged; it ends
    with exit code 2 then, and changes nothing.

    Example: nerveseg doctor
    """

    project: Annotated[Path | None, REAL, Read.PROJECT, CommandLine("DIR")] = None
    """Prove that all in this project folder is as it was written."""


def _doctor(
    options: Doctor, _on_event: OnEvent, _should_stop: ShouldStop
) -> dict[str, Any]:
    project = options.project
    findings = examine() if project is None else prove(project)
    good = all(finding.good for finding in findings)
    return {"good": good, "findings": [asdict(finding) for finding in findings]}


def _show(options: Doctor, result: dict[str, Any]) -> None:
    bad = "MISSING" if options.project is None else "DAMAGED"
    for finding in result["findings"]:
        mark = "ok     " if finding["good"] else bad
        out(f"{mark} {finding['name']:22} {finding['state']}")
        if finding["remedy"]:
            out(f"        -> {finding['remedy']}")
    if result["good"] and options.project is not None:
        out(f"Nothing in {options.project} is damaged.")


def _code(options: Doctor, result: dict[str, Any]) -> int:
    if result["good"]:
        return 0
    return 1 if options.project is None else 2


def prove(project: Path) -> list[Finding]:
    """Look at everything in a project folder."""
    from ..data.project import Project
    from ..report.proof import prove_project

    found = prove_project(Project(project))
    return [Finding(one.name, one.state, one.good, one.remedy) for one in found]


def examine() -> list[Finding]:
    """Look at everything the program needs."""
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    return [
        Finding("nerveseg", __version__),
        Finding("system", system),
        _python(),
        *_packages(),
        *_devices(),
        *_display(),
        _disk(),
    ]


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    remedy = "" if good else "install Python 3.11 or newer"
    return Finding("Python", platform.python_version(), good, remedy)


def _packages() -> list[Finding]:
    """Look for everything that `OURS` asks for, in the versions that it asks for."""
    try:
        lines = importlib.metadata.requires(OURS) or []
    except importlib.metadata.PackageNotFoundError:
        remedy = f"pip install {OURS}"
        return [Finding(OURS, "runs, but is not installed", False, remedy)]
    wanted = [Requirement(line) for line in lines]
    # What only the tests need has a marker that names an extra, and is not true here.
    here = [one for one in wanted if one.marker is None or one.marker.evaluate()]
    return [_package(one) for one in here]


def _package(wanted: Requirement) -> Finding:
    named = wanted.name + str(wanted.specifier)
    remedy = f"pip install '{named}'" if wanted.specifier else f"pip install {named}"
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(wanted.name, "not installed", False, remedy)
    if not wanted.specifier.contains(version, prereleases=True):
        state = f"{version}, but {wanted.specifier} is needed"
        return Finding(wanted.name, state, False, remedy)
    return Finding(wanted.name, version)


def _devices() -> list[Finding]:
    if importlib.util.find_spec("torch") is None:
        return []
    try:
        import torch
    except Exception as error:  # a broken build fails in many ways
        state = f"cannot be loaded: {' '.join(str(error).split())}"
        remedy = "pip install --force-reinstall torch"
        return [Finding("torch on this machine", state, False, remedy)]
    none = "none that torch sees (training runs on the CPU, slower)"
    cuda = (
        f"{torch.cuda.get_device_name(0)}, CUDA {torch.version.cuda}"
        if torch.cuda.is_available()
        else none
    )
    found = [
        Finding(
            "CPU",
            f"{os.cpu_count()} cores, torch uses {torch.get_num_threads()} threads",
        ),
        Finding("CUDA device", cuda),
    ]
    if sys.platform == "darwin":
        there = torch.backends.mps.is_available()
        found.append(Finding("MPS device", "Apple's GPU" if there else none))
    return found


def _display() -> list[Finding]:
    if sys.platform != "linux":
        return [Finding("display", "the system's own")]
    return [
        _screen(),
        _virtual_screen(),
        *(_library(*one) for one in LIBRARIES.items()),
    ]


def _screen() -> Finding:
    where = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if has_display():
        return Finding("display", where or "drawn without one")
    state = f"{where} does not answer" if where else "none"
    remedy = "log in at a desktop, or put 'xvfb-run -a' before a command"
    return Finding("display", f"{state}: only the window needs one", True, remedy)


def _virtual_screen() -> Finding:
    found = shutil.which("xvfb-run")
    if found:
        return Finding("Xvfb", found)
    remedy = "sudo apt-get install xvfb (or your system's package of it)"
    state = "not found: only pictures without a display need it"
    return Finding("Xvfb", state, True, remedy)


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


COMMAND, SHOW = Command(Doctor, _doctor), Show(_show, _code)
