"""Undo and redo: one more record, and exactly what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from training.data.store import GroupActionError, LabelStore, MaskChange, VerdictRecord
from training.errors import InputError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LabelStore]:
    with LabelStore.open(tmp_path / "labels.sqlite", author="anna") as opened:
        yield opened


def change(area: int) -> MaskChange:
    mask = np.zeros((4, 8), bool)
    mask.flat[:area] = True
    return MaskChange(mask, "painted")


def paint(store: LabelStore, **areas: int) -> int:
    return store.act("paint", masks={f: change(area) for f, area in areas.items()})


def test_undo_is_a_new_record_and_loses_nothing(store: LabelStore) -> None:
    action = paint(store, a=5)
    result = store.undo(action)
    assert (result.undone, result.left) == (("a",), ())
    assert store.current_mask("a") is None
    history = store.history("a")
    assert [(h.kind, h.undoes, h.in_effect) for h in history] == [
        ("paint", None, False),
        ("undo", action, True),
    ]


def test_redo_brings_it_back_and_may_be_undone_again(store: LabelStore) -> None:
    action = paint(store, a=5)
    for _ in range(3):
        store.undo(action)
        assert store.current_area("a") is None
        assert store.redo(action).undone == ("a",)
        assert store.current_area("a") == 5


def test_an_undo_may_itself_be_undone_by_its_id(store: LabelStore) -> None:
    action = paint(store, a=5)
    undone = store.undo(action).action
    redone = store.undo(undone).action
    assert store.current_area("a") == 5
    store.undo(redone)
    assert store.current_area("a") is None
    assert [h.in_effect for h in store.history()] == [False, True, False, True]


def test_a_frames_undo_walks_back_and_redo_forth(store: LabelStore) -> None:
    for area in (1, 2, 3):
        paint(store, a=area)
    areas = []
    while store.undo_frame("a"):
        areas.append(store.current_area("a"))
    assert areas == [2, 1, None]
    while store.redo_frame("a"):
        areas.append(store.current_area("a"))
    assert areas == [2, 1, None, 1, 2, 3]


def test_a_new_edit_ends_what_can_be_redone(store: LabelStore) -> None:
    paint(store, a=1)
    paint(store, a=2)
    store.undo_frame("a")
    paint(store, a=3)
    assert store.redo_frame("a") is None
    undone = store.undo_frame("a")
    assert undone is not None
    assert (store.current_area("a"), undone.id) == (1, 4)
    assert store.redo_frame("a") is not None
    assert store.current_area("a") == 3
    assert store.redo_frame("a") is None


def test_a_frames_undo_touches_no_other_frame(store: LabelStore) -> None:
    paint(store, a=1)
    paint(store, b=2)
    store.undo_frame("a")
    assert store.current_area("b") == 2
    assert store.undo_frame("a") is None
    assert store.redo_frame("b") is None
    assert len(store.history("b")) == 1


def test_a_status_is_undone_like_a_stroke(store: LabelStore) -> None:
    paint(store, a=1)
    store.act("status", statuses={"a": "approved"})
    undone = store.undo_frame("a")
    assert undone is not None
    assert undone.kind == "status"
    assert (store.status("a"), store.current_area("a")) == ("unreviewed", 1)
    store.redo_frame("a")
    assert store.status("a") == "approved"


def test_a_group_action_is_not_undone_from_one_frame(store: LabelStore) -> None:
    paint(store, a=1)
    group = store.act("rule", masks={"a": change(0), "b": change(0)})
    with pytest.raises(
        GroupActionError, match=r"action 2 \(rule\) over 2 frames"
    ) as got:
        store.undo_frame("a")
    assert got.value.action.id == group
    assert got.value.frame == "a"
    assert len(store.history()) == 2
    store.undo(group)
    assert store.current_area("a") == 1
    assert store.undo_frame("a") is not None


def test_a_verdict_alone_counts_as_a_change_of_its_group(store: LabelStore) -> None:
    paint(store, a=1)
    store.act("verdict", verdict=VerdictRecord(("a", "b"), "not-duplicate"))
    with pytest.raises(GroupActionError):
        store.undo_frame("a")
    last = store.last_edit("b")
    assert last is not None
    assert last.frames == ("a", "b")


def test_frames_edited_since_are_listed_and_left_alone(store: LabelStore) -> None:
    paint(store, a=1, b=1)
    group = store.act(
        "verdict",
        masks={"a": change(0), "b": change(0), "c": change(0)},
        verdict=VerdictRecord(("a", "b", "c"), "all-empty"),
    )
    paint(store, b=7)
    result = store.undo(group)
    assert (result.undone, result.left) == (("a", "c"), ("b",))
    areas = [store.current_area(frame) for frame in "abc"]
    assert areas == [1, 7, None]
    assert store.verdicts() == []
    store.undo_frame("b")
    assert store.current_area("b") == 1


def test_an_edit_that_was_undone_since_does_not_count(store: LabelStore) -> None:
    group = paint(store, a=1, b=1)
    paint(store, b=7)
    store.undo_frame("b")
    assert store.undo(group).left == ()


def test_a_status_given_since_does_not_hold_a_mask_back(store: LabelStore) -> None:
    group = paint(store, a=1, b=1)
    store.act("status", statuses={"a": "approved"})
    assert store.undo(group).left == ()
    assert store.current_mask("a") is None
    assert store.status("a") == "approved"


def test_force_takes_later_edits_back_too_and_redo_returns_all(
    store: LabelStore,
) -> None:
    group = paint(store, a=1, b=1)
    paint(store, b=7)
    paint(store, b=8)
    result = store.undo(group, force=True)
    assert (result.undone, result.left) == (("a", "b"), ())
    assert store.edited() == set()
    assert store.redo_frame("b") is None
    assert store.redo(group).left == ()
    assert (store.current_area("a"), store.current_area("b")) == (1, 8)
    store.undo(group, force=True)
    assert store.edited() == set()


def test_force_does_not_reach_frames_outside_the_action(store: LabelStore) -> None:
    group = paint(store, a=1, b=1)
    later = store.act("rule", masks={"b": change(2), "z": change(2)})
    with pytest.raises(GroupActionError, match="action 2") as got:
        store.undo(group, force=True)
    assert got.value.action.id == later
    assert len(store.history()) == 2
    store.undo(later)
    assert store.undo(group, force=True).undone == ("a", "b")


def test_redo_under_a_newer_edit_leaves_that_one(store: LabelStore) -> None:
    group = paint(store, a=1, b=1)
    store.undo(group)
    paint(store, b=7)
    result = store.redo(group)
    assert (result.undone, result.left) == (("a",), ("b",))
    assert (store.current_area("a"), store.current_area("b")) == (1, 7)


@pytest.mark.parametrize("other_process", [False, True])
def test_what_cannot_be_undone_or_redone_says_so(
    store: LabelStore, other_process: bool
) -> None:
    action = paint(store, a=1)
    if other_process:
        with LabelStore.open(store.path) as other:
            other.undo(action)
    else:
        store.undo(action)
    with pytest.raises(InputError, match="Action 1 is undone already; redo it"):
        store.undo(action)
    store.redo(action)
    with pytest.raises(InputError, match="Action 1 is in effect; there is nothing"):
        store.redo(action)
    with pytest.raises(InputError, match="There is no action 77 in the label store"):
        store.undo(77)
    assert len(store.history()) == 3


def test_undo_survives_a_restart(store: LabelStore) -> None:
    paint(store, a=1)
    paint(store, a=2)
    store.undo_frame("a")
    store.close()
    with LabelStore.open(store.path) as again:
        assert again.current_area("a") == 1
        assert again.redo_frame("a") is not None
        assert again.current_area("a") == 2
