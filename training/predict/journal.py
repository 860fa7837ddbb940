"""What of a folder of predictions is done, line by line, so that it can go on.

``progress.jsonl`` begins with who predicts and which frames there are; each further
line is one frame, written after its mask and maps. A process that is killed loses what
it was at; the next one reads the lines and does the rest.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, TextIO

from ..errors import InputError
from ..files import digest_json, dump_json
from ..guarded import damaged, fits, parse_json, read_text
from .layout import PROGRESS
from .maps import MOST_PIXELS

Row = dict[str, Any]

#: How a user calls a setting of the maker, where its own name would not do.
_WORDS = {
    "checkpoint_sha256": "checkpoint",
    "maps": "choice of --probabilities and --uncertainty",
    "frames": "set of frames",
}


#: What the line of a frame says.
_ROW = {
    "frame": str,
    "presence": str,
    "area": int,
    "threshold": float,
    "uncertainty?": str,
    "shape": [int, int],
    "frame_sha256": str,
    "sum": str,
}


class Journal:
    """The lines of one folder; see the module.

    Parameters
    ----------
    folder
        Where the predictions lie.
    maker
        What must be the same if predictions are to stand in one folder: checkpoint,
        decision rule, which maps are kept, the data set's frames.

    Attributes
    ----------
    goes_on
        Whether an earlier run has begun it.
    rows
        What earlier runs wrote, by frame.

    Raises
    ------
    InputError
        When it is entered, if another maker has begun it.
    """

    def __init__(self, folder: Path, maker: Mapping[str, Any]) -> None:
        self._folder, self._maker, self._lock = folder, maker, Lock()
        self._before = _lines(folder / PROGRESS)
        self.goes_on = bool(self._before)
        self.rows: dict[str, Row] = {}
        self._file: TextIO | None = None

    def __enter__(self) -> Journal:
        if self.goes_on:
            check_goes_on(self._folder, self._maker)
            self.rows = {row["frame"]: row for row in self._before[1:] if _is_row(row)}
        path = self._folder / PROGRESS
        self._file = path.open("a", encoding="utf-8", newline="\n")
        try:
            if path.stat().st_size:
                self._file.write("\n")  # ends a line that was cut off
            if not self.goes_on:
                self._write(_first_line(self._maker))
        except BaseException:
            with contextlib.suppress(OSError):
                self._file.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, row: Row) -> None:
        """Note that a frame is done; any thread may."""
        with self._lock:
            self._write({**row, "sum": _sum(row)})

    def _write(self, line: Mapping[str, Any]) -> None:
        assert self._file is not None, "used as a context manager only"
        self._file.write(dump_json(dict(line), indent=None) + "\n")
        self._file.flush()


def goes_on(folder: Path, maker: Mapping[str, Any]) -> bool:
    """Say whether a folder holds predictions of this maker to go on with."""
    first, *_ = _lines(folder / PROGRESS) or [{}]
    return _differences(first, _first_line(maker)) == []


def check_goes_on(folder: Path, maker: Mapping[str, Any]) -> None:
    """Refuse a folder in which this maker has nothing to go on with.

    Parameters
    ----------
    folder, maker
        As for `Journal`.

    Raises
    ------
    InputError
        If nothing was begun there, or by another maker, whose settings are named.
    """
    first, *_ = _lines(folder / PROGRESS) or [{}]
    other = _differences(first, _first_line(maker))
    if other is None:
        raise InputError(
            f"{folder} holds no prediction to go on with: leave out --resume to begin "
            "one."
        )
    if other:
        words = " and another ".join(_WORDS.get(name, name) for name in other)
        raise InputError(
            f"{folder} was begun with another {words}: give the same, or leave out "
            "--resume to begin anew.",
            *other,
        )


def _first_line(maker: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(dump_json({"maker": dict(maker)}))
    return found


def _differences(before: Row, now: Row) -> list[str] | None:
    """Name what two makers differ in; None if the first line is of none.

    A setting that only one of them has, such as another version's, is a difference.
    """
    was, wanted = before.get("maker"), now["maker"]
    if not isinstance(was, dict):
        return None
    in_both = was.keys() & wanted.keys()
    return [
        name
        for name in {**wanted, **was}
        if name not in in_both or was[name] != wanted[name]
    ]


def _is_row(row: Row) -> bool:
    """Say whether a line is a frame's, unchanged; another's is predicted again."""
    if not fits(row, _ROW) or row["sum"] != _sum(row):
        return False
    with contextlib.suppress(ValueError):
        shares = [float(row.get(key) or 0) for key in ("presence", "uncertainty")]
        high, wide = row["shape"]
        is_size = min(high, wide) > 0 and high * wide <= MOST_PIXELS
        return is_size and all(0 <= share <= 1 for share in shares)
    return False


def _sum(row: Row) -> str:
    """Return a checksum of a frame's line."""
    return digest_json({name: row[name] for name in row if name != "sum"})[:16]


def _lines(path: Path) -> list[Row]:
    """Return the lines that are whole; a killed process may have cut its last one."""
    if not path.is_file():
        return []
    try:
        lines = read_text(path, errors="replace").splitlines()
    except (OSError, ValueError) as error:
        remedy = "delete it, and the folder is predicted anew"
        raise damaged(path, error, remedy) from error
    found: list[Row] = []
    for line in lines:
        with contextlib.suppress(ValueError):
            row = parse_json(line)
            if isinstance(row, dict):
                found.append(row)
    return found
