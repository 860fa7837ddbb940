"""What trainings are scored against, and what they note about it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.engine.learn_toys import ChangedLabels, bright_nerve, tiny, toy_dataset
from tests.toys import write_kaggle
from training.data import DataSet, Project, open_dataset, open_labels, scan
from training.data.store import LabelStore, MaskChange
from training.learn import train
from training.learn.preloaded import preload
from training.learn.splits.truth import Truth


def plain_set(folder: Path) -> tuple[DataSet, dict[str, np.ndarray]]:
    """Three subjects of four frames without masks, and the masks they should have."""
    pairs = {
        f"{s}_{i}": bright_nerve(10 * s + i, (64, 80), bool(i % 2))
        for s in (1, 2, 3)
        for i in (1, 2, 3, 4)
    }
    frames = {name: (frame, None) for name, (frame, _) in pairs.items()}
    masks = {name: mask for name, (_, mask) in pairs.items()}
    return open_dataset(write_kaggle(folder, frames)), masks


def draw(project: Project, masks: dict[str, np.ndarray]) -> None:
    changes = {name: MaskChange(mask, "painted") for name, mask in masks.items()}
    with LabelStore.open(project.labels) as store:
        store.act("paint", masks=changes)


def test_masks_drawn_in_the_window_are_enough_to_train(tmp_path: Path) -> None:
    dataset, masks = plain_set(tmp_path / "data")
    project = Project(tmp_path / "project")
    drawn = {name: mask for name, mask in masks.items() if name != "3_4"}
    draw(project, drawn | {"9_9": masks["1_1"]})
    config = tiny(epochs=1, val_subjects="2", test_subjects="3")
    with open_labels(dataset, project) as labels:
        result = train(dataset, labels, config, tmp_path / "run")
        name = labels.snapshot_id
    assert result["counts"]["validation"] == result["validation"]["n_frames"] == 4
    assert (result["test"]["n_frames"], result["test"]["n_skipped"]) == (3, 1)
    said = "4 frames have no mask in the data folder and are scored against the one "
    assert any(text.startswith(f"Validation: {said}") for text in result["warnings"])
    assert any(text.startswith(said) for text in result["validation"]["warnings"])
    assert any(text.startswith("3 frames") for text in result["test"]["warnings"])
    assert any("no frame for them any more (9_9)" in t for t in result["warnings"])
    split = json.loads((tmp_path / "run" / "splits.json").read_text())
    assert split["drawn_truths"] == {
        "validation": ["2_1", "2_2", "2_3", "2_4"],
        "test": ["3_1", "3_2", "3_3"],
    }
    with LabelStore.open(project.labels) as store:
        noted = [(snapshot.id, snapshot.note) for snapshot in store.snapshots()]
    assert noted == [(name, "training run")]


def test_a_source_mask_is_the_truth_whatever_is_drawn(tmp_path: Path) -> None:
    dataset = toy_dataset(tmp_path / "data", (1,), 2)
    blank = np.zeros((64, 80), bool)
    labels = ChangedLabels(dataset, masks={"1_1": blank})
    truth = Truth(dataset, labels)
    np.testing.assert_array_equal(truth.mask("1_1"), dataset.mask("1_1"))
    assert truth.drawn == set()
    assert truth.warnings(dataset.ids) == []
    assert "asked" not in labels.changes


def test_a_score_on_mended_labels_says_so(tmp_path: Path) -> None:
    dataset = toy_dataset(tmp_path / "data", (1, 2, 3), 2)
    blank = np.zeros((64, 80), bool)
    labels = ChangedLabels(dataset, masks={"2_1": blank, "3_1": blank})
    config = tiny(epochs=1, val_subjects="2", test_subjects="3", clean_validation=True)
    result = train(dataset, labels, config, tmp_path / "run")
    for part in ("validation", "test"):
        assert result[part]["n_nerve_frames"] == 0, "both were mended to nothing"
        assert any("against mended labels" in t for t in result[part]["warnings"])
    split = json.loads((tmp_path / "run" / "splits.json").read_text())
    assert split["drawn_truths"] == {
        "validation": ["2_1", "2_2"],
        "test": ["3_1", "3_2"],
    }


def test_a_run_names_frames_and_masks_as_everybody_does(tmp_path: Path) -> None:
    dataset = toy_dataset(tmp_path / "data", (1, 2), 2)
    held = preload(dataset, dataset.ids, dataset.mask, (32, 48), stage="Reading")
    seen = {info.id: info.sha256 for info in scan(dataset).frames}
    assert {name: both["frame"] for name, both in held.sha256.items()} == seen
    with LabelStore.open(tmp_path / "labels.sqlite") as store:
        mask = dataset.mask("1_1")
        assert mask is not None
        store.act("paint", masks={"1_1": MaskChange(mask, "painted")})
        version = store.mask_version("1_1")
    assert version is not None
    assert held.sha256["1_1"]["mask"] == version.digest


@pytest.mark.parametrize("part", ["training", "validation"])
def test_frames_without_any_nerve_are_warned_of(tmp_path: Path, part: str) -> None:
    subjects = {"training": ("1", "3"), "validation": ("2",)}[part]
    frames = {}
    for s in (1, 2, 3):
        for i in (1, 2):
            name = f"{s}_{i}"
            frames[name] = bright_nerve(10 * s + i, (64, 80), str(s) not in subjects)
    dataset = open_dataset(write_kaggle(tmp_path / "data", frames))
    config = tiny(epochs=1, val_subjects="2")
    result = train(dataset, open_labels(dataset, None), config, tmp_path / "run")
    (said,) = [text for text in result["warnings"] if "shows a nerve" in text]
    assert said.startswith(f"No {part} frame shows a nerve, so that ")
