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


def test_a_folder_that_cannot_be_written_serves_its_labels(
    dataset: DataSet, project: Project
) -> None:
    edit(project)
    project.root.chmod(0o555)
    try:
        before = sorted(project.root.iterdir())
        with open_labels(dataset, project) as labels:
            assert labels.excluded == {"1_1"}
            labels.take_snapshot("training")  # is not noted, and no reason to fail
        assert sorted(project.root.iterdir()) == before
    finally:
        project.root.chmod(0o755)


def test_snapshots_are_noted_as_the_labels_were_opened(
    dataset: DataSet, project: Project
) -> None:
    edit(project)
    with open_labels(dataset, project) as labels:
        with LabelStore.open(project.labels) as store:
            store.act("paint", masks={"1_1": MaskChange(NERVE, "painted")})
        labels.take_snapshot("training one")
        labels.frozen().take_snapshot("export")
        name = labels.snapshot_id
    with LabelStore.open(project.labels) as store:
        noted = [(snapshot.id, snapshot.note) for snapshot in store.snapshots()]
        assert noted == [(name, "training one"), (name, "export")]
    with pytest.raises(InputError, match=f"those taken are: {name}\\."):
        open_labels(dataset, project, snapshot="0123456789ab-1")
    Labels(dataset).take_snapshot("nowhere")


def test_a_drawn_mask_outlives_its_frames_file(
    dataset: DataSet, project: Project
) -> None:
    edit(project)
    for damage in (lambda path: path.write_bytes(b"no image"), Path.unlink):
        damage(dataset.entry("1_3").path)
        with open_labels(dataset, project) as labels:
            mask = labels.mask("1_3")
            assert mask is not None
            assert (mask == OTHER).all()
            assert labels.warnings() == []


def test_masks_of_frames_that_are_gone_are_named(
    dataset: DataSet, project: Project
) -> None:
    changes = {f"9_{n}": MaskChange(OTHER, "painted") for n in range(2, 12)}
    with LabelStore.open(project.labels) as store:
        store.act("paint", masks=changes)
    with open_labels(dataset, project) as labels:
        assert labels.warnings() == [
            f"10 masks are left out, because {dataset.root} has no frame for them any "
            "more (9_2, 9_3, 9_4, 9_5, 9_6, …): put the files back."
        ]
    assert Labels(dataset).warnings() == []
