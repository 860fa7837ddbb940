from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data import DataSet, FrameEntry
from training.errors import InputError
from training.learn import make_folds, split_subjects
from training.learn.splits.assignment import clusters
from training.learn.splits.split import LEAKING, NOT_BY_SUBJECT


def listed(*ids: str) -> DataSet:
    """A data set of which no file exists: a split must not read any."""
    entries = []
    for name in ids:
        subject = name.split("_")[0] if "_" in name else None
        entries.append(
            FrameEntry(name, Path(f"/nowhere/{name}"), None, None, None, subject)
        )
    return DataSet(Path("/nowhere"), "kaggle", entries)


def subjects_of(ids):
    return {name.split("_")[0] for name in ids}


def ten_subjects():
    return listed(*(f"{s}_{i}" for s in range(1, 11) for i in range(1, 4)))


def test_default_is_a_seeded_fifth_of_the_subjects():
    split = split_subjects(ten_subjects(), seed=3)
    assert len(subjects_of(split.val)) == 2
    assert not subjects_of(split.val) & subjects_of(split.train)
    assert split.test == ()
    assert split.warnings == ()
    assert split == split_subjects(ten_subjects(), seed=3)
    others = {split_subjects(ten_subjects(), seed=s).val for s in range(8)}
    assert len(others) > 1


def test_named_subjects_serve_what_they_were_named_for():
    split = split_subjects(ten_subjects(), (), ["4"], ["7", "8"])
    assert subjects_of(split.val) == {"4"}
    assert subjects_of(split.test) == {"7", "8"}
    assert len(subjects_of(split.train)) == 7


@pytest.mark.parametrize(
    ("ids", "val", "test", "n"),
    [
        (("1_1", "2_1", "a", "b"), ["2"], [], "2 of the 3"),
        (("1_1", "2_1", "3_1", "a"), ["2"], ["3"], "1 of the 2"),
        (("1_1", "2_1", "3_1"), ["2"], ["3"], None),
    ],
)
def test_frames_that_may_be_anybodys_are_told_beside_the_score(ids, val, test, n):
    warnings = split_subjects(listed(*ids), (), val, test).warnings
    said = [text for text in warnings if text.startswith(f"{n} frames to learn from")]
    assert (len(said), len(warnings)) == ((1, 1) if n else (0, 0))
    assert all("carry no subject and may show people who" in text for text in said)


def test_frames_without_a_subject_are_told_of_once():
    # Beside the score of nobody named stands that it is not by subject at all.
    split = split_subjects(listed("1_1", "2_1", "a"), (), (), ["2"])
    assert split.warnings == (NOT_BY_SUBJECT,)
    lost = split_subjects(listed("1_1", "2_1", "a"), [("2_1", "a")], ["2"])
    assert lost.train == ("1_1",)
    assert len(lost.warnings) == 1 and "near-duplicates" in lost.warnings[0]


def test_test_subjects_never_validate_by_default():
    for seed in range(10):
        split = split_subjects(ten_subjects(), (), (), ["1", "2"], seed)
        assert not subjects_of(split.val) & {"1", "2"}


def test_subjects_that_share_a_duplicate_group_stay_together():
    groups = [("1_1", "2_1"), ("2_2", "3_1")]
    for seed in range(10):
        split = split_subjects(ten_subjects(), groups, seed=seed)
        assert len({"1", "2", "3"} & subjects_of(split.val)) in (0, 3)
        assert split.left_out == ()


def test_near_duplicates_of_named_subjects_are_left_out_and_said():
    groups = [("1_1", "2_1"), ("2_2", "3_2", "4_1")]
    split = split_subjects(ten_subjects(), groups, ["2"], ["3"])
    assert split.left_out == ("2_2", "1_1", "4_1")
    assert not {*split.left_out} & {*split.train, *split.val, *split.test}
    assert split.warnings == (
        "3 frames are left out, because they are near-duplicates of frames that "
        "validate or test.",
    )


