"""Rows into and out of the tables; what they mean is `ledger`'s business."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...errors import InputError
from .packing import digest_of, pack, runs_of, unpack
from .records import Entry, Mask, MaskChange, MaskVersion, Snapshot, VerdictRecord

Row = tuple[Any, ...]

_SELECT_ACTIONS = """
SELECT id, kind, author, time, reason, note, undoes, along
FROM actions WHERE id > ? ORDER BY id
"""
_SELECT_MASKS = """
SELECT id, action, frame, height, width, area, digest, source, parent, author,
    reason, time
FROM mask_versions WHERE id > ? ORDER BY id
"""
_SELECT_STATUSES = """
SELECT id, action, frame, status FROM frame_status WHERE id > ? ORDER BY id
"""
_SELECT_VERDICTS = """
SELECT v.id, v.action, frame_group, verdict, kept, frames, v.reason, author, time
FROM verdicts v JOIN actions a ON a.id = v.action WHERE v.id > ? ORDER BY v.id
"""
_INSERT_MASK = """
INSERT INTO mask_versions (action, frame, height, width, area, digest, author,
    source, reason, parent, time, runs)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def now() -> str:
    """Return the time as the store writes it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class LastRows:
    """The last row of each table that was read.

    Transactions follow one another, so a table's new rows have larger ids.
    """

    actions: int = 0
    masks: int = 0
    statuses: int = 0
    verdicts: int = 0


@dataclass
class _Beside:
    """What was written beside one row of ``actions``."""

    masks: dict[str, MaskVersion] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    verdict: VerdictRecord | None = None

    def frames(self) -> tuple[str, ...]:
        group = self.verdict.group + self.verdict.frames if self.verdict else ()
        return tuple(dict.fromkeys([*self.masks, *self.statuses, *group]))


def last_action(connection: sqlite3.Connection) -> int:
    """Return the newest action's id; 0 if there is none."""
    return int(connection.execute("SELECT max(id) FROM actions").fetchone()[0] or 0)


def read_new(
    connection: sqlite3.Connection, last: LastRows
) -> tuple[list[Entry], LastRows]:
    """Read the actions that came after ``last``, and what is now the last.

    The caller has begun a transaction, so that all tables are of one moment.

    The frames of an undo record are left empty: its target knows them.
    """
    actions = connection.execute(_SELECT_ACTIONS, (last.actions,)).fetchall()
    if not actions:
        return [], last
    masks = connection.execute(_SELECT_MASKS, (last.masks,)).fetchall()
    statuses = connection.execute(_SELECT_STATUSES, (last.statuses,)).fetchall()
    verdicts = connection.execute(_SELECT_VERDICTS, (last.verdicts,)).fetchall()
    beside = _gather(masks, statuses, verdicts)
    last = LastRows(
        actions=_last_of(actions, last.actions),
        masks=_last_of(masks, last.masks),
        statuses=_last_of(statuses, last.statuses),
        verdicts=_last_of(verdicts, last.verdicts),
    )
    return list(_entries(actions, beside)), last


def _last_of(found: list[Row], before: int) -> int:
    return int(found[-1][0]) if found else before


def _gather(
    masks: list[Row], statuses: list[Row], verdicts: list[Row]
) -> defaultdict[int, _Beside]:
    beside: defaultdict[int, _Beside] = defaultdict(_Beside)
    for row in masks:
        version = _mask_version(row)
        beside[version.action].masks[version.frame] = version
    for _, action, frame, status in statuses:
        beside[action].statuses[frame] = status
    for _, action, *verdict in verdicts:
        beside[action].verdict = _verdict(action, verdict)
    return beside


def _entries(actions: list[Row], beside: defaultdict[int, _Beside]) -> Iterator[Entry]:
    for key, kind, author, time, reason, note, undoes, along in actions:
        own = beside[key]
        yield Entry(
            id=key,
            kind=kind,
            author=author,
            time=time,
            reason=reason,
            note=note,
            undoes=undoes,
            along=along,
            frames=own.frames(),
            masks=own.masks,
            statuses=own.statuses,
            verdict=own.verdict,
        )


