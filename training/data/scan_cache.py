"""What `scan` saw, kept in the project folder for as long as it is true."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..files import dump_json, write_whole
from ..guarded import fits, read_bytes
from .dataset import DataSet, FrameEntry
from .problems import Problem
from .project import Project
from .scan_record import FrameInfo, Record
from .stamps import Stamp, stamp_of

#: Raised when a record's meaning changes: older files are then not read.
VERSION = 4

_INFO = {
    "id": str,
    "subject": (str, None),
    "shape": (None, [int, int]),
    "area": (int, None),
    "sha256": (str, None),
    "has_mask": bool,
    "bad_mask": bool,
    "dtype": (str, None),
    "orientation": int,
}
_PROBLEM = {"path": str, "frame": (str, None), "kind": str, "text": str}


class ScanCache:
    """Records by FrameId, each with the stamps of the files that it came from.

    Several processes may use one folder: the file is replaced whole, and the last
    writer's records stand; the other's are looked up again.

    Each record carries a CRC-32, so that a bit that turned on the disk is no finding.
    """

    def __init__(self, dataset: DataSet, project: Project | None) -> None:
        self._dataset, self._project = dataset, project
        self._damage, self._damaged = "", 0
        self._rows = self._load()
        self._stamps: dict[str, list[Stamp] | None] = {}
        self._changed = False
        # Where no frame can be read the command fails, and a failure writes nothing.
        self._worth = bool(self._rows)

    def get(self, entry: FrameEntry) -> Record | None:
        """Return what is known of a frame, or None if it must be read."""
        if self._project is None:
            return None
        # Taken before the pixels are read: a change meanwhile then shows later.
        now = self._stamps[entry.id] = self._stamps_of(entry)
        record = self.recall(entry)
        if record is None or now is None:
            return None
        before = self._rows[entry.id]["sources"][1]
        try:
            return record if _proved(before, now) else None
        except (TypeError, ValueError):
            return None

    def recall(self, entry: FrameEntry) -> Record | None:
        """Return what was last seen in files of these names, whatever they hold now."""
        row = self._rows.get(entry.id)
        if row is not None and not proves_itself(row):
            self._damaged += 1
            return None
        try:
            if row is None or row["sources"][0] != self._named(entry):
                return None
            record = _record(row)
            return record if row["greys"] == self._greys(record.info) else None
        except (KeyError, TypeError, ValueError):
            return None

    def put(self, entry: FrameEntry, record: Record) -> None:
        """Keep a record; without stamps if the next look may find something else."""
        if self._project is None:
            return
        stamps = self._stamps.get(entry.id)
        passing = any(problem.kind == "unreadable" for problem in record.problems)
        row: dict[str, Any] = {
            "sources": [self._named(entry), None if passing else stamps],
            "greys": self._greys(record.info),
            "info": _plain(record.info),
            "problems": [asdict(problem) for problem in record.problems],
        }
        row["crc32"] = _crc(row)
        self._worth = self._worth or record.info.sha256 is not None
        self._changed = self._changed or row != self._rows.get(entry.id)
        self._rows[entry.id] = row

    def damage(self) -> str:
        """Return a sentence on what was not what was written; empty if all was."""
        if self._damage or not self._damaged or self._project is None:
            return self._damage
        return (
            f"{self._project.frames / 'scan.json'} is damaged at {self._damaged:,} "
            "frames: they are looked at anew."
        )

    def save(self) -> str | None:
        """Write the records; return a sentence if the folder does not take them."""
        if self._project is None or not self._changed or not self._worth:
            return None
        path = self._project.frames / "scan.json"
        content = {"version": VERSION, "frames": self._rows}
        try:
            write_whole(path, dump_json(content, indent=None))
        except OSError as error:
            return f"{path} cannot be written ({error.strerror}): nothing is cached."
        self._changed = False
        return None

    def _load(self) -> dict[str, dict[str, Any]]:
        if self._project is None:
            return {}
        path = self._project.frames / "scan.json"
        try:
            rows = read_rows(path)
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._damage = f"{path} is damaged ({why}): every frame is looked at anew."
            return {}
        return {name: rows[name] for name in rows if name in self._dataset}

    def _named(self, entry: FrameEntry) -> list[Any]:
        """Return what a record depends on beside pixels: names, pages, reading."""
        text = self._dataset.run_length(entry.id)
        return [
            str(entry.path),
            entry.page,
            None if entry.mask_path is None else str(entry.mask_path),
            entry.mask_page,
            [str(path) for path in entry.more_masks],
            entry.subject,
            self._dataset.nerve_label,
            self._dataset.luminance,
            bool(self._dataset.reading.invert_masks),
            None if text is None else hashlib.sha256(text.encode()).hexdigest(),
        ]

    def _greys(self, info: FrameInfo) -> str | None:
        """Return what is black and white in a frame that is not of 8 bits."""
        if info.sha256 is None or info.dtype in (None, "uint8"):
            return None
        return str(self._dataset.grey_range(np.dtype(info.dtype)))

    def _stamps_of(self, entry: FrameEntry) -> list[Stamp] | None:
        """Return the stamps of a frame's files; None if one is not there."""
        files = [entry.path]
        if entry.mask_path is not None and self._dataset.run_length(entry.id) is None:
            files += [entry.mask_path, *entry.more_masks]
        stamps = [stamp for path in files if (stamp := stamp_of(path)) is not None]
        return stamps if len(stamps) == len(files) else None


def _proved(before: list[Any] | None, now: list[Stamp]) -> bool:
    return before is not None and all(
        Stamp(*old).proves(new) for old, new in zip(before, now, strict=True)
    )


def _plain(info: FrameInfo) -> dict[str, Any]:
    """Return ``info`` as JSON gives it back."""
    return {**asdict(info), "shape": info.shape and list(info.shape)}


def _record(row: dict[str, Any]) -> Record:
    info, problems = dict(row["info"]), row["problems"]
    if not fits(info, _INFO) or not fits(problems, [_PROBLEM]):
        raise ValueError("no record of a frame")
    info["shape"] = None if info["shape"] is None else tuple(info["shape"])
    return Record(FrameInfo(**info), tuple(Problem(**problem) for problem in problems))


def read_rows(path: Path) -> dict[str, Any]:
    """Return a file's records by FrameId; none of a file of another version.

    Raises
    ------
    OSError, ValueError
        If it cannot be opened, or is none of ours.
    """
    try:
        found = json.loads(read_bytes(path))
    except RecursionError:
        raise ValueError("it is too deep") from None
    if not fits(found, {"version": int, "frames": dict}):
        raise ValueError("it holds no records of frames")
    rows: dict[str, Any] = found["frames"]
    return rows if found["version"] == VERSION else {}


def proves_itself(row: Any) -> bool:
    """Say whether a record is what was written."""
    return isinstance(row, dict) and row.get("crc32") == _crc(row)


def _crc(row: dict[str, Any]) -> int:
    rest = {name: value for name, value in row.items() if name != "crc32"}
    return zlib.crc32(json.dumps(rest).encode())
