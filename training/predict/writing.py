"""Where predictions are written: beside what is replaced, or in a folder that grows.

At most one process writes to a folder of predictions that grows. It holds the folder's
journal, by a lock that the system takes off when the process ends, even by a kill. A
process that is to replace such a folder holds the journal as well, so that nobody goes
on with what is about to go.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ..errors import Cancelled, Failure, InputError, is_full_disk
from ..events import OnEvent, message
from ..files import growing_folder, is_new, whole_folder
from .journal import Journal, check_goes_on, goes_on
from .layout import PROGRESS, drop_ours

Place = tuple[Path, Journal | None]

#: The byte that is locked where only bytes can be: far behind any text.
_FAR = 1 << 30


@contextmanager
def place_to_write(
    out: Path,
    maker: Mapping[str, Any] | None,
    *,
    strict: bool = False,
    on_event: OnEvent | None = None,
) -> Iterator[Place]:
    """Give the folder to write to: a new one, or ``out`` itself if it may grow.

    Parameters
    ----------
    out
        Where the predictions are to be in the end.
    maker
        As for `Journal`, if predictions are to be gone on with: ``out`` grows if it is
        new, empty or of this maker. One of another is replaced when all is done.
    strict
        Refuse an ``out`` with nothing to go on with.
    on_event
        Is told what is replaced, and if the work is interrupted what is kept.

    Yields
    ------
    tuple
        The folder, and the journal to keep there if there is a ``maker``.

    Raises
    ------
    InputError
        If ``out`` cannot be made or replaced, or another process writes to it; with
        ``strict``, if there is nothing to go on with. ``out`` is untouched then.
    Failure
        If the disk is full and ``out`` keeps what is done.
    """
    if strict and maker is not None:
        check_goes_on(out, maker)
    if maker is None:
        with _replaced(out) as place:
            yield place, None
    elif is_new(out) or goes_on(out, maker):
        with _growing(out, maker, on_event) as journal:
            yield out, journal
    else:
        text = (
            f"{out} holds predictions of another checkpoint or with other settings: "
            "they are replaced when all of the new ones are there."
        )
        message(on_event, text, "warning")
        with _replaced(out) as place, Journal(place, maker) as journal:
            yield place, journal


@contextmanager
def _growing(
    out: Path, maker: Mapping[str, Any], on_event: OnEvent | None
) -> Iterator[Journal]:
    with growing_folder(out), ExitStack() as holding:
        holding.enter_context(held(out / PROGRESS))
        journal = Journal(out, maker)
        try:
            with journal:
                yield journal
        except (Cancelled, KeyboardInterrupt):
            text = f"{out} keeps what is done: give --resume as well to go on."
            message(on_event, text)
            raise
        except OSError as error:
            if not is_full_disk(error):
                raise
            if not goes_on(out, maker):  # not even who predicts could be noted
                _forget(out, holding)
                text = "free some space, and predict again."
            else:
                text = (
                    f"{out} keeps what is done; free some space, and go on by the same "
                    "command with --resume."
                )
            raise Failure(f"The disk is full: {text}") from error
        except InputError:
            if not journal.goes_on:
                _forget(out, holding)
            raise


def _forget(out: Path, holding: ExitStack) -> None:
    """Delete what was begun in a folder."""
    _let_go_on_windows(holding)
    drop_ours(out)


@contextmanager
def _replaced(out: Path) -> Iterator[Path]:
    journal = out / PROGRESS
    with ExitStack() as holding:
        if journal.is_file():
            holding.enter_context(held(journal))
        _let_go_on_windows(holding)
        with whole_folder(out) as place:
            yield place


def _let_go_on_windows(holding: ExitStack) -> None:
    """Close the journal where an open file cannot be deleted, nor its folder renamed.

    By that alone whoever begins to write meanwhile keeps it from going.
    """
    if sys.platform == "win32":
        holding.close()


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
