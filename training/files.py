"""Files and folders that are either whole or not there."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .errors import Failure, InputError
from .leftovers import beside, half_made, sweep

#: What UTF-8 cannot carry, and what ends a line for some readers of text.
_UNSAFE = re.compile("[\x85\u2028\u2029\ud800-\udfff]")


def real_path(path: Path | str) -> Path:
    """Return a path as it is kept and told: absolute, ``~`` and links followed.

    Raises
    ------
    InputError
        If a link in it leads back to itself.
    """
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"{path} is a link that leads back to itself: name what it should lead to."
        ) from error


@contextlib.contextmanager
def whole_file(path: Path, sync: bool = True) -> Iterator[Path]:
    """Give a temporary path that becomes ``path`` when the block ends well.

    The temporary file lies beside ``path`` with the same suffix, is synced, and
    replaces ``path`` in one step; after an exception nothing is left of it. Where
    ``path`` is replaced, what killed processes left half-written beside it goes too.
    Without ``sync`` only a machine that loses its power can leave it cut off.
    """
    _make(path.parent)
    replaces = path.exists()
    with half_made(path) as temporary:
        yield temporary
        if sync:
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
        temporary.replace(path)
    if replaces:  # many new files must not each look through their folder
        sweep(path.parent, path.name)


@contextlib.contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes ``out`` when the block ends well.

    It lies beside ``out`` (beside what ``out`` points to, if that is a link) and takes
    its place, whatever was there, by being renamed. After an exception ``out`` is what
    it was, and nothing is left of the temporary folder and of parents that were made
    for it.

    Raises
    ------
    InputError
        If the folder cannot be made, or ``out`` cannot be replaced.
    Failure
        If it was taken away before the block ended.
    """
    out = real_path(out)
    if out.is_mount() or out == Path.cwd():
        raise InputError(
            f"{out} is where you are or where a disk is mounted, and cannot be "
            "replaced: name a folder in it."
        )
    made = [folder for folder in out.parents if not folder.exists()]
    try:
        with contextlib.ExitStack() as making:
            try:
                _make(out.parent)
                temporary = making.enter_context(half_made(out, folder=True))
            except OSError as error:
                raise _not_made(out, error) from error
            was = temporary.stat()
            yield temporary
            if not is_still(temporary, was):
                raise Failure(
                    f"{out} is not made: what was written for it has been taken away "
                    "meanwhile; start again, and leave its folder alone."
                )
            _take_place(temporary, out)
    except BaseException:
        _drop_empty(made)
        raise
    sweep(out.parent, out.name)


@contextlib.contextmanager
def growing_folder(out: Path) -> Iterator[None]:
    """Make a folder that keeps what is in it, whatever ends the block.

    After an exception a folder that was made here, and parents that were made for it,
    are gone, unless something is in them.

    Raises
    ------
    InputError
        If the folder cannot be made.
    """
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    try:
        _make(out)
    except OSError as error:
        raise _not_made(out, error) from error
    try:
        yield
    except BaseException:
        _drop_empty(made)
        raise


def _make(folder: Path) -> None:
    """Create a folder if need be, where we may write."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(there))
    if not may_write(there):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(there))
    folder.mkdir(parents=True, exist_ok=True)


def is_still(path: Path, was: os.stat_result) -> bool:
    """Say whether a path leads to the very file or folder that it did."""
    try:
        return os.path.samestat(was, path.stat())
    except OSError:
        return False


def check_name(path: Path) -> None:
    """Refuse a file whose name, or that of its half, is longer than a disk takes.

    Raises
    ------
    InputError
        If it is.
    """
    most = 255
    if hasattr(os, "pathconf"):
        with contextlib.suppress(OSError, ValueError):
            most = os.pathconf(path.parent, "PC_NAME_MAX")
    if len(os.fsencode(beside(path).name)) > most:
        raise InputError(
            f"{path.name} is a longer name than can be written here: give the file of "
            "its frame a shorter one."
        )


def is_new(folder: Path) -> bool:
    """Say whether a folder is not there or empty, so that nothing in it can be lost."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))


def _drop_empty(folders: list[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):  # somebody else has put something in
            folder.rmdir()


def _not_made(out: Path, error: OSError) -> InputError:
    return InputError(
        f"{out} cannot be made ({error.strerror}): name another folder that you may "
        "write."
    )


def _take_place(temporary: Path, out: Path) -> None:
    old = beside(out, "-old")
    try:
        if out.exists():
            out.rename(old)
        temporary.rename(out)
    except BaseException as error:
        if old.exists() and not out.exists():
            old.rename(out)
        if isinstance(error, OSError):
            raise _not_made(out, error) from error
        raise
    shutil.rmtree(old, ignore_errors=True)


def why_unwritable(folder: Path) -> str | None:
    """Try to write into a folder; return the system's reason if that fails."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None if may_write(folder) else os.strerror(errno.EACCES)
    except OSError as error:
        return str(error.strerror)


def may_write(path: Path) -> bool:
    """Say whether we can and should write: what is read-only to all is so to root."""
    try:
        marked = path.stat().st_mode & 0o222
    except OSError:
        return False
    if not path.is_dir():
        return bool(marked) and os.access(path, os.W_OK)
    # Windows marks folders for other reasons.
    return bool(marked or os.name == "nt") and os.access(path, os.W_OK | os.X_OK)


def write_whole(path: Path, content: bytes | str, sync: bool = True) -> None:
    r"""Write ``content`` (text as UTF-8) to ``path``; see `whole_file`.

    What stands in text for a byte of a name that is no text (``\udcfc``) is written
    as it is spelled here.
    """
    if isinstance(content, str):
        data = content.encode(errors="backslashreplace")
    else:
        data = content
    with whole_file(path, sync) as temporary:
        temporary.write_bytes(data)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON; see `dump_json`."""
    write_whole(path, dump_json(value) + "\n")


def dump_json(value: Any, indent: int | None = 2) -> str:
    """Turn ``value`` into JSON in which every undefined number is ``null``.

    NumPy scalars and paths are taken as they are meant. The text can be encoded as
    UTF-8 whatever bytes a name has, and no character in it but line feeds ends a line.
    """
    text = json.dumps(_plain(value), indent=indent, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def digest_json(value: Any) -> str:
    """Return the SHA-256 of ``value`` as one line of JSON, in hex."""
    return hashlib.sha256(dump_json(value, indent=None).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # a NumPy array or scalar
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
