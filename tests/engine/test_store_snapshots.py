"""Snapshots: the labels as of one moment, later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from training.data.store import LabelStore, MaskChange, VerdictRecord
from training.errors import InputError

PAIR = ("1_1", "1_2")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.sqlite", author="anna") as opened:
        yield opened


def change(area: int) -> MaskChange:
    mask = np.zeros((4, 5), bool)
    mask.flat[:area] = True
    return MaskChange(mask, "painted")


def test_a_snapshot_brings_back_what_held(store: LabelStore) -> None:
    store.act("paint", masks={"1_1": change(3)})
    store.act("status", statuses={"1_2": "excluded"})
    store.act("verdict", verdict=VerdictRecord(PAIR, "ambiguous"))
    snapshot = store.take_snapshot("before the second reading")
    store.undo(1)
    store.act("paint", masks={"1_2": change(9)})
    store.act("verdict", verdict=VerdictRecord(PAIR, "redraw"))
    store.act("status", statuses={"1_2": "approved"})
    then = store.at(snapshot.id)
    assert (then.current_area("1_1"), then.current_area("1_2")) == (3, None)
    mask = then.current_mask("1_1")
    assert mask is not None
    assert mask.sum() == 3
    assert then.excluded() == {"1_2"}
    assert then.ambiguous() == set(PAIR)
    assert then.snapshot_id == snapshot.id
    assert len(then.history()) == 3
    assert store.current_area("1_2") == 9


def test_snapshots_are_listed_over_restarts(store: LabelStore) -> None:
    first = store.take_snapshot()
    store.act("paint", masks={"1_1": change(3)})
    second = store.take_snapshot("done")
    store.close()
    with LabelStore.open(store.path) as again:
        assert again.snapshots() == [first, second]
        assert again.at(first.id).edited() == set()
        assert again.at(second.id).edited() == {"1_1"}
    assert (second.note, second.author, second.last_action) == ("done", "anna", 1)


def test_an_id_serves_though_nobody_wrote_it_down(store: LabelStore) -> None:
    store.act("paint", masks={"1_1": change(3)})
    name = store.snapshot_id
    store.act("paint", masks={"1_1": change(4)})
    assert store.snapshots() == []
    assert store.at(name).current_area("1_1") == 3


def test_equal_labels_have_equal_content_whatever_led_there(
    store: LabelStore, tmp_path: Path
) -> None:
    store.act("status", statuses={"1_2": "flagged"})
    store.act("paint", masks={"1_1": change(9)})
    store.undo(2)
    store.act("paint", masks={"1_1": change(3)})
    with LabelStore.open(tmp_path / "other.sqlite", author="bert") as other:
        masks = {"1_1": change(3)}
        other.act("rule", masks=masks, statuses={"1_2": "flagged"})
        ours, theirs = store.snapshot_id, other.snapshot_id
        assert ours.split("-")[0] == theirs.split("-")[0]
        assert ours != theirs
        other.act("paint", masks={"1_1": change(4)})
        assert ours.split("-")[0] != other.snapshot_id.split("-")[0]


@pytest.mark.parametrize("name", ["", "latest", "0123456789ab-0", "0123456789ab-99"])
def test_a_snapshot_that_never_was_is_refused(store: LabelStore, name: str) -> None:
    taken = store.take_snapshot()
    with pytest.raises(
        InputError, match=f"There is no snapshot {name} in .*{taken.id}"
    ):
        store.at(name)


def test_a_frozen_view_does_not_move(store: LabelStore) -> None:
    store.act("paint", masks={"1_1": change(3)})
    frozen = store.frozen()
    store.act("paint", masks={"1_1": change(4)})
    assert frozen.current_area("1_1") == 3
    assert frozen.snapshot_id != store.snapshot_id
    assert store.at(frozen.snapshot_id).current_area("1_1") == 3


def test_a_view_is_written_down_as_it_was(store: LabelStore) -> None:
    store.act("paint", masks={"1_1": change(3)})
    frozen = store.frozen()
    store.act("paint", masks={"1_1": change(4)})
    taken = store.take_snapshot("training a", view=frozen)
    assert (taken.id, taken.last_action) == (frozen.snapshot_id, 1)
    assert store.snapshots() == [taken]
