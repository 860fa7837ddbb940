"""The tables of the label store, their migrations, and how a file is opened.

Every table is append-only: triggers refuse UPDATE, DELETE and a second row of one
id (by which REPLACE would overwrite). ``application_id`` says that a file is ours,
``user_version`` is the schema's version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path, PurePath
from urllib.parse import quote

from ...errors import InputError

#: "NRVS", in SQLite's header.
APPLICATION_ID = 0x4E525653

#: Seconds that one process waits for another's transaction.
PATIENCE = 15.0

#: How SQLite is asked to open a file: to read and write, created if need be.
OPEN_AS = "mode=rwc"

#: What a user is told where the file system cannot keep a write-ahead log.
JOURNAL_NOTE = (
    "The disk of {path} has no shared memory, so the label store keeps a rollback "
    "journal there: slower, and just as safe."
)

TABLES = ("actions", "mask_versions", "frame_status", "verdicts", "snapshots")

Migration = Callable[[sqlite3.Connection], None]

# The blob comes last: SQLite then reads the rest of a row without it.
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

_APPEND_ONLY = """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, 'the label store is append-only'); END;
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
        for statement in _APPEND_ONLY.format(table=table).split("END;\n"):
            if statement.strip():
                connection.execute(statement + "END")
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")


#: ``MIGRATIONS[n]`` takes a store of version n to version n + 1; 0 is an empty file.
MIGRATIONS: tuple[Migration, ...] = (_create,)


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
        raise _cannot_open(path, error) from error
    connection = _open(path, OPEN_AS)
    try:
        return connection, _make_durable(connection)
    except sqlite3.Error as error:
        connection.close()
        raise _cannot_open(path, error) from error


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a connection to a file that is there and cannot be written.

    Raises
    ------
    InputError
        If the path cannot be opened, is no label store or has an older version.
    """
    # Without a log beside it nobody can change the file, and SQLite, who could not
    # make a log either, has to be told so. With one it needs the log's index too.
    log = path.with_name(f"{path.name}-wal")
    how = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    connection = _open(path, how)
    try:
        if _version(connection, path) != len(MIGRATIONS):
            raise InputError(
                f"{path} is of an older version and cannot be brought up to date where "
                "it is; make it writable, or copy its folder to where it is."
            )
    except sqlite3.Error as error:
        connection.close()
        raise _cannot_open(path, error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def uri_of(path: PurePath) -> str:
    """Return an absolute path as SQLite takes it.

    It knows no host: a Windows share, ``//host/share``, is a path of two slashes.
    """
    text = path.as_posix()
    return "file://" + quote(text if text.startswith("/") else f"/{text}", safe="/:")


def _open(path: Path, how: str) -> sqlite3.Connection:
    try:
        return sqlite3.connect(
            f"{uri_of(path.resolve())}?{how}",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
        )
    except sqlite3.Error as error:
        raise _cannot_open(path, error) from error


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to our version, in one transaction.

    Raises
    ------
    InputError
        If the file is another program's, or newer than this program.
    """
    newest = len(MIGRATIONS)
    if _version(connection, path) == newest:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Asked again: another process may have migrated while we waited.
        for step in MIGRATIONS[_version(connection, path) :]:
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


def _cannot_open(path: Path, error: Exception) -> InputError:
    if isinstance(error, sqlite3.OperationalError | OSError):
        return InputError(
            f"The label store {path} cannot be opened ({error}); check that its folder "
            "can be written, or name another by --project."
        )
    return InputError(
        f"{path} is not a label store ({error}); move it away or name another project "
        "folder."
    )
