"""The connections of a label store to its file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from . import schema
from .sqlite_errors import translate_sqlite_errors

#: One to write, one to read.
Connections = tuple[sqlite3.Connection, sqlite3.Connection]


def connect(path: Path) -> tuple[Connections, str | None]:
    """Open a file to write and to read, and bring it up to date.

    Returns
    -------
    Connections
        One to write, one to read.
    str or None
        A sentence if the file system forced a slower journal.
    """
    writer, logged = schema.connect(path)
    try:
        with translate_sqlite_errors(path, opening=True):
            schema.migrate(writer, path)
        reader, _ = schema.connect(path)
    except BaseException:
        writer.close()
        raise
    return (writer, reader), None if logged else schema.JOURNAL_NOTE.format(path=path)


def connect_to_read(path: Path) -> tuple[Connections, None]:
    """Open a file only to be read; both connections are one."""
    reader = schema.connect_to_read(path)
    return (reader, reader), None


def close(connections: tuple[sqlite3.Connection, ...]) -> None:
    """Close them; twice does no harm."""
    for connection in connections:
        connection.close()
