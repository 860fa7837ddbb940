"""Processes that outlive whoever started them: start, find, slow down, end."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import psutil

from .. import _engine

#: Added to the niceness of detached work, so that the window stays quick.
NICENESS = 10

#: Children of this process by id, so that their end is noticed and reaped.
_children: dict[int, subprocess.Popen[bytes]] = {}


def start_detached(
    program: Sequence[str], command: bytes, folder: Path, out: IO[Any], log: IO[Any]
) -> int:
    """Start a process that lives on when this one ends; return its id.

    Parameters
    ----------
    program
        Its command line.
    command
        What it reads on standard input.
    folder
        Its working directory.
    out, log
        Where its output and its errors go.

    Raises
    ------
    OSError
        If it cannot be started.
    """
    child = subprocess.Popen(
        list(program),
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=log,
        cwd=folder,
        env={**os.environ, "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"},
        start_new_session=True,
        creationflags=_detached_flags(),
    )
    _children[child.pid] = child
    lower_priority(child.pid)
    if child.stdin is not None:
        with contextlib.suppress(OSError):  # it is gone already; its end will be told
            child.stdin.write(command)
            child.stdin.flush()
        with contextlib.suppress(OSError):
            child.stdin.close()
    return child.pid


def lower_priority(pid: int) -> None:
    """Let a process give way to those that a person waits for."""
    with contextlib.suppress(psutil.Error, OSError):
        process = psutil.Process(pid)
        if sys.platform == "win32":
            process.nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            process.nice(min(19, process.nice() + NICENESS))


def is_alive(pid: int, started_before: float | None = None) -> bool:
    """Say whether a process still runs, as the engine's; a child of ours is reaped."""
    child = _children.get(pid)
    if child is not None:
        return child.poll() is None
    return _engine.is_alive(pid, started_before)


def exit_code(pid: int) -> int | None:
    """Return how a child of ours ended (below zero: by which signal), or None."""
    child = _children.get(pid)
    return None if child is None else child.poll()


def end_group(pid: int, force: bool = False) -> None:
    """Terminate, or kill, a detached process with all that it has started."""
    with contextlib.suppress(psutil.Error, OSError):
        if sys.platform != "win32" and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL if force else signal.SIGTERM)
            return
        process = psutil.Process(pid)
        for each in (*process.children(recursive=True), process):
            _ = each.kill() if force else each.terminate()


@atexit.register
def _let_go() -> None:
    """Leave those that still run to themselves, which is what they were started for.

    A ``Popen`` that is thrown away warns of a process that it has not seen the end of.
    """
    for child in _children.values():
        if child.poll() is None:
            child.returncode = 0  # nobody here will ask again
    _children.clear()


def _detached_flags() -> int:
    if sys.platform == "win32":
        return subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    return 0
