"""Files read as if a stranger had written them: one door for each kind.

Whatever a file holds, what comes out of a door is what such a file of ours can be: no
longer, no deeper, no number that is none. Everything else is a `ValueError` with a
short reason, or the `OSError` of a file that is not there, and has cost no more than
its limit; what reads one says which file and what to do, by `damaged`.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import stat
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from .errors import InputError

if TYPE_CHECKING:
    import numpy as np

#: Bytes that a file of text may have: ten times what 50,000 frames need.
MOST_BYTES = 64 << 20

#: Values that a JSON text may hold, the lines of a table, and the depth of the former.
_MOST_VALUES, _MOST_LINES, _MOST_DEPTH = 2_000_000, 500_000, 32

#: Digits of a whole number: those of 64 bits.
_MOST_DIGITS = 20

#: Without waiting for whoever writes into a pipe.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

#: What no name has: halves of characters, but for those that stand for a byte, and NUL.
_NEVER = re.compile("[\0\ud800-\udc7f\udd00-\udfff]")


def damaged(path: Path, error: Exception, remedy: str) -> InputError:
    """Return the sentence on a file that a door refused.

    Parameters
    ----------
    path
        The file.
    error
        What the door raised.
    remedy
        What to do, as the sentence's other half.
    """
    why = getattr(error, "strerror", None) or str(error)
    return InputError(f"{path} cannot be used ({why}): {remedy}.")


@contextlib.contextmanager
def open_regular(path: Path, most: int | None = MOST_BYTES) -> Iterator[BinaryIO]:
    """Open a file to read, that is one and of no more than so many bytes.

    Raises
    ------
    OSError
        If it is not there or cannot be opened.
    ValueError
        If it is a folder, a pipe or a device, or longer.
    """
    try:
        number = os.open(path, _FLAGS)
    except ValueError as error:  # a name that no system has
        raise ValueError("there can be no file of this name") from error
    try:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is no file but a folder, a pipe or a device")
        if most is not None and found.st_size > most:
            raise ValueError(f"it has {found.st_size:,} bytes, more than {most:,}")
        with os.fdopen(number, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(number)


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Return what a file holds; errors are those of `open_regular`."""
    with open_regular(path, most) as file:
        # Room is made for all that is asked for: no more than there is.
        return file.read(os.fstat(file.fileno()).st_size)


def load_json(path: Path, shape: Any = None) -> Any:
    """Return what a JSON file holds.

    Parameters
    ----------
    path
        The file.
    shape
        What it has to be, see `fits`; None: anything.

    Raises
    ------
    OSError, ValueError
        If it cannot be opened, or is not what such a file of ours can be.
    """
    found = parse_json(read_bytes(path))
    if shape is not None and not fits(found, shape):
        raise ValueError("what it says is not what nerveseg writes there")
    return found


def stored_json(path: Path, remedy: str, shape: Any = dict) -> dict[str, Any]:
    """Return what a JSON file of the program's holds, nothing if it is not there.

    Parameters
    ----------
    path, shape
        As for `load_json`.
    remedy
        What to do about a damaged one, as the second half of a sentence.

    Raises
    ------
    InputError
        If it is damaged.
    """
    try:
        found: dict[str, Any] = load_json(path, shape)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise damaged(path, error, remedy) from error
    return found


def parse_json(data: bytes | str) -> Any:
    """Return what a JSON text says.

    Raises
    ------
    ValueError
        If it is none, or says something twice, or holds a number or a character that
        is none, more values than any of ours, or deeper ones.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    if len(text) > MOST_BYTES or sum(map(text.count, ",[{")) > _MOST_VALUES:
        raise ValueError("it is too long")
    try:
        found = json.loads(
            text,
            object_pairs_hook=_named_once,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_short,
        )
    except RecursionError:
        raise ValueError("it is too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON: {error}") from None
    _check_depth(found)
    if _NEVER.search(_all_text(found) if "\\u" in text else text):
        raise ValueError("it holds a character that is none")
    return found


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it says something twice")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:_MOST_DIGITS]} is no number")
    return number


def _short(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"a whole number has {len(text)} digits")
    return int(text)


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_MOST_DEPTH):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise ValueError("it is too deep")


def _all_text(value: Any) -> str:
    """Return all strings in a value, as they are."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return "".join([*value, *map(_all_text, value.values())])
    return "".join(map(_all_text, value)) if isinstance(value, list) else ""


