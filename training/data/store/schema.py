"""The tables of the label store, their migrations, and how a file is opened.

Every table is append-only: triggers refuse UPDATE, DELETE and a second row of one
id (by which REPLACE would overwrite). ``application_id`` says that a file is ours,
``user_version`` is the schema's version.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path, PurePath
from urllib.parse import quote

from ...errors import InputError
from ...files import may_write, real_path
from ..costs import MOST_PIXELS
from . import tables
from .sqlite_errors import damaged, translate_sqlite_errors

#: "NRVS", in SQLite's header.
APPLICATION_ID = 0x4E525653

#: Seconds that one process waits for another's transaction.
PATIENCE = 15.0

#: How SQLite is asked to open a file: to read and write, created if need be.
OPEN_AS = "mode=rwc"

#: The same where it is only read, and may be with what lies beside it.
READ_AS = "mode=ro"

#: What a user is told where the file system cannot keep a write-ahead log.
JOURNAL_NOTE = (
    "The disk of {path} has no shared memory, so the label store keeps a rollback "
    "journal there: slower, and just as safe."
)

TABLES = tuple(table.name for table in tables.TABLES)

Migration = Callable[[sqlite3.Connection], None]

# The blob comes behind what is read when a store is opened; it is small.
_VERSION_1 = """
CREATE TABLE actions (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    author TEXT NOT NULL,
    time TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    undoes INTEGER REFERENCES actions (id),
    along INTEGER REFERENCES actions (id),
    CHECK (undoes < id)
);
CREATE TABLE mask_versions (
    id INTEGER PRIMARY KEY,
    action INTEGER NOT NULL REFERENCES actions (id),
    frame TEXT NOT NULL,
    height INTEGER NOT NULL,
    width INTEGER NOT NULL,
    area INTEGER NOT NULL,
    digest TEXT NOT NULL,
    author TEXT NOT NULL,
    source TEXT NOT NULL,
    reason TEXT NOT NULL,
    parent INTEGER REFERENCES mask_versions (id),
    time TEXT NOT NULL,
    runs BLOB NOT NULL
);
CREATE TABLE frame_status (
    id INTEGER PRIMARY KEY,
    action INTEGER NOT NULL REFERENCES actions (id),
    frame TEXT NOT NULL,
    status TEXT NOT NULL
);
CREATE TABLE verdicts (
    id INTEGER PRIMARY KEY,
    action INTEGER NOT NULL REFERENCES actions (id),
    frame_group TEXT NOT NULL,
    verdict TEXT NOT NULL,
    kept TEXT,
    frames TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    last_action INTEGER NOT NULL,
    author TEXT NOT NULL,
    time TEXT NOT NULL,
    note TEXT NOT NULL
);
"""

_NO_UPDATE = """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'the label store is append-only'); END;
"""

_NEVER_LESS = """
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, 'the label store is append-only'); END;
CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'the label store is append-only'); END;
"""


def _create(connection: sqlite3.Connection) -> None:
    for statement in _VERSION_1.split(";\n"):
        connection.execute(statement)
    for table in TABLES:
        _guard(connection, _NO_UPDATE + _NEVER_LESS, table)
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")


def _guard(connection: sqlite3.Connection, triggers: str, table: str) -> None:
    for statement in triggers.format(table=table).split("END;\n"):
        if statement.strip():
            connection.execute(statement + "END")


_PROVED = """
CREATE TRIGGER {table}_proved BEFORE INSERT ON {table}
WHEN NEW.checksum IS NULL
BEGIN SELECT RAISE(ABORT, 'an older program cannot write to this label store'); END;
CREATE TRIGGER {table}_counted AFTER INSERT ON {table}
BEGIN UPDATE last_rows SET last = NEW.id WHERE name = '{table}'; END;
"""


def _prove(connection: sqlite3.Connection) -> None:
    """Give every row its checksum, and every table its last row; see `tables`."""
    connection.execute(
        "CREATE TABLE last_rows (name TEXT PRIMARY KEY, last INTEGER NOT NULL)"
    )
    for table in tables.TABLES:
        name = table.name
        connection.create_function(f"checksum_{name}", -1, _checksum_of(table))
        connection.execute(f"ALTER TABLE {name} ADD COLUMN checksum INTEGER")
        connection.execute(f"DROP TRIGGER {name}_no_update")
        connection.execute(
            f"UPDATE {name} SET checksum = checksum_{name}({table.listed})"
        )
        connection.execute(
            f"INSERT INTO last_rows SELECT '{name}', coalesce(max(id), 0) FROM {name}"
        )
        _guard(connection, _NO_UPDATE + _PROVED, name)


def _checksum_of(table: tables.Table) -> Callable[..., int]:
    return lambda *row: table.checksum(row)


#: ``MIGRATIONS[n]`` takes a store of version n to version n + 1; 0 is an empty file.
MIGRATIONS: tuple[Migration, ...] = (_create, _prove)


def connect(path: Path) -> tuple[sqlite3.Connection, bool]:
    """Open a connection that is durable on every commit; make the file if need be.

    Returns
    -------
    tuple
        The connection (autocommit; usable from any thread, one at a time), and
        whether the file keeps a write-ahead log (False: the file system has no
        shared memory, so it keeps a rollback journal).

    Raises
    ------
    InputError
        If the path cannot be opened or is not SQLite's.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The label store {path} cannot be made ({error.strerror}); check that its "
            "folder can be written, or name another by --project."
        ) from error
    if not may_write(path.parent) or (path.exists() and not may_write(path)):
        raise InputError(
            f"The label store {path} cannot be written; make it and its folder "
            "writable, or name another project folder by --project."
        )
    with translate_sqlite_errors(path, opening=True):
        connection = _open(path, OPEN_AS)
        try:
            return connection, _make_durable(connection)
        except BaseException:
            connection.close()
            raise