@pytest.mark.parametrize("ids", [["a", "b", "c", "d"], ["1_1", "1_2", "1_3", "1_4"]])
def test_without_two_subjects_groups_are_assigned_with_a_warning(ids):
    split = split_subjects(listed(*ids), [(ids[0], ids[1], ids[2])])
    assert {split.train, split.val} == {tuple(ids[:3]), (ids[3],)}
    assert "were not chosen by subject" in split.warnings[0]


@pytest.mark.parametrize(
    ("dataset", "val", "test", "message"),
    [
        (
            ten_subjects(),
            ["77"],
            [],
            "val_subjects names subject 77, but there is no such subject; the "
            "subjects are: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10.",
        ),
        (
            listed("a", "b"),
            [],
            ["1"],
            "test_subjects names subject 1, but these frames carry no subjects: leave "
            "it out, or tell subjects by --subject-by.",
        ),
        (
            ten_subjects(),
            ["1"],
            ["1"],
            "Subject 1 is in val_subjects and in test_subjects: take it out of one of "
            "them.",
        ),
        (
            listed("1_1", "2_1"),
            ["1"],
            ["2"],
            "No frame is left to learn from: give fewer val_subjects or test_subjects, "
            "or a folder with more frames.",
        ),
        (
            listed("1_1"),
            [],
            [],
            "No frame is left to validate on: give other val_subjects, or a folder "
            "with more frames.",
        ),
    ],
)
def test_wrong_splits_are_refused(dataset, val, test, message):
    with pytest.raises(InputError) as caught:
        split_subjects(dataset, (), val, test)
    assert str(caught.value) == message


frames = st.tuples(st.integers(1, 7), st.integers(1, 5)).map(lambda t: f"{t[0]}_{t[1]}")


@given(
    ids=st.lists(frames, min_size=2, unique=True),
    groups=st.lists(st.lists(frames, min_size=2, max_size=4, unique=True), max_size=5),
    n_val=st.integers(0, 2),
    n_test=st.integers(0, 2),
    seed=st.integers(0, 9),
)
def test_parts_are_disjoint_and_split_no_subject_and_no_group(
    ids, groups, n_val, n_test, seed
):
    people = sorted(subjects_of(ids))
    val, test = people[:n_val], people[n_val : n_val + n_test]
    try:
        split = split_subjects(listed(*ids), groups, val, test, seed)
    except InputError:
        return
    parts = [split.train, split.val, split.test, split.left_out]
    assert sorted(name for part in parts for name in part) == sorted(ids)
    for group in groups:
        assert sum(bool({*group} & {*part}) for part in parts[:3]) <= 1
    if not split.warnings:
        whole = [subjects_of(part) for part in parts[:3]]
        assert sum(map(len, whole)) == len(set.union(*whole))


def test_nerve_frames_are_assigned_evenly():
    # Of ten subjects two show all the nerves: a fifth of the subjects has one of them.
    dataset = ten_subjects()
    is_nerve = {name: name.split("_")[0] in ("3", "9") for name in dataset.ids}
    for seed in range(5):
        split = split_subjects(dataset, seed=seed, is_nerve=is_nerve)
        assert len(subjects_of(split.train) & {"3", "9"}) >= 1
    shares = {len({"3", "9"} & subjects_of(part)) for part in deal_all(dataset, 2)}
    assert shares == {1}


def deal_all(dataset, k):
    is_nerve = {name: name.split("_")[0] in ("3", "9") for name in dataset.ids}
    return [split.val for split in make_folds(dataset, (), k, 0, is_nerve)]


def test_a_split_by_frame_says_that_it_leaks():
    split = split_subjects(ten_subjects(), [("1_1", "2_1")], seed=1, split_by="frame")
    assert len(split.val) == 6
    assert subjects_of(split.val) & subjects_of(split.train)
    assert split.warnings == (LEAKING,)
    assert "leaking" in LEAKING
    with pytest.raises(InputError, match="the split is by frame: leave it empty"):
        split_subjects(ten_subjects(), (), ["1"], split_by="frame")


def test_clusters_join_over_others_and_keep_the_order():
    assert clusters("abcde", ["bd", "da", "x", "xe"]) == [["a", "b", "d"], ["c"], ["e"]]
