"""A damaged label store is refused in one sentence, or gives what was written."""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.toys import disc
from training.data.store import (
    LabelStore,
    MaskChange,
    VerdictRecord,
    prove_store,
    schema,
)
from training.data.store.packing import digest_of, pack, runs_of
from training.data.store.schema import TABLES
from training.data.store.tables import MASKS
from training.errors import InputError

SHAPE = (64, 80)
PAGE = 4096

#: What SQLite is given in the place of a value.
ODD = (
    None,
    -1,
    0,
    1,
    2**62,
    0.5,
    "",
    "x",
    "[[]]",
    "\x00",
    b"",
    b"\xff" * 9,
    "1" * 5000,
)


def flip(rng: Random, data: bytearray) -> None:
    """Turn one bit."""
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def flips(rng: Random, data: bytearray) -> None:
    """Turn some bits."""
    for _ in range(rng.randrange(2, 40)):
        flip(rng, data)


def cut(rng: Random, data: bytearray) -> None:
    """Lose the end."""
    del data[rng.randrange(len(data)) :]


def wipe(rng: Random, data: bytearray) -> None:
    """Overwrite a piece by one byte."""
    at, n = rng.randrange(len(data)), rng.choice((1, 16, 512, PAGE))
    data[at : at + n] = bytes([rng.choice((0, 255))]) * len(data[at : at + n])