def connect_to_read(path: Path, *, older: bool = False) -> sqlite3.Connection:
    """Open a connection to a file that is there, changing nothing.

    Parameters
    ----------
    path
        The file.
    older
        Whether one of an older version will do.

    Raises
    ------
    InputError
        If the path cannot be opened, is no label store or has an older version.
    """
    # Without a log or journal beside it nobody can change the file, and SQLite, who
    # could not make a log either, has to be told so. With one it needs that too.
    unfinished = any(
        one.exists() and one.stat().st_size
        for one in (path.with_name(f"{path.name}-{kind}") for kind in _BESIDE)
    )
    how = READ_AS if unfinished else f"{READ_AS}&immutable=1"
    with translate_sqlite_errors(path, opening=True):
        connection = _open(path, how)
        try:
            if not older and is_older(connection, path):
                raise InputError(
                    f"{path} is of an older version and cannot be brought up to date "
                    "where it is; make it writable, or copy its folder to where it is."
                )
            _check_tables(connection, path, mend=False)
        except BaseException as error:
            connection.close()
            if unfinished and isinstance(error, sqlite3.Error):
                raise _unfinished(path) from error
            raise
    return connection


def is_older(connection: sqlite3.Connection, path: Path) -> bool:
    """Say whether a file is of an older version than ours."""
    return _version(connection, path) < len(MIGRATIONS)


#: What SQLite keeps beside a file that somebody writes, or was killed while writing.
_BESIDE = ("wal", "journal")


def _unfinished(path: Path) -> InputError:
    return InputError(
        f"The last changes of the label store {path} lie in a file beside it, and "
        "cannot be read because its folder cannot be written; make that writable, or "
        "copy the whole folder to a place that is."
    )


def uri_of(path: PurePath) -> str:
    """Return an absolute path as SQLite takes it.

    It knows no host: a Windows share, ``//host/share``, is a path of two slashes.
    """
    text = path.as_posix()
    return "file://" + quote(text if text.startswith("/") else f"/{text}", safe="/:")


def _open(path: Path, how: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{uri_of(real_path(path))}?{how}",
        uri=True,
        timeout=PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )
    # A file from a stranger runs nothing of its own, and no value takes all memory.
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_PIXELS)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    return connection


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to our version, in one transaction.

    Raises
    ------
    InputError
        If the file is another program's, or newer than this program.
    """
    newest = len(MIGRATIONS)
    if _version(connection, path) == newest:
        _check_tables(connection, path)
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again: another process may have migrated while we waited.
        version = _version(connection, path)
        _check_tables(connection, path)
        for step in MIGRATIONS[version:]:
            step(connection)
        connection.execute(f"PRAGMA user_version={newest}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, path: Path) -> int:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != APPLICATION_ID and (application or version or tables):
        raise InputError(
            f"{path} is another program's SQLite file, not a label store; move it "
            "away or name another project folder."
        )
    if version > len(MIGRATIONS):
        raise InputError(
            f"{path} was written by a newer napari-nerveseg (schema {version}, this "
            f"one knows {len(MIGRATIONS)}); upgrade to open it."
        )
    return version


def _check_tables(
    connection: sqlite3.Connection, path: Path, *, mend: bool = True
) -> None:
    """See that the file has our tables and triggers, as we make them, and no others.

    A trigger that is gone guards nothing, and says nothing about the rows: it is put
    back where the file may be written.
    """
    made, meant = _made(connection), _meant(MIGRATIONS[: _version(connection, path)])
    missing = meant - made
    if made - meant or any(kind != "trigger" for kind, *_ in missing):
        raise damaged(path, "its tables are not those that nerveseg makes")
    for *_, statement in missing if mend else ():
        connection.execute(statement)


def _made(connection: sqlite3.Connection) -> frozenset[tuple[str, ...]]:
    found = connection.execute(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL "
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return frozenset((*names, " ".join(sql.split())) for *names, sql in found)


@lru_cache
def _meant(steps: tuple[Migration, ...]) -> frozenset[tuple[str, ...]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        for step in steps:
            step(connection)
        return _made(connection)


def _make_durable(connection: sqlite3.Connection) -> bool:
    try:
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    except sqlite3.OperationalError:
        mode = _leave_wal(connection)
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA fullfsync=ON")  # macOS: past the drive's own cache
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(mode == "wal")


def _leave_wal(connection: sqlite3.Connection) -> str:
    # A file left in WAL mode opens without shared memory only under one owner.
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    connection.execute("PRAGMA locking_mode=NORMAL")
    return str(mode)