def fits(value: Any, shape: Any) -> bool:
    """Say whether a value that JSON carried is of a shape.

    Parameters
    ----------
    value
        What was read.
    shape
        A type (``float`` takes whole numbers too, ``object`` anything), None or a text
        for itself, a tuple of shapes of which it may have any, ``[shape]`` for a list
        of such, ``[shape, shape]`` for a list of just these, ``{str: shape}`` for an
        object of such, or an object of shapes by name. A name that ends in ``?`` need
        not be there, and others may be.
    """
    if isinstance(shape, tuple):
        return any(fits(value, one) for one in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and _fits_each(value, shape)
    if isinstance(shape, dict):
        return isinstance(value, dict) and _fits_names(value, shape)
    if shape is float:
        return type(value) in (int, float)
    if isinstance(shape, type):
        return shape is object or type(value) is shape
    return bool(value == shape)


def _fits_each(value: list[Any], shape: list[Any]) -> bool:
    if len(shape) == 1:
        return all(fits(one, shape[0]) for one in value)
    return len(value) == len(shape) and all(map(fits, value, shape))


def _fits_names(value: Mapping[str, Any], shape: Mapping[Any, Any]) -> bool:
    if str in shape:
        return all(fits(one, shape[str]) for one in value.values())
    return all(
        fits(value[name.rstrip("?")], one)
        if name.rstrip("?") in value
        else name.endswith("?")
        for name, one in shape.items()
    )


def last_lines(path: Path, most: int = MOST_BYTES) -> Iterator[bytes]:
    """Yield the lines of a log that grew, the last one first.

    Of a longer file only the last ``most`` bytes count, so that a line may be cut off.
    Errors are those of `open_regular`.
    """
    with open_regular(path, None) as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - most))
        data = file.read(most)
    end = len(data)
    while end > 0:
        start = data.rfind(b"\n", 0, end) + 1
        if start < end:
            yield data[start:end]
        end = start - 1


def read_text(path: Path, errors: str = "strict") -> str:
    """Return a text of lines, such as a table, decoded as ``bytes.decode`` does.

    Raises
    ------
    OSError, ValueError
        As `open_regular`; or if it is not UTF-8 or has more lines than any of ours.
    """
    data = read_bytes(path)
    if data.count(b"\n") + data.count(b"\r") > _MOST_LINES:
        raise ValueError(f"it has more than {_MOST_LINES:,} lines")
    try:
        return data.decode(errors=errors)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None


def read_arrays(
    path: Path, kinds: Mapping[str, str], most: int, most_rows: int
) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays of an ``.npz``, nothing of which is unpacked beyond its size.

    Parameters
    ----------
    path
        The file.
    kinds
        By name, the kinds of numbers that an array may have, such as ``iu``, as
        ``numpy.dtype.kind`` names them; a file has to hold these and no other.
    most
        Bytes that all of them may have.
    most_rows
        How long each may be.

    Raises
    ------
    OSError, ValueError
        If it cannot be opened, or holds something else.
    """
    with open_regular(path, most) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
                names = sorted(entry.filename for entry in entries)
                if names != sorted(f"{name}.npy" for name in kinds):
                    raise ValueError("it holds other arrays")
                if sum(entry.file_size for entry in entries) > most:
                    raise ValueError(f"it holds more than {most:,} bytes")
                return {
                    name: _array(archive, f"{name}.npy", kind, most_rows)
                    for name, kind in kinds.items()
                }
        except ValueError:
            raise
        except Exception as error:  # whatever a damaged archive makes zipfile raise
            raise ValueError(f"no archive of arrays: {error}") from error


#: What codes of half a letter, which no text of whole ones has, begin with.
_SURROGATES = 0xD800 >> 11


def _array(
    archive: zipfile.ZipFile, name: str, kinds: str, rows: int
) -> np.ndarray[Any, Any]:
    """Read one array, whose header has to be true of its bytes."""
    import numpy as np

    with archive.open(name) as file:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError("an array is of another version")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype.kind not in kinds or fortran or not all(n <= rows for n in shape[:1]):
            raise ValueError(f"{name} is no such array")
        data = file.read()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"{name} is cut short")
    if dtype.kind == "U" and data:  # Python breaks off at codes that are no letter's
        codes = np.frombuffer(data, f"{dtype.str[0]}u4")
        if codes.max() > sys.maxunicode or np.any(codes >> 11 == _SURROGATES):
            raise ValueError(f"{name} holds what are no letters")
    return np.ndarray(shape, dtype, data)
