"""The tables' columns, and the checksum by which each row proves itself.

A bit that turns on a disk must not become a label: every row carries a CRC-32 over its
table's name and all its columns, ids and times too (a mask's pixels by the sha256 in
``digest``). It finds every change of up to 32 neighbouring bits, and of others all but
one in four thousand million; it is against bad disks, not against people, who could
write it anew, and takes a third of the time of a sha256, which every opening would pay.
Ids have no gaps, and ``last_rows`` knows each table's last: a row that is gone is
missed too.
"""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from .sqlite_errors import damaged

Row = tuple[Any, ...]

_ID = _INT = (int,)
_TEXT = (str,)
_MAYBE_INT, _MAYBE_TEXT = (int, type(None)), (str, type(None))


@dataclass(frozen=True)
class Table:
    """One table of the label store.

    Attributes
    ----------
    name
        As SQLite knows it.
    columns
        The columns under the checksum, in order, ``id`` first, each with the types
        that it may have.
    blob
        The one column beside them that is not read with the others, if there is one.
    """

    name: str
    columns: dict[str, tuple[type, ...]]
    blob: str | None = None

    @cached_property
    def _types(self) -> frozenset[tuple[type, ...]]:
        return frozenset(product(*self.columns.values()))

    @property
    def listed(self) -> str:
        """The columns under the checksum, as SQL lists them."""
        return ", ".join(self.columns)

    def checksum(self, row: Row) -> int:
        """Return the CRC-32 of a row: of its values as Python writes them in ASCII."""
        return zlib.crc32(f"{self.name}{row!a}".encode("ascii"))

    def insert(
        self, connection: sqlite3.Connection, *values: Any, blob: bytes | None = None
    ) -> int:
        """Append a row; ``values`` are all but its id, which is returned."""
        last = connection.execute(f"SELECT max(id) FROM {self.name}").fetchone()[0]
        kinds = self.columns.values()
        given = zip(((last or 0) + 1, *values), kinds, strict=True)
        row = tuple(_plain(value, kind[0]) for value, kind in given)
        names = [*self.columns, *([self.blob] if self.blob else []), "checksum"]
        marks = ", ".join("?" * len(names))
        connection.execute(
            f"INSERT INTO {self.name} ({', '.join(names)}) VALUES ({marks})",
            (*row, *([blob] if self.blob else []), self.checksum(row)),
        )
        return int(row[0])

    def read(
        self, connection: sqlite3.Connection, path: Path, after: int = 0
    ) -> list[Row]:
        """Return the rows with ids above ``after``, each proved.

        Raises
        ------
        InputError
            If one is missing or is not what was written.
        """
        rows = connection.execute(self.newer, (after,)).fetchall()
        checksum, types, proved = self.checksum, self._types, []
        for key, row in enumerate(rows, after + 1):  # tens of thousands of times
            own = row[:-1]
            if (
                row[0] != key
                or checksum(own) != row[-1]
                or (*map(type, own),) not in types
            ):
                raise damaged(path, self.wrong(key, row))
            proved.append(own)
        end = after + len(rows)
        if end != self.last(connection):
            raise damaged(path, f"row {end + 1} of its table {self.name} is missing")
        return proved

    @cached_property
    def newer(self) -> str:
        """Selects the rows with ids above one, their checksums last."""
        return (
            f"SELECT {self.listed}, checksum FROM {self.name} WHERE id > ? ORDER BY id"
        )

    def wrong(self, key: int, row: Row) -> str:
        """Say what is wrong with a row, checksum last, that is to have an id."""
        own = row[:-1]
        if row[0] != key:
            return f"row {key} of its table {self.name} is missing"
        if self.checksum(own) != row[-1] or (*map(type, own),) not in self._types:
            return f"{self._named(row)} is not what was written"
        return ""

    def _named(self, row: Row) -> str:
        named = dict(zip(self.columns, row, strict=False))
        frame = str(named.get("frame", ""))[:80]
        frame = frame if frame.isprintable() else repr(frame)
        of = f", of frame {frame}," if "frame" in named else ""
        return f"row {row[0]} of its table {self.name}{of}"

    def last(self, connection: sqlite3.Connection) -> int:
        """Return the id of the last row that was written."""
        found = connection.execute(_LAST, (self.name,)).fetchone()
        return int(found[0]) if found and isinstance(found[0], int) else -1


_LAST = "SELECT last FROM last_rows WHERE name = ?"


def _plain(value: Any, kind: type) -> Any:
    """Return a value as SQLite gives it back: NumPy's text and numbers are ours."""
    if value is None:
        return None
    return str.__str__(value) if kind is str else int(value)


ACTIONS = Table(
    "actions",
    {
        "id": _ID,
        "kind": _TEXT,
        "author": _TEXT,
        "time": _TEXT,
        "reason": _TEXT,
        "note": _TEXT,
        "undoes": _MAYBE_INT,
        "along": _MAYBE_INT,
    },
)
MASKS = Table(
    "mask_versions",
    {
        "id": _ID,
        "action": _INT,
        "frame": _TEXT,
        "height": _INT,
        "width": _INT,
        "area": _INT,
        "digest": _TEXT,
        "author": _TEXT,
        "source": _TEXT,
        "reason": _TEXT,
        "parent": _MAYBE_INT,
        "time": _TEXT,
    },
    blob="runs",
)
STATUSES = Table(
    "frame_status", {"id": _ID, "action": _INT, "frame": _TEXT, "status": _TEXT}
)
VERDICTS = Table(
    "verdicts",
    {
        "id": _ID,
        "action": _INT,
        "frame_group": _TEXT,
        "verdict": _TEXT,
        "kept": _MAYBE_TEXT,
        "frames": _TEXT,
        "reason": _TEXT,
    },
)
SNAPSHOTS = Table(
    "snapshots",
    {
        "id": _ID,
        "name": _TEXT,
        "last_action": _INT,
        "author": _TEXT,
        "time": _TEXT,
        "note": _TEXT,
    },
)

#: All of them, an action before what lies beside it.
TABLES = (ACTIONS, MASKS, STATUSES, VERDICTS, SNAPSHOTS)
