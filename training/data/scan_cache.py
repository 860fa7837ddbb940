"""What `scan` saw, kept in the project folder for as long as it is true."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from ..files import dump_json, write_whole
from .dataset import DataSet, FrameEntry
from .problems import Problem
from .project import Project
from .scan_record import FrameInfo, Record
from .stamps import Stamp, stamp_of

#: Raised when a record's meaning changes: older files are then not read.
VERSION = 2


class ScanCache:
    """Records by FrameId, each with the stamps of the files that it came from.

    Several processes may use one folder: the file is replaced whole, and the last
    writer's records stand; the other's are looked up again.
    """

    def __init__(self, dataset: DataSet, project: Project | None) -> None:
        self._dataset, self._project = dataset, project
        self._rows = self._load()
        self._stamps: dict[str, list[Any] | None] = {}
        self._changed = False
        # Where no frame can be read the command fails, and a failure writes nothing.
        self._worth = bool(self._rows)

    def get(self, entry: FrameEntry) -> Record | None:
        """Return what is known of a frame, or None if it must be read."""
        if self._project is None:
            return None
        # Taken before the pixels are read: a change meanwhile then shows later.
        now = self._stamps[entry.id] = self._sources(entry)
        row = self._rows.get(entry.id)
        if row is None or now is None:
            return None
        try:
            return _record(row) if _proved(row["sources"], now) else None
        except (KeyError, TypeError, ValueError):
            return None

    def put(self, entry: FrameEntry, record: Record) -> None:
        """Keep a record, unless the next look may find something else."""
        sources = self._stamps.get(entry.id)
        passing = any(problem.kind == "unreadable" for problem in record.problems)
        if sources is None or passing:
            return
        self._rows[entry.id] = {
            "sources": sources,
            "info": asdict(record.info),
            "problems": [asdict(problem) for problem in record.problems],
        }
        self._changed = True
        self._worth = self._worth or record.info.sha256 is not None

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
        try:
            content = json.loads((self._project.frames / "scan.json").read_bytes())
            rows = content["frames"] if content["version"] == VERSION else {}
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return {name: rows[name] for name in rows if name in self._dataset}

    def _sources(self, entry: FrameEntry) -> list[Any] | None:
        """Return what a record depends on: names, pages, reading, then stamps."""
        run_length = self._dataset.run_length(entry.id)
        text = None if run_length is None else run_length.encode()
        named = [
            str(entry.path),
            entry.page,
            None if entry.mask_path is None else str(entry.mask_path),
            entry.mask_page,
            self._dataset.nerve_label,
            self._dataset.luminance,
            None if text is None else hashlib.sha256(text).hexdigest(),
        ]
        files = [entry.path]
        if entry.mask_path is not None and text is None:
            files.append(entry.mask_path)
        stamps = [stamp_of(path) for path in files]
        return None if None in stamps else [named, stamps]


def _proved(before: list[Any], now: list[Any]) -> bool:
    return bool(before[0] == now[0]) and all(
        Stamp(*old).proves(new) for old, new in zip(before[1], now[1], strict=True)
    )


def _record(row: dict[str, Any]) -> Record:
    info = dict(row["info"])
    info["shape"] = None if info["shape"] is None else tuple(info["shape"])
    return Record(
        FrameInfo(**info), tuple(Problem(**problem) for problem in row["problems"])
    )
