"""Rows into and out of the tables; what they mean is `derived`'s business."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ...errors import InputError
from .packing import digest_of, is_frame, pack, runs_of, unpack
from .records import Entry, Mask, MaskChange, MaskVersion, Snapshot, VerdictRecord
from .sqlite_errors import damaged
from .tables import ACTIONS, MASKS, SNAPSHOTS, STATUSES, VERDICTS, Row
from .words import STATUSES as KNOWN_STATUSES
from .words import VERDICTS as KNOWN_VERDICTS


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
    connection: sqlite3.Connection, last: LastRows, path: Path
) -> tuple[list[Entry], LastRows]:
    """Return the actions behind ``last``, oldest first, and what is now the last.

    The caller has begun a transaction, so that all tables are of one moment.

    The frames of an undo record are left empty: its target knows them.

    Raises
    ------
    InputError
        If a row is not what was written, or is missing.
    """
    actions = ACTIONS.read(connection, path, last.actions)
    masks = MASKS.read(connection, path, last.masks)
    statuses = STATUSES.read(connection, path, last.statuses)
    verdicts = VERDICTS.read(connection, path, last.verdicts)
    if not actions and not masks and not statuses and not verdicts:
        return [], last
    said = {key: (author, time) for key, _, author, time, *_ in actions}
    try:
        beside = _gather(masks, statuses, verdicts, said)
        entries = list(_entries(actions, beside))
    except (ValueError, RecursionError) as error:
        raise damaged(path, str(error)) from error
    if beside:
        raise damaged(path, f"it has no action {min(beside)}, of which it keeps parts")
    last = LastRows(
        actions=_last_of(actions, last.actions),
        masks=_last_of(masks, last.masks),
        statuses=_last_of(statuses, last.statuses),
        verdicts=_last_of(verdicts, last.verdicts),
    )
    return entries, last


def _last_of(found: list[Row], before: int) -> int:
    return int(found[-1][0]) if found else before


def _gather(
    masks: list[Row],
    statuses: list[Row],
    verdicts: list[Row],
    said: Mapping[int, tuple[str, str]],
) -> defaultdict[int, _Beside]:
    """Return what lies beside each action; ``said`` is by whom and when."""
    beside: defaultdict[int, _Beside] = defaultdict(_Beside)
    for row in masks:
        version = _mask_version(row)
        beside[version.action].masks[version.frame] = version
    for _, action, frame, status in statuses:
        beside[action].statuses[frame] = _one_of(KNOWN_STATUSES, status)
    for _, action, *verdict in verdicts:
        beside[action].verdict = _verdict(action, verdict, said.get(action, ("", "")))
    return beside


def _entries(actions: list[Row], beside: defaultdict[int, _Beside]) -> Iterator[Entry]:
    """Yield the actions with what lies beside them, which is taken away there."""
    for key, kind, author, time, reason, note, undoes, along in actions:
        if undoes is not None and not (0 < undoes < key and 0 <= (along or 0) < key):
            raise ValueError(f"its action {key} takes back one that comes after it")
        own = beside.pop(key, None) or _Beside()
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
    key, action, frame, height, width, area, digest, author, source, *made = row
    reason, parent, time = made
    if not is_frame((height, width)):
        raise ValueError(
            f"its mask version {key}, of frame {frame}, says that it is {height} x "
            f"{width} pixels"
        )
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


def _verdict(action: int, row: list[str], said: tuple[str, str]) -> VerdictRecord:
    group, verdict, kept, frames, reason = row
    author, time = said
    return VerdictRecord(
        group=_names(group),
        verdict=_one_of(KNOWN_VERDICTS, verdict),
        kept=kept,
        frames=_names(frames),
        reason=reason,
        action=action,
        author=author,
        time=time,
    )


def _names(text: str) -> tuple[str, ...]:
    names = json.loads(text)
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise ValueError("a verdict of its names no frames")
    return tuple(names)


def _one_of(known: tuple[str, ...], word: str) -> str:
    if word not in known:
        raise ValueError(f"'{word[:40]}' is none of {', '.join(known)}")
    return word


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
    key = ACTIONS.insert(connection, kind, author, time, reason, note, undoes, along)
    return key, time


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
    MASKS.insert(
        connection,
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
        blob=pack(runs),
    )


def add_status(
    connection: sqlite3.Connection, action: int, frame: str, status: str
) -> None:
    """Append a frame's status."""
    STATUSES.insert(connection, action, frame, status)


def add_verdict(
    connection: sqlite3.Connection, action: int, record: VerdictRecord
) -> None:
    """Append a verdict."""
    VERDICTS.insert(
        connection,
        action,
        json.dumps(record.group),
        record.verdict,
        record.kept,
        json.dumps(record.frames),
        record.reason,
    )


def add_snapshot(connection: sqlite3.Connection, snapshot: Snapshot) -> None:
    """Append a snapshot."""
    SNAPSHOTS.insert(
        connection,
        snapshot.id,
        snapshot.last_action,
        snapshot.author,
        snapshot.time,
        snapshot.note,
    )


def read_snapshots(connection: sqlite3.Connection, path: Path) -> list[Snapshot]:
    """Return the snapshots that were taken, oldest first; raises as `read_new`."""
    return [
        Snapshot(name, time, last_action, note, author)
        for _, name, last_action, author, time, note in SNAPSHOTS.read(connection, path)
    ]


def read_mask(connection: sqlite3.Connection, version: MaskVersion, path: Path) -> Mask:
    """Return the (H, W) bool mask of a version.

    Raises
    ------
    InputError
        If it is not what was written.
    """
    row = connection.execute(
        "SELECT runs FROM mask_versions WHERE id = ?", (version.id,)
    ).fetchone()
    try:
        return unpack(row and row[0], version.shape, version.digest)
    except ValueError as error:
        raise InputError(
            f"Mask version {version.id} of frame {version.frame} in {path} is damaged "
            f"({error}): the versions before it are kept, so undo action "
            f"{version.action}, paint the frame anew, or restore the file from a copy."
        ) from error
