"""Half-made files and folders: named, held by who makes them, swept if nobody does.

Each lies beside what it becomes, ``.stem-0123456789ab.suffix``, and its maker holds a
lock on it that the system takes off when the process ends, even by a kill. Where there
are no such locks (Windows, some network disks), and for the shorter names of earlier
versions, an hour without a change says that nobody is at it.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

#: Seconds without a change after which something half-made is nobody's work.
LEFTOVER_SECONDS = 3600

_NAME = re.compile(r"\.(.+)-([0-9a-f]{12}|[0-9a-f]{8})(-old)?(\.[^.]*)?")
#: Letters of a name that was made to be held.
_HELD = 12


def beside(path: Path, mark: str = "") -> Path:
    """Return a new name beside ``path`` that `meant_name` knows."""
    token = secrets.token_hex(_HELD // 2)
    return path.with_name(f".{path.stem}-{token}{mark}{path.suffix}")


def meant_name(name: str) -> str:
    """Return what a half-made file was to be called; other names are their own."""
    found = _NAME.fullmatch(name)
    return name if found is None else found[1] + (found[4] or "")


@contextlib.contextmanager
def half_made(path: Path, *, folder: bool = False) -> Iterator[Path]:
    """Give a new empty file or folder beside ``path``, held until the block ends.

    It is gone then, unless it was renamed.
    """
    while True:
        temporary = beside(path)
        if folder:
            temporary.mkdir()
        else:
            temporary.touch(exist_ok=False)
        lock = _lock(temporary)
        if temporary.exists():  # or somebody swept before it was held
            break
        _let_go(lock)
    try:
        yield temporary
    finally:
        _drop(temporary)
        _let_go(lock)


def sweep(folder: Path, name: str | None = None) -> None:
    """Delete what killed processes left half-made in a folder.

    A folder that was about to be replaced, and is not, gets its name back.

    Parameters
    ----------
    folder
        Only what lies in it itself is looked at; it need not be there.
    name
        What it was to be called; None: anything.
    """
    with contextlib.suppress(OSError):
        left = [one for one in folder.iterdir() if _NAME.fullmatch(one.name)]
        for one in left:
            if name in (None, meant_name(one.name)):
                _sweep(one, left)


def _sweep(found: Path, left: list[Path]) -> None:
    meant = found.with_name(meant_name(found.name))
    if found.stem.endswith("-old"):
        makers = [one for one in left if meant_name(one.name) == meant.name]
        if meant.exists():
            _drop(found)
        elif all(one == found or _is_left(one) for one in makers):
            found.rename(meant)
    elif _is_left(found):
        _drop(found)


def _is_left(path: Path) -> bool:
    """Say whether nobody makes a file or folder any more."""
    token = _NAME.fullmatch(path.name)
    if token is not None and len(token[2]) == _HELD:
        lock = _lock(path)
        if lock is not None:
            _let_go(lock)
            return lock >= 0
    try:
        return time.time() - path.stat().st_mtime > LEFTOVER_SECONDS
    except OSError:
        return False


def _drop(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


#: What `_lock` returns where somebody else has the lock.
_TAKEN = -1


def _let_go(lock: int | None) -> None:
    if lock is not None and lock != _TAKEN:
        os.close(lock)


if sys.platform == "win32":

    def _lock(path: Path) -> int | None:
        """Hold nothing: what is open cannot be renamed."""
        del path
        return None

else:

    def _lock(path: Path) -> int | None:
        """Return an open file that has the lock, `_TAKEN`, or None without locks."""
        import fcntl

        try:
            number = os.open(path, os.O_RDONLY)
        except OSError:
            return None
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(number)
            return _TAKEN if isinstance(error, BlockingIOError) else None
        return number
