from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.test_learn_splits import frames, listed, subjects_of, ten_subjects
from training.errors import InputError
from training.files import digest_json
from training.learn import make_folds
from training.learn.splits.folds import (
    check_folds,
    read_folds,
    twins_across,
    write_folds,
)
from training.learn.splits.searched import DuplicateGroups, DuplicateSearch
from training.learn.splits.split import LEAKING, NOT_BY_SUBJECT


def subject_of(dataset):
    return {entry.id: entry.subject for entry in dataset.entries}


@given(
    ids=st.lists(frames, min_size=2, unique=True),
    groups=st.lists(st.lists(frames, min_size=2, max_size=4, unique=True), max_size=5),
    nerve=st.sets(frames),
    k=st.integers(2, 4),
    seed=st.integers(0, 9),
    n_test=st.integers(0, 1),
)
def test_every_frame_is_held_out_once_and_away_from_its_like(
    ids, groups, nerve, k, seed, n_test
):
    dataset = listed(*ids)
    test = sorted(subjects_of(ids))[:n_test]
    is_nerve = {name: name in nerve for name in ids}
    try:
        folds = make_folds(dataset, groups, k, seed, is_nerve, test_subjects=test)
    except InputError:
        return
    assert len(folds) == k
    held = [name for split in folds for name in split.val]
    assert sorted([*held, *folds[0].test, *folds[0].left_out]) == sorted(ids)
    for split in folds:
        assert split.val
        assert {*split.train} == {*held} - {*split.val}
    assert twins_across(folds, groups) == []
    check_folds(folds, subject_of(dataset))
    if NOT_BY_SUBJECT not in folds[0].warnings:
        for split in folds:
            assert not subjects_of(split.val) & subjects_of(split.train)