def swap_pages(rng: Random, data: bytearray) -> None:
    """Exchange two pages, or put one in the other's place as well."""
    one, two = (PAGE * rng.randrange(len(data) // PAGE) for _ in range(2))
    a, b = data[one : one + PAGE], data[two : two + PAGE]
    data[one : one + PAGE] = b
    if rng.random() < 0.7:
        data[two : two + PAGE] = a


BYTE_DAMAGES = (flip, flip, flip, flips, cut, wipe, swap_pages)


def unguarded(connection: sqlite3.Connection) -> list[str]:
    """Drop the triggers; return what makes them again."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    )
    kept = found.fetchall()
    for name, _ in kept:
        connection.execute(f"DROP TRIGGER {name}")
    return [statement for _, statement in kept]


def change_value(rng: Random, path: Path) -> None:
    """Let SQLite itself put an odd value into a column, or take a row away."""
    connection = sqlite3.connect(path, isolation_level=None)
    table = rng.choice(TABLES)
    kept = unguarded(connection)
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    ids = [row[0] for row in connection.execute(f"SELECT id FROM {table}")] or [1]
    try:
        if rng.random() < 0.2:
            connection.execute(f"DELETE FROM {table} WHERE id = ?", (rng.choice(ids),))
        else:
            connection.execute(
                f"UPDATE {table} SET {rng.choice(columns)} = ? WHERE id = ?",
                (rng.choice(ODD), rng.choice(ids)),
            )
    except sqlite3.Error:  # it refuses what the schema forbids
        pass
    for statement in kept:
        connection.execute(statement)
    connection.close()


def damage(rng: Random, path: Path) -> None:
    """Damage a label store in one of all these ways."""
    if rng.random() < 0.3:
        change_value(rng, path)
        return
    data = bytearray(path.read_bytes())
    rng.choice(BYTE_DAMAGES)(rng, data)
    path.write_bytes(data)


def write_store(path: Path) -> Path:
    """Write a store with all there can be in one, over some pages."""
    pair = ("1_1", "1_2")
    with LabelStore.open(path, author="anna") as store:
        for n in range(20):
            mask = disc(SHAPE, (20 + n % 20, 40), 12)
            store.act("paint", masks={f"1_{n % 7}": MaskChange(mask, "painted")})
            store.act("status", statuses={f"1_{n % 5}": "approved"}, note=f"note {n}")
        store.act(
            "verdict", verdict=VerdictRecord(pair, "keep", kept="1_1"), reason="é"
        )
        store.act("verdict", verdict=VerdictRecord(pair, "exclude", frames=("1_2",)))
        store.take_snapshot("first")
        store.undo(3)
        store.take_snapshot("second")
    return path


def dump(store: LabelStore) -> Any:
    """Return all that a store says."""
    masks = {frame: store.current_mask(frame) for frame in sorted(store.edited())}
    return (
        store.history(),
        store.statuses(),
        store.verdicts(),
        store.snapshots(),
        store.snapshot_id,
        {
            name: None if mask is None else mask.tobytes()
            for name, mask in masks.items()
        },
        [store.versions(f"1_{n}") for n in range(7)],
    )


def read(path: Path, read_only: bool) -> Any:
    with LabelStore.open(path, read_only=read_only) as store:
        found = dump(store)
        if not read_only:
            store.act("status", statuses={"1_6": "flagged"})
        return found


def look(path: Path, whole: Any, read_only: bool) -> str:
    """Return how reading a damaged store ended; raise if it is not as it should be."""
    proof = prove_store(path)
    try:
        found = read(path, read_only)
    except InputError as error:
        text = str(error)
        assert path.name in text
        assert not re.search(r"SELECT|INSERT|near|\n", text)
        assert len(text) < 500
        assert proof.wrong, text
        return text
    assert found == whole, "what is read is not what was written"
    return ""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_store(tmp_path_factory.mktemp("store") / "labels.sqlite")


@pytest.fixture
def store(written: Path, tmp_path: Path) -> Path:
    path = tmp_path / "labels.sqlite"
    path.write_bytes(written.read_bytes())
    return path


def test_a_damaged_store_is_whole_or_one_sentence(written: Path, store: Path) -> None:
    whole = read(written, read_only=True)
    ends = []
    started = time.process_time()
    for seed in range(80):
        for left in store.parent.glob("labels.sqlite?*"):
            left.unlink()
        store.write_bytes(written.read_bytes())
        rng = Random(seed)
        damage(rng, store)
        ends.append(look(store, whole, read_only=rng.random() < 0.3))
    assert sum(map(bool, ends)) > 25, "most of it was found"
    assert time.process_time() - started < 60


def change(path: Path, statement: str) -> None:
    """Let SQLite change what the triggers guard."""
    connection = sqlite3.connect(path, isolation_level=None)
    kept = unguarded(connection)
    connection.execute(statement)
    for trigger in kept:
        connection.execute(trigger)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE mask_versions SET frame = '1_6' WHERE id = 3",
            "row 3 of its table mask_versions, of frame 1_6, is not what was written",
        ),
        (
            "UPDATE actions SET time = '2020' WHERE id = 9",
            "row 9 of its table actions is not what was written",
        ),
        (
            "UPDATE frame_status SET status = 'flagged' WHERE id = 20",
            "row 20 of its table frame_status, of frame 1_4, is not what was written",
        ),
        (
            "UPDATE verdicts SET kept = NULL",
            "row 1 of its table verdicts is not what was written",
        ),
        (
            "UPDATE snapshots SET last_action = 1",
            "row 1 of its table snapshots is not what was written",
        ),
        (
            "DELETE FROM actions WHERE id = 43",
            "row 43 of its table actions is missing",
        ),
        (
            "DELETE FROM mask_versions WHERE id = 7",
            "row 7 of its table mask_versions is missing",
        ),
        (
            "UPDATE mask_versions SET id = 99 WHERE id = 20",
            "row 20 of its table mask_versions is missing",
        ),
        ("UPDATE last_rows SET last = 5", "row 44 of its table actions is missing"),
    ],
)
def test_a_record_that_is_not_what_was_written_is_named(
    store: Path, statement: str, said: str
) -> None:
    change(store, statement)
    with pytest.raises(InputError) as caught:
        read(store, read_only=False)
    assert str(caught.value) == (
        f"The label store {store} is damaged ({said}): restore it from a copy; "
        "'nerveseg doctor --project' with its folder lists all that is damaged, and "
        "changes nothing."
    )
    if "last_rows" not in statement:
        assert (
            said in prove_store(store).wrong
            or "behind 42" in prove_store(store).wrong[0]
        )


def test_only_the_damaged_mask_is_lost_and_undo_brings_the_one_before(
    store: Path,
) -> None:
    change(store, "UPDATE mask_versions SET runs = x'789c' WHERE id = 20")
    (wrong,) = prove_store(store).wrong
    assert wrong.startswith("mask version 20 of frame 1_5 cannot be read")
    with LabelStore.open(store) as opened:
        with pytest.raises(InputError, match="so undo action 39, paint the frame anew"):
            opened.current_mask("1_5")
        assert opened.current_mask("1_3") is not None
        opened.undo(39)
        assert opened.current_mask("1_5") is not None
        assert opened.version("1_5") == 13


def test_another_mask_in_a_masks_place_is_noticed(store: Path) -> None:
    change(
        store,
        "UPDATE mask_versions SET runs = "
        "(SELECT runs FROM mask_versions WHERE id = 19) WHERE id = 20",
    )
    with (
        LabelStore.open(store) as opened,
        pytest.raises(InputError, match=r"\(it is not the mask that was written\)"),
    ):
        opened.current_mask("1_5")


def test_a_guard_that_is_gone_is_put_back_and_a_strange_one_is_refused(
    store: Path,
) -> None:
    connection = sqlite3.connect(store, isolation_level=None)
    connection.execute("DROP TRIGGER actions_no_delete")
    LabelStore.open(store, read_only=True).close()
    LabelStore.open(store).close()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM actions")
    connection.execute(
        "CREATE TRIGGER mine AFTER INSERT ON actions BEGIN DELETE FROM last_rows; END"
    )
    connection.close()
    for read_only in (True, False):
        with pytest.raises(InputError, match="its tables are not those that nerveseg"):
            LabelStore.open(store, read_only=read_only)


def first_version(path: Path) -> None:
    """Write a store as the first version did."""
    connection = sqlite3.connect(path, isolation_level=None)
    schema._create(connection)
    connection.execute("PRAGMA user_version=1")
    insert = "INSERT INTO actions (kind, author, time, reason, note) VALUES"
    connection.execute(f"{insert} ('paint', 'anna', '2026', '', 'é')")
    mask = disc(SHAPE, (20, 40), 12)
    runs = runs_of(mask)
    connection.execute(
        "INSERT INTO mask_versions (action, frame, height, width, area, digest, "
        "author, source, reason, time, runs) "
        "VALUES (1, '1_1', 64, 80, ?, ?, '', '', '', '', ?)",
        (int(mask.sum()), digest_of(runs, SHAPE), pack(runs)),
    )
    connection.close()


def test_a_store_of_the_first_version_is_proved_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    first_version(path)
    before = path.read_bytes()
    assert prove_store(path) == (0, 1, True, ())
    assert path.read_bytes() == before
    old = sqlite3.connect(path, isolation_level=None)
    with LabelStore.open(path) as opened:
        assert opened.history()[0].note == "é"
        mask = opened.current_mask("1_1")
        assert mask is not None and mask.sum() == opened.current_area("1_1")
        assert opened.act("status", statuses={"1_1": "approved"}) == 2
        with pytest.raises(sqlite3.IntegrityError, match="an older program cannot"):
            old.execute(
                "INSERT INTO actions (kind, author, time, reason, note) "
                "VALUES ('paint', '', '', '', '')"
            )
    old.close()
    assert prove_store(path) == (4, 1, False, ())
    change(path, "UPDATE actions SET note = 'e' WHERE id = 1")
    assert prove_store(path).wrong == (
        "row 1 of its table actions is not what was written",
    )


@pytest.mark.parametrize("shape", [(65_535, 65_537), (0, 5), (-1, -5), (2**40, 1)])
def test_a_mask_that_says_to_be_enormous_is_refused_when_opened(
    store: Path, shape: tuple[int, int]
) -> None:
    change(
        store,
        f"UPDATE mask_versions SET height={shape[0]}, width={shape[1]} WHERE id=1",
    )
    connection = sqlite3.connect(store, isolation_level=None)
    row = connection.execute(f"SELECT {MASKS.listed} FROM mask_versions").fetchone()
    connection.close()
    change(store, f"UPDATE mask_versions SET checksum={MASKS.checksum(row)} WHERE id=1")
    with pytest.raises(
        InputError, match=f"says that it is {shape[0]} x {shape[1]} pix"
    ):
        LabelStore.open(store)
    assert prove_store(store).wrong
