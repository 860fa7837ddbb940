"""Run-length masks in a CSV file: written, read, and matched to frames."""

from __future__ import annotations

import csv
import io
import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..errors import InputError
from ..files import write_whole
from ..guarded import open_regular
from .csv_table import rows_text
from .raw import IMAGE_SUFFIXES

#: What a column is called, in small letters; the first name is the competition's.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "img": (
        "img",
        "image",
        "imageid",
        "image_id",
        "id",
        "file",
        "filename",
        "name",
        "frame",
    ),
    "pixels": ("pixels", "encodedpixels", "encoded_pixels", "rle", "rle_mask", "mask"),
    "subject": ("subject", "patient", "patient_id"),
}

#: What may stand between two columns.
DELIMITERS = ",;\t"

#: The competition's training masks have these columns.
_TRAINING = ["subject", "img", "pixels"]

#: The longest field that the csv module may be told to take on every system.
_LONGEST = 2**31 - 1

_limit = threading.Lock()


class _Header(NamedTuple):
    """How a file is laid out: between columns, how many, and where each one is."""

    delimiter: str
    width: int
    place: Mapping[str, int]


def is_training_csv(path: Path) -> bool:
    """Say whether a file begins as the competition's training masks do.

    ``img,pixels`` does not count: that is a submission, often a sample of one.
    """
    try:
        with open_regular(path, None) as file:
            line, *_ = [*file.read(64).decode("utf-8-sig", "replace").splitlines(), ""]
    except (OSError, ValueError):
        return False
    return any(_split(line, delimiter) == _TRAINING for delimiter in DELIMITERS)


def read_csv(path: Path) -> dict[str, str]:
    """Read a table of run-length masks.

    The columns are told by the header, in any case and order and under the names of
    `COLUMNS`; one of `DELIMITERS` is between them. A comma in a frame's name needs
    no quotes.

    Returns
    -------
    dict
        Frame to run-length text; an empty text is an empty mask. The frame is
        ``subject_img``, or ``img`` alone, as the file has it: `match_rows` finds
        whose FrameId it is.

    Raises
    ------
    InputError
        If the file cannot be read, has another header, a short line, or one frame
        twice.
    """
    try:
        with open_regular(path, None) as file:
            text = file.read().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(
            f"{path} does not exist: give a CSV file of run-length masks."
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as text: give a CSV file of run-length masks."
        ) from error
    header = _header(path, text)
    rows: dict[str, str] = {}
    for number, fields in _lines(path, text, header.delimiter):
        frame, pixels = _row(path, number, fields, header)
        if frame in rows:
            raise InputError(
                f"{path}, line {number}, has frame {frame} again: keep one line."
            )
        rows[frame] = pixels
    return rows


def _split(line: str, delimiter: str) -> list[str]:
    return [word.strip(' "\t\r\n').lower() for word in line.split(delimiter)]


def _header(path: Path, text: str) -> _Header:
    """Find the columns in the first line."""
    line = io.StringIO(text, newline="").readline()
    if not line.strip():
        raise InputError(
            f"{path}, line 1, is empty: begin it with the columns' names, such as "
            "img,pixels."
        )
    delimiter = max(DELIMITERS, key=line.count)
    words = _split(line, delimiter)
    role = {name: role for role, names in COLUMNS.items() for name in names}
    place: dict[str, int] = {}
    for index, word in enumerate(words):
        if word in role and role[word] in place:
            raise InputError(
                f"{path}, line 1, has two columns for one thing, "
                f"{words[place[role[word]]]} and {word}: take one of them out."
            )
        if word in role:
            place[role[word]] = index
    for needed in ("img", "pixels"):
        if needed not in place:
            raise InputError(
                f"{path} is no file of run-length masks: its first line, "
                f"{_shown(line)!r}, has no column {needed} "
                f"(nor {', '.join(COLUMNS[needed][1:])})."
            )
    for word in words:
        if word not in role:
            raise InputError(
                f"{path}, line 1, has a column {word!r}, which is not known: take it "
                "out."
            )
    return _Header(delimiter, len(words), place)


def _shown(line: str) -> str:
    line = line.rstrip("\r\n")
    return line if len(line) <= 60 else line[:60] + "…"


