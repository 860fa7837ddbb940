"""Labels: the store's mask where there is one, else the source's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.toys import disc, smooth_frame, write_kaggle
from training.data import DataSet, Project, open_dataset
from training.data.labels import SOURCE, Labels, open_labels
from training.data.store import LabelStore, MaskChange, VerdictRecord
from training.errors import InputError

SHAPE = (64, 80)
NERVE = disc(SHAPE, (30, 40), 12)
OTHER = disc(SHAPE, (20, 20), 8)


@pytest.fixture
def dataset(tmp_path: Path) -> DataSet:
    frames = {
        "1_1": (smooth_frame(1), NERVE),
        "1_2": (smooth_frame(2), np.zeros(SHAPE, bool)),
        "1_3": (smooth_frame(3), None),
    }
    return open_dataset(write_kaggle(tmp_path / "train", frames))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def edit(project: Project) -> str:
    """Change all there is to change; return the snapshot id before the last edit."""
    with LabelStore.open(project.labels, author="anna") as store:
        store.act("paint", masks={"1_3": MaskChange(OTHER, "painted")})
        store.act("status", statuses={"1_2": "approved", "1_1": "excluded"})
        store.act("verdict", verdict=VerdictRecord(("1_1", "1_3"), "ambiguous"))
        store.act("verdict", verdict=VerdictRecord(("1_1", "1_2"), "not-duplicate"))
        before = store.snapshot_id
        store.act("paint", masks={"1_1": MaskChange(OTHER, "painted")})
    return before


def test_without_a_store_labels_are_the_sources_and_nothing_is_made(
    dataset: DataSet, project: Project
) -> None:
    with open_labels(dataset, project) as labels:
        assert labels.snapshot_id == SOURCE
        mask = labels.mask("1_1")
        assert mask is not None
        assert (mask == NERVE).all()
        assert labels.mask("1_3") is None
        assert labels.status("1_1") == "unreviewed"
        assert labels.excluded == labels.ambiguous == frozenset()
        assert labels.not_duplicates == set()
        assert labels.provenance("1_1") is None
    assert not project.root.exists()


def test_the_stores_masks_come_first(dataset: DataSet, project: Project) -> None:
    edit(project)
    with open_labels(dataset, project) as labels:
        for frame in ("1_1", "1_3"):
            mask = labels.mask(frame)
            assert mask is not None
            assert (mask == OTHER).all()
        empty = labels.mask("1_2")
        assert empty is not None
        assert not empty.any()
        assert labels.status("1_2") == "approved"
        assert labels.excluded == {"1_1"}
        assert labels.ambiguous == {"1_1", "1_3"}
        assert labels.not_duplicates == {frozenset({"1_1", "1_2"})}
        version = labels.provenance("1_3")
        assert version is not None
        assert version.author == "anna"


def test_a_snapshot_is_opened_by_its_id(dataset: DataSet, project: Project) -> None:
    before = edit(project)
    with open_labels(dataset, project, snapshot=before) as labels:
        mask = labels.mask("1_1")
        assert mask is not None
        assert (mask == NERVE).all()
        assert labels.snapshot_id == before


def test_source_only_looks_past_the_store(dataset: DataSet, project: Project) -> None:
    edit(project)
    for labels in (
        open_labels(dataset, project, source_only=True),
        open_labels(dataset, project, snapshot=SOURCE),
        open_labels(dataset, None),
    ):
        assert labels.mask("1_3") is None
        assert labels.snapshot_id == SOURCE


def test_opened_labels_do_not_move_while_somebody_edits(
    dataset: DataSet, project: Project
) -> None:
    edit(project)
    with open_labels(dataset, project) as labels:
        before = labels.snapshot_id
        with LabelStore.open(project.labels) as store:
            store.act("paint", masks={"1_1": MaskChange(NERVE, "painted")})
            live = Labels(dataset, store)
            assert live.snapshot_id != before
            assert live.frozen().snapshot_id == live.snapshot_id
        mask = labels.mask("1_1")
        assert mask is not None
        assert (mask == OTHER).all()
        assert labels.snapshot_id == before


def test_a_snapshot_without_a_store_is_refused(
    dataset: DataSet, project: Project
) -> None:
    name = "0123456789ab-1"
    with pytest.raises(InputError, match=f"no snapshot {name}: .* has no label store"):
        open_labels(dataset, project, snapshot=name)
    with pytest.raises(InputError, match="no project folder has no label store"):
        open_labels(dataset, None, snapshot=name)
    edit(project)
    with pytest.raises(InputError, match=f"There is no snapshot {name} in"):
        open_labels(dataset, project, snapshot=name)


def test_a_stored_mask_of_another_size_is_named(
    dataset: DataSet, project: Project
) -> None:
    with LabelStore.open(project.labels) as store:
        store.act("paint", masks={"1_1": MaskChange(OTHER[:, :50], "painted")})
        with pytest.raises(InputError, match=r"1_1 is 64 x 50 pixels .* 64 x 80;"):
            Labels(dataset, store).mask("1_1")