def _mask_version(row: Row) -> MaskVersion:
    key, action, frame, height, width, area, digest, source, parent, *made = row
    author, reason, time = made
    return MaskVersion(
        id=key,
        action=action,
        frame=frame,
        shape=(height, width),
        area=area,
        digest=digest,
        source=source,
        parent=parent,
        author=author,
        reason=reason,
        time=time,
    )


def _verdict(action: int, row: list[str]) -> VerdictRecord:
    group, verdict, kept, frames, reason, author, time = row
    return VerdictRecord(
        group=tuple(json.loads(group)),
        verdict=verdict,
        kept=kept,
        frames=tuple(json.loads(frames)),
        reason=reason,
        action=action,
        author=author,
        time=time,
    )


def add_action(
    connection: sqlite3.Connection,
    kind: str,
    author: str,
    *,
    reason: str = "",
    note: str = "",
    undoes: int | None = None,
    along: int | None = None,
) -> tuple[int, str]:
    """Append an action; return its id and its time."""
    time = now()
    cursor = connection.execute(
        "INSERT INTO actions (kind, author, time, reason, note, undoes, along) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kind, author, time, reason, note, undoes, along),
    )
    return int(cursor.lastrowid or 0), time


def add_mask(
    connection: sqlite3.Connection,
    action: int,
    frame: str,
    change: MaskChange,
    parent: int | None,
    provenance: tuple[str, str, str],
) -> None:
    """Append a mask version; ``provenance`` is author, reason and time."""
    height, width = change.mask.shape
    runs = runs_of(change.mask)
    author, reason, time = provenance
    connection.execute(
        _INSERT_MASK,
        (
            action,
            frame,
            height,
            width,
            int(change.mask.sum()),
            digest_of(runs, (height, width)),
            author,
            change.source,
            reason,
            parent,
            time,
            pack(runs),
        ),
    )


def add_status(
    connection: sqlite3.Connection, action: int, frame: str, status: str
) -> None:
    """Append a frame's status."""
    connection.execute(
        "INSERT INTO frame_status (action, frame, status) VALUES (?, ?, ?)",
        (action, frame, status),
    )


def add_verdict(
    connection: sqlite3.Connection, action: int, record: VerdictRecord
) -> None:
    """Append a verdict."""
    connection.execute(
        "INSERT INTO verdicts (action, frame_group, verdict, kept, frames, reason) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        (
            action,
            json.dumps(record.group),
            record.verdict,
            record.kept,
            json.dumps(record.frames),
            record.reason,
        ),
    )


def add_snapshot(connection: sqlite3.Connection, snapshot: Snapshot) -> None:
    """Append a snapshot."""
    connection.execute(
        "INSERT INTO snapshots (name, last_action, author, time, note) "
        "VALUES (?, ?, ?, ?, ?)",
        (
            snapshot.id,
            snapshot.last_action,
            snapshot.author,
            snapshot.time,
            snapshot.note,
        ),
    )


def read_snapshots(connection: sqlite3.Connection) -> list[Snapshot]:
    """Return the snapshots that were taken, oldest first."""
    rows = connection.execute(
        "SELECT name, time, last_action, note, author FROM snapshots ORDER BY id"
    )
    return [Snapshot(*row) for row in rows]


def read_mask(connection: sqlite3.Connection, version: MaskVersion, path: Path) -> Mask:
    """Return the (H, W) bool mask of a version.

    Raises
    ------
    InputError
        If its bytes were damaged on disk.
    """
    row = connection.execute(
        "SELECT runs FROM mask_versions WHERE id = ?", (version.id,)
    ).fetchone()
    try:
        return unpack(row[0], version.shape)
    except ValueError as error:
        raise InputError(
            f"Mask version {version.id} of frame {version.frame} in {path} is damaged "
            f"({error}); restore the file from a copy."
        ) from error