def _lines(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row behind the header with the number of the line it begins in."""
    lines = io.StringIO(text, newline="")
    lines.readline()
    found: list[tuple[int, list[str]]] = []
    begun = 2
    with _long_fields():
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            for fields in reader:
                if "".join(fields) and (fields[1:] or fields[0].strip()):
                    found.append((begun, fields))
                begun = 2 + reader.line_num
        except csv.Error as error:
            raise InputError(
                f"{path}, line {begun}, cannot be read ({error}): put a name that "
                'holds quotes into quotes, and double its own ("a ""b""").'
            ) from None
    yield from found


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let the csv module take masks of any length inside the block."""
    with _limit:  # the module has one limit for all threads
        before = csv.field_size_limit(_LONGEST)
        try:
            yield
        finally:
            csv.field_size_limit(before)


def _row(
    path: Path, number: int, fields: list[str], header: _Header
) -> tuple[str, str]:
    place, more = dict(header.place), len(fields) - header.width
    if more > 0:  # the name has delimiters in it, and no quotes
        first = place["img"]
        name = header.delimiter.join(fields[first : first + more + 1])
        fields = [*fields[:first], name, *fields[first + more + 1 :]]
    names = [key for key in ("subject", "img") if key in place]
    if more < 0 or not all(fields[place[key]] for key in names):
        raise InputError(f"{path}, line {number}, lacks a column: add it.")
    frame, pixels = fields[place["img"]], fields[place["pixels"]].strip(' "')
    if "subject" not in place:
        return frame, pixels
    subject, frame = fields[place["subject"]].strip(), frame.strip()
    folders = re.split(r"[/\\]", frame)[:-1]
    if subject in folders or frame.startswith((f"{subject}_", f"{subject}-")):
        return frame, pixels  # it names its subject itself
    return f"{subject}_{frame}", pixels


def match_rows(
    rows: Mapping[str, str], ids: Iterable[str], path: Path | None = None
) -> dict[str, str]:
    """Find the frames that rows are of.

    A row is of the frame whose FrameId it names: to the letter; else without an
    image's suffix; else by the last part of a path, if no other row has the same one.

    Parameters
    ----------
    rows
        What `read_csv` returned.
    ids
        The FrameIds there are.
    path
        The file, for the sentence.

    Returns
    -------
    dict
        FrameId to run-length text, in the order of ``rows``; a row of no frame keeps
        its own name.

    Raises
    ------
    InputError
        If two rows are of one frame.
    """
    known = {unicodedata.normalize("NFC", frame): frame for frame in ids}
    exact = set(known.values())
    found = {name: name if name in exact else known.get(_plain(name)) for name in rows}
    by_tail: dict[str, list[str]] = {}
    for name in (name for name, frame in found.items() if frame is None):
        if frame := next((known[t] for t in _tails(name) if t in known), None):
            by_tail.setdefault(frame, []).append(name)
    taken = set(found.values())
    for frame, names in by_tail.items():
        if len(names) == 1 and frame not in taken:
            found[names[0]] = frame
    matched: dict[str, str] = {}
    for name, pixels in rows.items():
        frame = found[name] or name
        if frame in matched:
            where = "run-length masks" if path is None else path
            raise InputError(
                f"{where}: the line of {name!r} is of frame {frame}, which has another "
                "line: keep one."
            )
        matched[frame] = pixels
    return matched


def _plain(name: str) -> str:
    """Return a file's name as the FrameId that it may stand for."""
    name = unicodedata.normalize("NFC", name.strip(' "')).replace("\\", "/")
    stem, dot, suffix = name.rpartition(".")
    return stem if stem and dot + suffix.lower() in IMAGE_SUFFIXES else name


def _tails(name: str) -> Iterator[str]:
    """Yield a path without its first folders, the longest first."""
    parts = _plain(name).split("/")
    for first in range(len(parts)):
        yield "/".join(parts[first:])
        yield "_".join(parts[first:])


def write_rows(path: Path, rows: Iterable[Sequence[str]]) -> None:
    """Write a table, its header first; no cell is escaped for spreadsheets."""
    write_whole(path, rows_text(rows))
