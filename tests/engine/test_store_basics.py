"""The label store: what goes in stays in, with its provenance."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.toys import disc
from training.data.store import LabelStore, MaskChange, VerdictRecord
from training.data.store.schema import TABLES
from training.errors import InputError

SHAPE = (64, 80)
NERVE = disc(SHAPE, (30, 40), 12)
EMPTY = np.zeros(SHAPE, bool)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.sqlite", author="anna") as opened:
        yield opened


def painted(mask: np.ndarray) -> MaskChange:
    return MaskChange(mask, "painted")


def test_an_untouched_frame_has_the_sources_mask(store: LabelStore) -> None:
    assert store.current_mask("1_1") is None
    assert store.current_area("1_1") is None
    assert store.version("1_1") is None
    assert store.status("1_1") == "unreviewed"
    assert store.history() == []
    assert store.last_edit("1_1") is None
    assert store.edited() == set()


def test_the_newest_mask_and_status_hold(store: LabelStore) -> None:
    store.act("paint", masks={"1_1": painted(NERVE)})
    store.act("erase", masks={"1_1": painted(EMPTY)})
    store.act("status", statuses={"1_1": "approved", "1_2": "flagged"})
    mask = store.current_mask("1_1")
    assert mask is not None
    assert mask.shape == SHAPE
    assert not mask.any()
    assert store.current_area("1_1") == 0
    assert store.statuses() == {"1_1": "approved", "1_2": "flagged"}
    assert store.edited() == {"1_1"}


def test_provenance_is_kept(store: LabelStore) -> None:
    first = store.act("paint", masks={"1_1": painted(NERVE)}, reason="seen on 1_2")
    parent = store.version("1_1")
    change = MaskChange(EMPTY, "prediction:run1")
    second = store.act("accept-prediction", masks={"1_1": change}, note="checked")
    version = store.mask_version("1_1")
    assert version is not None
    assert (version.action, version.parent) == (second, parent)
    assert (version.author, version.source) == ("anna", "prediction:run1")
    assert version.shape == SHAPE
    action = store.history("1_1")[0]
    assert (action.id, action.kind, action.author) == (first, "paint", "anna")
    assert (action.reason, action.frames) == ("seen on 1_2", ("1_1",))
    assert action.time.endswith("Z")
    assert store.history("1_1")[1].note == "checked"


def test_a_closed_store_opens_with_everything(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    verdict = VerdictRecord(("1_1", "1_2"), "keep", kept="1_1", reason="clearer")
    with LabelStore.open(path, author="anna") as store:
        store.act("verdict", masks={"1_2": painted(NERVE)}, verdict=verdict)
        store.act("status", statuses={"1_1": "flagged"})
        store.undo(2)
        before = (store.history(), store.verdicts(), store.snapshot_id)
    with LabelStore.open(path, author="bert") as store:
        assert (store.history(), store.verdicts(), store.snapshot_id) == before
        mask = store.current_mask("1_2")
        assert mask is not None
        assert (mask == NERVE).all()


def test_verdicts_are_kept_and_the_newest_of_a_group_holds(store: LabelStore) -> None:
    group = ("1_1", "1_2")
    store.act("verdict", verdict=VerdictRecord(group, "ambiguous"), reason="faint")
    assert store.ambiguous() == set(group)
    assert store.verdicts()[0].reason == "faint"
    action = store.act("verdict", verdict=VerdictRecord(group[::-1], "redraw"))
    assert [(v.verdict, v.action) for v in store.verdicts()] == [("redraw", action)]
    assert store.ambiguous() == set()
    store.undo(action)
    assert store.ambiguous() == set(group)


def test_an_exclude_verdict_excludes_its_frames(store: LabelStore) -> None:
    record = VerdictRecord(("1_1", "1_2", "1_3"), "exclude", frames=("1_2", "1_3"))
    action = store.act("verdict", verdict=record)
    assert store.excluded() == {"1_2", "1_3"}
    store.act("status", statuses={"1_3": "approved"})
    assert store.excluded() == {"1_2"}
    store.undo(action)
    assert store.excluded() == set()


def decide(store: LabelStore, group: str, verdict: str, frames: str = "") -> int:
    """Frames are letters here."""
    record = VerdictRecord(tuple(group), verdict, frames=tuple(frames))
    return store.act("verdict", verdict=record)


@pytest.mark.parametrize(
    ("older", "status"), [("exclude", "excluded"), ("redraw", "flagged")]
)
def test_a_newer_verdict_takes_an_older_ones_status_back(
    store: LabelStore, older: str, status: str
) -> None:
    store.act("status", statuses={"d": "approved"})
    first = decide(store, "de", older)
    assert store.statuses() == {"d": status, "e": status}
    second = decide(store, "ed", "keep")
    assert (store.status("d"), store.status("e")) == ("approved", "unreviewed")
    store.undo(second)
    assert store.statuses() == {"d": status, "e": status}
    store.undo(first)
    assert store.statuses() == {"d": "approved"}


def test_a_verdict_on_part_of_a_group_leaves_the_rest(store: LabelStore) -> None:
    for verdict in ("ambiguous", "exclude"):
        decide(store, "abc", verdict)
    assert store.ambiguous() == set()  # excluding decided anew about the same group
    decide(store, "abcd", "ambiguous")
    decide(store, "ab", "keep")
    assert store.ambiguous() == {"c", "d"}
    assert store.excluded() == set()
    decide(store, "cde", "exclude", "c")
    assert store.ambiguous() == {"d"}
    decide(store, "cde", "exclude", "e")
    assert store.excluded() == {"e"}


def test_that_two_frames_are_no_duplicates_says_nothing_of_their_labels(
    store: LabelStore,
) -> None:
    decide(store, "ab", "exclude")
    decide(store, "cd", "ambiguous")
    decide(store, "bd", "not-duplicate")
    assert (store.excluded(), store.ambiguous()) == ({"a", "b"}, {"c", "d"})
    decide(store, "ab", "not-duplicate")
    decide(store, "cd", "not-duplicate")
    assert (store.excluded(), store.ambiguous()) == (set(), set())


def test_a_status_set_by_hand_since_is_kept(store: LabelStore) -> None:
    decide(store, "ab", "exclude")
    store.act("status", statuses={"a": "approved"})
    decide(store, "ab", "union")
    assert (store.status("a"), store.status("b")) == ("approved", "unreviewed")


def test_not_duplicates_are_pairs(store: LabelStore) -> None:
    store.act("verdict", verdict=VerdictRecord(("a", "b"), "not-duplicate"))
    some = VerdictRecord(("c", "d", "e"), "not-duplicate", frames=("e",))
    store.act("verdict", verdict=some)
    pairs = {frozenset("ab"), frozenset("ce"), frozenset("de")}
    assert store.not_duplicates() == pairs


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_ever_overwritten_or_deleted(store: LabelStore, table: str) -> None:
    record = VerdictRecord(("1_1",), "redraw")
    masks = {"1_1": painted(NERVE)}
    store.act("verdict", masks=masks, statuses={"1_1": "flagged"}, verdict=record)
    store.take_snapshot()
    raw = sqlite3.connect(store.path)
    try:
        for statement in (
            f"UPDATE {table} SET id = id + 1",
            f"DELETE FROM {table}",
            f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(statement)
    finally:
        raw.close()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "changes nothing"),
        ({"statuses": {"1_1": "done"}}, "'done' is no status; take one of unreviewed,"),
        (
            {"verdict": VerdictRecord(("a",), "maybe")},
            "'maybe' is no verdict; take one",
        ),
        (
            {"verdict": VerdictRecord(("a",), "keep", kept="b")},
            "frames b are not in its",
        ),
        ({"verdict": VerdictRecord((), "keep")}, "not in its group"),
        ({"masks": {"1_9": painted(EMPTY[:10])}}, r"frame 1_9 is \(10, 80\)"),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_nothing(
    store: LabelStore, change: dict, message: str
) -> None:
    store.act("paint", masks={"1_9": painted(NERVE)})
    with pytest.raises(InputError, match=message):
        store.act("any", **change)
    assert len(store.history()) == 1
    assert store.act("status", statuses={"1_1": "approved"}) == 2


def test_half_an_action_is_rolled_back(store: LabelStore) -> None:
    masks = {"1_1": painted(NERVE), "1_2": painted(NERVE.astype(np.uint8))}
    with pytest.raises(TypeError, match="2-D bool"):
        store.act("paint", masks=masks)
    assert store.history() == []
    assert store.current_mask("1_1") is None


def test_another_store_on_the_file_is_seen_after_refresh(store: LabelStore) -> None:
    with LabelStore.open(store.path, author="bert") as other:
        store.act("paint", masks={"1_1": painted(NERVE)})
        assert other.current_mask("1_1") is None
        assert other.refresh() == 1
        assert other.current_area("1_1") == NERVE.sum()
        before = store.last_action
        other.act("status", statuses={"1_2": "flagged"})
        other.undo(1)
        assert store.refresh() == 3
        assert store.changed_since(before) == {"1_1", "1_2"}
        assert store.current_mask("1_1") is None
        assert [a.author for a in store.history()] == ["anna", "bert", "bert"]


def test_a_writer_takes_in_what_others_wrote_before_it_decides(
    store: LabelStore,
) -> None:
    with LabelStore.open(store.path) as other:
        action = store.act("paint", masks={"1_1": painted(NERVE)})
        other.undo(action)
        with pytest.raises(InputError, match="Action 1 is undone already"):
            store.undo(action)
        store.act("paint", masks={"1_1": painted(EMPTY)})
        other.act("paint", masks={"1_1": painted(NERVE)})
        version = other.mask_version("1_1")
        assert version is not None
        assert version.parent == store.version("1_1")


def test_threads_may_write_and_read_one_store(store: LabelStore) -> None:
    def write(name: str) -> None:
        for _ in range(10):
            store.act("paint", masks={name: painted(NERVE)})
            store.current_mask(name)

    threads = [threading.Thread(target=write, args=(f"1_{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [action.id for action in store.history()] == list(range(1, 41))
    assert store.edited() == {"1_0", "1_1", "1_2", "1_3"}


def test_a_damaged_mask_is_named(store: LabelStore) -> None:
    store.act("paint", masks={"1_1": painted(NERVE)})
    raw = sqlite3.connect(store.path)
    raw.execute("DROP TRIGGER mask_versions_no_update")
    raw.execute("UPDATE mask_versions SET runs = x'00'")
    raw.commit()
    raw.close()
    with pytest.raises(InputError, match=r"version 1 of frame 1_1 in .* is damaged"):
        store.current_mask("1_1")