def test_folds_are_alike_in_size_and_in_share_of_nerve_frames():
    ids = [f"{s}_{i}" for s in range(1, 21) for i in range(10)]
    # Subject s shows a nerve in s / 2 of its 10 frames.
    is_nerve = {f"{s}_{i}": i < s // 2 for s in range(1, 21) for i in range(10)}
    for split in make_folds(listed(*ids), (), 5, 0, is_nerve):
        assert len(split.val) == 40
        assert 0.4 <= sum(map(is_nerve.get, split.val)) / 40 <= 0.6


def test_the_seed_chooses_among_equals():
    one, same, other = (
        [split.val for split in make_folds(ten_subjects(), (), 5, seed, {})]
        for seed in (0, 0, 1)
    )
    assert one == same
    assert one != other


def test_near_duplicates_of_test_frames_are_in_no_fold():
    folds = make_folds(ten_subjects(), [("3_1", "7_2")], 3, 0, {}, test_subjects=["7"])
    assert folds[0].left_out == ("3_1",)
    assert subjects_of(folds[0].test) == {"7"}
    assert folds[0].warnings == (
        "1 frames are in no fold, because they are near-duplicates of frames that "
        "test.",
    )


def test_without_subjects_groups_are_assigned_with_a_warning():
    folds = make_folds(listed("a", "b", "c", "d"), [("a", "b")], 3, 0, {})
    assert {split.val for split in folds} == {("a", "b"), ("c",), ("d",)}
    assert folds[0].warnings == (NOT_BY_SUBJECT,)


def test_folds_by_frame_leak_and_list_their_twins():
    ids = [f"1_{i}" for i in range(4)]
    folds = make_folds(listed(*ids), [tuple(ids)], 2, 0, {}, split_by="frame")
    assert folds[0].warnings[0] == LEAKING
    assert "1 pairs of near-duplicates are on both sides" in folds[0].warnings[1]
    assert twins_across(folds, [tuple(ids)]) == [
        (folds[i].val[0], folds[1 - i].val[0])
        for i in (0, 1)
        if folds[i].val[0] == "1_0"
    ]


@pytest.mark.parametrize(
    ("k", "groups", "test", "message"),
    [
        (1, [], [], "folds is 1: give 2 or more."),
        (
            5,
            [[f"{s}_1" for s in range(1, 8)]],
            [],
            "/nowhere has 4 parts that share neither subject nor near-duplicate, too "
            "few for 5 folds: give fewer folds or test_subjects.",
        ),
        (
            3,
            [],
            ["77"],
            "test_subjects names subject 77, but there is no such subject; the "
            "subjects are: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.",
        ),
    ],
)
def test_folds_that_cannot_be_made_are_refused(k, groups, test, message):
    with pytest.raises(InputError) as caught:
        make_folds(ten_subjects(), groups, k, 0, {}, test_subjects=test)
    assert str(caught.value) == message


@pytest.fixture
def written(tmp_path):
    dataset = ten_subjects()
    folds = make_folds(dataset, (), 3, 0, {}, test_subjects=["2"])
    path = tmp_path / "splits.json"
    value = write_folds(path, folds, subject_of(dataset))
    return dataset, folds, path, value


def test_folds_are_written_with_a_hash_and_read_back(written):
    dataset, folds, path, value = written
    assert read_folds(path, dataset) == folds
    assert len(value["sha256"]) == 64
    assert value["near_duplicates_across"] is None, "nobody has searched"
    assert value["duplicate_search"] is None
    assert sorted(value["folds"][0]) == [
        "train",
        "train_subjects",
        "val",
        "val_subjects",
    ]
    assert value["folds"][0]["val_subjects"] == list(
        dict.fromkeys(name.split("_")[0] for name in folds[0].val)
    )


def test_folds_remember_the_search_for_near_duplicates(tmp_path):
    dataset, path = ten_subjects(), tmp_path / "splits.json"
    search = DuplicateSearch("SSIM above 0.99, window uniform7, scope all", True, 2)
    groups = DuplicateGroups((), search)
    folds = make_folds(dataset, groups, 3, 0, {})
    value = write_folds(path, folds, subject_of(dataset), groups)
    assert value["near_duplicates_across"] == []
    assert value["duplicate_search"] == {
        "settings": "SSIM above 0.99, window uniform7, scope all",
        "across_subjects": True,
        "n_unsearched": 2,
    }
    assert read_folds(path, dataset) == folds
    assert folds[0].search == search


def test_folds_of_an_earlier_version_do_not_say_that_nobody_searched(written):
    dataset, folds, path, value = written
    old = {k: v for k, v in value.items() if k not in ("duplicate_search", "sha256")}
    path.write_text(json.dumps({**old, "sha256": digest_json(old)}))
    found = read_folds(path, dataset)
    assert found == [replace(split, notes_search=False) for split in folds]
    assert all("duplicate_search" not in split.to_json() for split in found)
    assert "duplicate_search" in folds[0].to_json()


def test_changed_folds_are_refused(written):
    dataset, _, path, value = written
    value["folds"][0]["train"].pop()
    path.write_text(json.dumps(value))
    with pytest.raises(InputError, match="was changed: start a new cross-validation"):
        read_folds(path, dataset)
    path.write_text("no json")
    with pytest.raises(InputError, match=r"cannot be used \(no JSON"):
        read_folds(path, dataset)


def test_folds_of_other_frames_are_refused(written):
    _, _, path, _ = written
    with pytest.raises(InputError, match=r"is of other frames than /nowhere has"):
        read_folds(path, listed("1_1", "2_1"))


def test_overlap_is_refused(written):
    dataset, folds, _, _ = written
    subject = subject_of(dataset)
    one, two, three = folds
    twice = [one, replace(two, val=(*two.val, one.val[0])), three]
    with pytest.raises(InputError, match="is held out by two folds"):
        check_folds(twice, subject)
    learned = [replace(one, train=(*one.train, one.val[0])), two, three]
    with pytest.raises(
        InputError, match="is held out by fold 1 and learned from by it"
    ):
        check_folds(learned, subject)
    tested = [replace(one, test=(*one.test, one.val[0])), two, three]
    with pytest.raises(InputError, match="is held out by fold 1 and tested by it"):
        check_folds(tested, subject)
    moved = replace(one, val=one.val[1:], train=(*one.train, one.val[0]))
    with pytest.raises(
        InputError, match=r"Subject \d+ is held out by fold 1 and learn"
    ):
        check_folds([moved, two, three], subject)
