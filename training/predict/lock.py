"""A file that one process at a time may hold."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError

#: The byte that is locked where only bytes can be: far behind any text.
_FAR = 1 << 30


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a file inside the block, as no other process, or block, can meanwhile.

    The system lets go of it when the process ends, even by a kill. On a disk that
    knows no locks nothing is held.

    Parameters
    ----------
    path
        The file; made, empty, if it is not there.

    Raises
    ------
    InputError
        If it is held already, or cannot be written.
    """
    try:
        file = path.open("ab")
    except OSError as error:
        raise InputError(
            f"{path} cannot be written ({error.strerror}): name another folder."
        ) from error
    with file:
        if not (_lock(file.fileno()) and _is_still(path, file.fileno())):
            raise InputError(
                f"{path.parent} is being written by another prediction: wait until it "
                "has ended, or name another folder."
            )
        yield


def _is_still(path: Path, descriptor: int) -> bool:
    """Say whether the file that was opened has not been taken away since."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except OSError:
        return False


if sys.platform == "win32":

    def _lock(descriptor: int) -> bool:
        import msvcrt

        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:

    def _lock(descriptor: int) -> bool:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # of the disk, not of another process
            return True
        return True
