"""Rules over many groups, and the record of who settled what."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from tests.toys import disc, smooth_frame, write_kaggle
from training.data import DataSet, Labels, Project, open_dataset
from training.data.store import LabelStore, MaskChange, VerdictRecord
from training.duplicates import (
    StoredPairs,
    apply_rule,
    conflict_record,
    find_duplicates,
    plan_rule,
    stored_search,
)
from training.duplicates.record import COLUMNS, record_csv, record_json
from training.errors import InputError

SHAPE = (64, 80)
EMPTY = np.zeros(SHAPE, bool)
NERVE = disc(SHAPE, (30, 40), 12)
BESIDE = disc(SHAPE, (30, 54), 12)


def near(seed: int, change: int) -> np.ndarray:
    """Return a frame like `smooth_frame`, the less so the greater the change."""
    frame = smooth_frame(seed, SHAPE).astype(int)
    frame[5 : 5 + change, 5] += 1
    return np.clip(frame, 0, 255).astype(np.uint8)


@pytest.fixture
def dataset(tmp_path: Path) -> DataSet:
    frames = {
        "1_1": (near(1, 0), EMPTY),
        "1_2": (near(1, 40), BESIDE),
        "1_3": (near(1, 2), NERVE),
        "1_4": (near(2, 0), NERVE),
        "1_5": (near(2, 1), BESIDE),
        "2_1": (near(3, 0), EMPTY),
        "2_2": (near(3, 1), NERVE),
        "2_3": (near(3, 2), None),
        "2_4": (near(4, 0), EMPTY),
        "2_5": (near(4, 1), EMPTY),
    }
    return open_dataset(write_kaggle(tmp_path / "data", frames))


@pytest.fixture
def stored(dataset: DataSet) -> StoredPairs:
    return find_duplicates(dataset, dataset).stored


@pytest.fixture
def store(tmp_path: Path) -> LabelStore:
    return LabelStore.open(tmp_path / "labels.sqlite", author="ada")


def test_drop_empty_twin_excludes_the_empties_of_groups_with_a_nerve(
    dataset: DataSet, stored: StoredPairs
) -> None:
    plan = plan_rule(stored, dataset, "drop-empty-twin")
    assert [(c.frame, c.status, c.mask, c.because, c.group) for c in plan.changes] == [
        ("1_1", "excluded", None, "1_3", ("1_1", "1_2", "1_3")),
        ("2_1", "excluded", None, "2_2", ("2_1", "2_2", "2_3")),
    ]


def test_propagate_takes_the_most_similar_nerve(
    dataset: DataSet, stored: StoredPairs
) -> None:
    plan = plan_rule(stored, dataset, "propagate")
    assert [(c.frame, c.status, c.because) for c in plan.changes] == [
        ("1_1", None, "1_3"),
        ("2_1", None, "2_2"),
    ]
    for change in plan.changes:
        assert change.mask is not None and np.array_equal(change.mask, NERVE)


def test_propagate_reaches_a_nerve_along_a_chain(
    dataset: DataSet, stored: StoredPairs
) -> None:
    chain = StoredPairs(
        **{
            **vars(stored),
            "i": np.array([0, 1]),  # 1_1 - 1_2 - 1_3, 1_2 being empty too
            "j": np.array([1, 2]),
            "ssim": np.array([0.991, 0.995]),
        }
    )

    class Masks:
        def mask(self, frame: str) -> np.ndarray | None:
            return EMPTY if frame == "1_2" else dataset.mask(frame)

    plan = plan_rule(chain, Masks(), "propagate")
    assert [(c.frame, c.because) for c in plan.changes] == [
        ("1_1", "1_3"),
        ("1_2", "1_3"),
    ]


def test_what_a_person_decided_is_respected(
    dataset: DataSet, stored: StoredPairs
) -> None:
    rule = "drop-empty-twin"
    for settings in (
        {"excluded": {"1_1", "2_2"}},
        {"ambiguous": {"1_2", "2_3"}},
        {
            "not_duplicates": {
                frozenset(("1_1", "1_2")),
                frozenset(("1_1", "1_3")),
                frozenset(("2_1", "2_2", "2_3")),
            }
        },
        {"groups": [("1_4", "1_5"), ("2_4", "2_5")]},
    ):
        assert plan_rule(stored, dataset, rule, **settings).changes == ()  # type: ignore[arg-type]
    chosen = plan_rule(stored, dataset, rule, groups=[("2_1", "2_2", "2_3")])
    assert [change.frame for change in chosen.changes] == ["2_1"]


def test_a_mask_that_cannot_be_read_is_no_nerve_and_is_named(
    dataset: DataSet, stored: StoredPairs
) -> None:
    (dataset.root / "2_2_mask.tif").write_bytes(b"no mask")
    plan = plan_rule(stored, dataset, "propagate")
    assert [change.frame for change in plan.changes] == ["1_1"]
    assert len(plan.warnings) == 1 and "2_2_mask.tif" in plan.warnings[0]


def test_there_is_no_such_rule(dataset: DataSet, stored: StoredPairs) -> None:
    with pytest.raises(InputError) as caught:
        plan_rule(stored, dataset, "majority")
    assert str(caught.value) == (
        "There is no rule 'majority'; use drop-empty-twin or propagate."
    )


@pytest.mark.parametrize("rule", ["drop-empty-twin", "propagate"])
def test_a_rule_is_one_action_and_undone_as_one(
    dataset: DataSet, stored: StoredPairs, store: LabelStore, rule: str
) -> None:
    labels = Labels(dataset, store)
    action = apply_rule(store, plan_rule(stored, labels, rule))
    assert action is not None and len(store.history()) == 1
    done = store.history()[0]
    assert (done.kind, done.note, done.frames) == ("rule", rule, ("1_1", "2_1"))
    if rule == "propagate":
        version = store.mask_version("1_1")
        assert version is not None and version.source == "rule:propagate:1_3"
        assert (
            labels.mask("1_1") is not None and labels.mask("1_1").sum() == NERVE.sum()
        )  # type: ignore[union-attr]
    else:
        assert store.excluded() == {"1_1", "2_1"}
    again = plan_rule(stored, labels, rule, excluded=store.excluded())
    assert again.changes == () and apply_rule(store, again) is None
    assert store.undo(action).undone == ("1_1", "2_1")
    assert store.excluded() == frozenset() and store.edited() == set()


def test_the_record_ranks_by_harm_and_tells_who_settled_what(
    dataset: DataSet, stored: StoredPairs, store: LabelStore
) -> None:
    labels = Labels(dataset, store)
    rows = conflict_record(dataset, labels, stored)
    assert [row.frames[0] for row in rows] == ["1_1", "2_1", "1_4"]
    assert [row.kind for row in rows] == ["empty-versus-nerve"] * 2 + ["shape"]
    assert rows[0].harm > rows[1].harm == 1.0 > rows[2].harm > 0
    assert rows[1].missing == ("2_3",) and not any(row.decision for row in rows)

    apply_rule(store, plan_rule(stored, labels, "drop-empty-twin"))
    pair = ("1_4", "1_5")
    store.act("verdict", verdict=VerdictRecord(pair, "ambiguous"), reason="blurred")
    found = {row.frames: row for row in conflict_record(dataset, labels, stored)}
    dropped = found["2_1", "2_2", "2_3"]
    assert (dropped.state, dropped.harm, dropped.source_harm) == ("resolved", 0.0, 1.0)
    assert dropped.excluded == ("2_1",) and dropped.kind is None
    assert dropped.decision is not None
    assert dropped.decision.verdict == "rule:drop-empty-twin"
    assert dropped.decision.author == "ada" and dropped.decision.action == 1
    assert found["1_1", "1_2", "1_3"].state == "open"  # its nerves disagree in shape
    settled = found[pair]
    assert (settled.state, settled.kind) == ("resolved", "shape")
    assert settled.decision is not None and settled.decision.reason == "blurred"


def test_a_parted_group_stays_in_the_record(
    dataset: DataSet, stored: StoredPairs, store: LabelStore
) -> None:
    labels = Labels(dataset, store)
    pair = ("1_4", "1_5")
    store.act("verdict", verdict=VerdictRecord(pair, "not-duplicate"))
    row = conflict_record(dataset, labels, stored)[-1]
    assert (row.frames, row.state, len(row.pairs)) == (pair, "resolved", 1)


def test_a_mended_group_keeps_what_it_was(
    dataset: DataSet, stored: StoredPairs, store: LabelStore
) -> None:
    store.act("paint", masks={"2_1": MaskChange(NERVE, "painted")})
    rows = conflict_record(dataset, Labels(dataset, store), stored)
    row = next(row for row in rows if row.frames[0] == "2_1")
    assert (row.state, row.kind, row.source_kind) == (
        "resolved",
        None,
        "empty-versus-nerve",
    )


def test_the_record_as_csv_and_json(
    dataset: DataSet, stored: StoredPairs, store: LabelStore
) -> None:
    labels = Labels(dataset, store)
    apply_rule(store, plan_rule(stored, labels, "propagate"))
    rows = conflict_record(dataset, labels, stored)
    table = list(csv.DictReader(io.StringIO(record_csv(rows))))
    assert tuple(table[0]) == COLUMNS
    assert len(table) == sum(len(row.pairs) for row in rows) == 7
    line = next(line for line in table if (line["a"], line["b"]) == ("2_1", "2_2"))
    assert line["frames"] == "2_1 2_2 2_3" and line["state"] == "resolved"
    assert line["verdict"] == "rule:propagate" and line["author"] == "ada"
    assert line["dice"] == "1.000000" and line["kind_in_source"] == "empty-versus-nerve"
    assert line["missing"] == "2_3" and line["time"].startswith("20")
    value = record_json(rows, 9)
    assert value["n_open"] + value["n_resolved"] == 3
    assert value["competition_dice_lost"] == pytest.approx(value["harm"] / 9)


def test_a_stored_search_is_taken_only_for_the_same_frames(
    dataset: DataSet, tmp_path: Path
) -> None:
    project = Project(tmp_path / "project")
    assert stored_search(dataset, project) is None
    find_duplicates(dataset, dataset, project=project)
    kept = stored_search(dataset, project)
    assert kept is not None and kept.ids == dataset.ids
    part = DataSet(dataset.root, dataset.layout, dataset.entries[:5])
    assert stored_search(part, project) is None
    write_kaggle(dataset.root, {"3_1": (near(9, 0), NERVE)})
    assert stored_search(open_dataset(dataset.root), project) is None
