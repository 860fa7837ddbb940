"""Proves a label store: every page, every row, every mask, every snapshot."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ...errors import InputError
from . import schema
from .packing import unpack
from .sqlite_errors import translate_sqlite_errors
from .store import LabelStore
from .tables import TABLES, Table

_MASKS = "SELECT id, action, frame, height, width, digest, runs FROM mask_versions"


class Proof(NamedTuple):
    """What was looked at, and what is wrong with it, a sentence each.

    Records of an ``older`` version carry no checksum: only its masks prove themselves.
    """

    n_records: int
    n_masks: int
    older: bool
    wrong: tuple[str, ...]


def prove_store(path: Path) -> Proof:
    """Look at all of a label store; nothing is changed, not even its version.

    Parameters
    ----------
    path
        The file.
    """
    seen: dict[str, int] = {}
    wrong: list[str] = []
    older = False
    try:
        with (
            translate_sqlite_errors(path),
            contextlib.closing(schema.connect_to_read(path, older=True)) as connection,
        ):
            connection.text_factory = lambda raw: raw.decode(errors="backslashreplace")
            older = schema.is_older(connection, path)
            wrong += _pages(connection)
            for table in () if older else TABLES:
                wrong += _rows(connection, table, seen)
            wrong += _masks(connection, seen)
        if not wrong and not older:
            _labels(path)
    except InputError as error:
        wrong.append(str(error))
    n_masks = seen.pop("masks", 0)
    return Proof(sum(seen.values()), n_masks, older, tuple(wrong))


def _pages(connection: sqlite3.Connection) -> Iterator[str]:
    for (found,) in connection.execute("PRAGMA integrity_check"):
        if found != "ok":
            yield f"SQLite's own check finds: {' '.join(str(found).split())}"


def _rows(
    connection: sqlite3.Connection, table: Table, seen: dict[str, int]
) -> Iterator[str]:
    seen[table.name] = key = 0
    try:
        for row in connection.execute(table.newer, (0,)):
            seen[table.name] += 1
            if wrong := table.wrong(key + 1, row):
                yield wrong
            key = row[0]
        if key != table.last(connection):
            yield f"rows of its table {table.name} behind {key} are missing"
    except sqlite3.Error:
        yield f"its table {table.name} cannot be read behind row {key}"


def _masks(connection: sqlite3.Connection, seen: dict[str, int]) -> Iterator[str]:
    seen["masks"] = 0
    try:
        for row in connection.execute(_MASKS):
            key, action, frame, height, width, digest, runs = row
            seen["masks"] += 1
            try:
                unpack(runs, (int(height), int(width)), digest)
            except (ValueError, TypeError, OverflowError) as error:
                yield (
                    f"mask version {key} of frame {frame} cannot be read ({error}): "
                    f"undo action {action}, which brought it, or paint the frame anew"
                )
    except sqlite3.Error:
        yield f"mask versions behind the first {seen['masks']} cannot be read"


def _labels(path: Path) -> None:
    """See that the rows make labels, and every snapshot is what it was called."""
    with LabelStore.open(path, read_only=True) as store:
        for name in dict.fromkeys(snapshot.id for snapshot in store.snapshots()):
            store.at(name)
