"""Opening the label store's file: new, old, newer, somebody else's, on a poor disk."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import numpy as np
import pytest

from training.data.store import LabelStore, MaskChange, schema
from training.errors import InputError

MASK = np.eye(8, dtype=bool)

#: SQLite's own way to a file system without shared memory, as some network disks are.
NO_SHARED_MEMORY = "mode=rwc&vfs=unix-dotfile"

needs_unix = pytest.mark.skipif(os.name == "nt", reason="a file layer of Unix only")


def pragma(path: Path, name: str) -> object:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]
    finally:
        connection.close()


def test_a_new_store_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new #1?" / "labels.sqlite"
    with LabelStore.open(path) as store:
        assert store.note is None
        assert store.author == "unknown"
    assert pragma(path, "user_version") == len(schema.MIGRATIONS)
    assert pragma(path, "journal_mode") == "wal"
    assert pragma(path, "application_id") == schema.APPLICATION_ID


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    path.touch()
    with LabelStore.open(path) as store:
        assert store.history() == []


def test_every_commit_reaches_the_disk(tmp_path: Path) -> None:
    connection, logged = schema.connect(tmp_path / "labels.sqlite")
    assert logged
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    connection.close()


def test_a_file_that_is_not_sqlite_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    path.write_bytes(b"frame,status\n" * 200)
    with pytest.raises(InputError, match=r"labels.sqlite is not a label store \("):
        LabelStore.open(path)
    assert path.read_bytes() == b"frame,status\n" * 200
    assert list(tmp_path.iterdir()) == [path]


def test_another_programs_sqlite_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="another program's SQLite file, not a label"):
        LabelStore.open(path)
    connection = sqlite3.connect(path)
    tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == [("bookmarks",)]


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    LabelStore.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(
        InputError, match=r"newer napari-nerveseg \(schema 99, this one"
    ):
        LabelStore.open(path)
    assert pragma(path, "user_version") == 99


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    path.mkdir()
    with pytest.raises(InputError, match=r"cannot be opened .* another by --project"):
        LabelStore.open(path)


def test_a_link_that_leads_back_to_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    path.symlink_to(path)
    with pytest.raises(InputError) as caught:
        LabelStore.open(path)
    assert str(caught.value).startswith(f"{path} is a link that leads back to itself")


def test_an_older_store_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.sqlite"
    with LabelStore.open(path) as store:
        store.act("paint", masks={"1_1": MaskChange(MASK, "painted")})

    def add_colour(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE snapshots ADD COLUMN colour TEXT")

    steps = (*schema.MIGRATIONS, add_colour)
    monkeypatch.setattr(schema, "MIGRATIONS", steps)
    with LabelStore.open(path) as store:
        mask = store.current_mask("1_1")
        assert mask is not None
        assert (mask == MASK).all()
        store.take_snapshot()
    assert pragma(path, "user_version") == len(steps)


def test_a_migration_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.sqlite"
    LabelStore.open(path).close()

    def half(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (id INTEGER)")
        connection.execute("CREATE TABLE actions (id INTEGER)")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, half))
        with pytest.raises(InputError, match="is damaged"):
            LabelStore.open(path)
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'half'")
    assert found.fetchone() is None
    connection.close()
    LabelStore.open(path).close()


@needs_unix
def test_without_shared_memory_a_rollback_journal_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.sqlite"
    monkeypatch.setattr(schema, "OPEN_AS", NO_SHARED_MEMORY)
    with LabelStore.open(path) as store, LabelStore.open(path) as other:
        assert store.note is not None
        assert "no shared memory" in store.note
        assert str(path) in store.note
        store.act("paint", masks={"1_1": MaskChange(MASK, "painted")})
        other.refresh()
        assert other.current_area("1_1") == 8
    assert pragma(path, "journal_mode") == "delete"


@needs_unix
def test_a_store_moved_to_such_a_disk_still_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.sqlite"
    with LabelStore.open(path) as store:
        store.act("paint", masks={"1_1": MaskChange(MASK, "painted")})
    monkeypatch.setattr(schema, "OPEN_AS", NO_SHARED_MEMORY)
    with LabelStore.open(path) as store:
        assert store.note is not None
        assert store.current_area("1_1") == 8


def test_a_store_that_another_program_holds_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.sqlite"
    monkeypatch.setattr(schema, "PATIENCE", 0.01)
    with LabelStore.open(path) as store:
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(InputError, match="Another program holds the label store"):
            store.act("status", statuses={"1_1": "flagged"})
        holder.close()
        assert store.act("status", statuses={"1_1": "flagged"}) == 1


def test_a_folder_that_cannot_be_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "project" / "labels.sqlite"
    with LabelStore.open(path, author="anna") as store:
        store.act("paint", masks={"1_1": MaskChange(MASK, "painted")})
        taken = store.take_snapshot()
    before = path.read_bytes()
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        with LabelStore.open(path, read_only=True) as store:
            assert not store.writable
            assert (store.current_mask("1_1") == MASK).all()
            assert store.at(taken.id).edited() == {"1_1"}
            assert store.refresh() == 1
            with pytest.raises(InputError, match="cannot be written; make it writable"):
                store.act("status", statuses={"1_1": "approved"})
        assert list(path.parent.iterdir()) == [path]
        assert path.read_bytes() == before
    finally:
        path.parent.chmod(0o755)


def test_a_log_that_was_left_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    with LabelStore.open(path) as store:
        store.act("paint", masks={"1_1": MaskChange(MASK, "painted")})
        assert path.with_name("labels.sqlite-wal").stat().st_size
        with LabelStore.open(path, read_only=True) as reading:
            assert reading.edited() == {"1_1"}
            store.act("paint", masks={"1_2": MaskChange(MASK, "painted")})
            assert reading.refresh() == 2


def test_what_only_reading_cannot_open_is_named(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    with pytest.raises(InputError, match="cannot be opened"):
        LabelStore.open(path, read_only=True)
    path.touch()
    with pytest.raises(InputError, match="of an older version and cannot be brought"):
        LabelStore.open(path, read_only=True)
    path.write_bytes(b"frame,status\n" * 200)
    with pytest.raises(InputError, match="is not a label store"):
        LabelStore.open(path, read_only=True)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PurePosixPath("/a b/#1?/x.sqlite"), "file:///a%20b/%231%3F/x.sqlite"),
        (PureWindowsPath(r"C:\a b\x.sqlite"), "file:///C:/a%20b/x.sqlite"),
        (PureWindowsPath(r"\\host\share\x.sqlite"), "file:////host/share/x.sqlite"),
    ],
)
def test_sqlite_gets_paths_without_a_host(path: PurePath, uri: str) -> None:
    assert schema.uri_of(path) == uri
