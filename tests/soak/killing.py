"""Work in a forked process that is killed at some moment, and a disk that is small."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Figures:
    """What one part of the soak did; ``lost`` and ``wrong`` have to stay 0."""

    part: str
    kills: int = 0
    acknowledged: int = 0
    ended: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0
    skipped: str = ""


@dataclass(frozen=True)
class End:
    """How forked work ended: killed, or with an error's type and text, or well."""

    killed: bool
    error: str | None


def fork(work: Callable[[], object], kill_after: float | None = None) -> End:
    """Do work in a forked process; kill it after some seconds if it still runs."""
    sys.stdout.flush()
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        os.write(writer, json.dumps(_error_of(work)).encode())
        os._exit(0)
    os.close(writer)
    timer = None
    if kill_after is not None:
        timer = threading.Timer(kill_after, os.kill, (child, signal.SIGKILL))
        timer.start()
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    if timer is not None:
        timer.cancel()
        timer.join()  # the child is not waited for yet: its number is still its own
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
        return End(False, f"signal {os.WTERMSIG(status)}")
    error: str | None = json.loads(told) if told else None
    return End(not told, error)


def _error_of(work: Callable[[], object]) -> str | None:
    try:
        work()
    except BaseException as error:
        from training.errors import Failure, InputError

        known = isinstance(error, InputError | Failure)
        return str(error) if known else f"Traceback {traceback.format_exc()}"
    return None


def timed(work: Callable[[], Any]) -> float:
    """Return how many seconds work takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def why_no_mount() -> str | None:
    """Return why no small disk can be mounted here, or None if it can."""
    if not sys.platform.startswith("linux"):
        return "only Linux has a file system of a given size in memory"
    if os.geteuid() != 0:
        return "only root may mount a disk (try 'sudo' or 'unshare -rm')"
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder), 1 << 20):
                return None
        except subprocess.CalledProcessError as error:
            return f"a disk cannot be mounted ({error.stderr.decode().strip()})"


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Mount a disk of so many bytes, in memory."""
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def resize(folder: Path, size: int) -> None:
    """Give a mounted disk another size."""
    _mount("-o", f"remount,size={size}", str(folder))


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)
