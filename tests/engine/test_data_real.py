"""The reading of frames on real ones (they are only read)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.data import (
    DataSet,
    Project,
    Reading,
    load_frames,
    open_dataset,
    rle,
    scan,
)

pytestmark = pytest.mark.real


def test_the_original_frames(real_data: Path, tmp_path: Path) -> None:
    dataset = open_dataset(real_data / "kaggle_original" / "train")
    assert (dataset.layout, len(dataset), dataset.subjects) == ("kaggle", 51, ("1",))
    found = scan(dataset, Project(tmp_path))
    assert not found.problems
    assert {info.shape for info in found.frames} == {(420, 580)}
    summary = found.to_json()
    assert (summary["n_nerve"], summary["n_empty"]) == (25, 26)
    assert scan(dataset, Project(tmp_path)) == found


def test_the_masks_are_the_competitions_run_lengths(real_data: Path) -> None:
    folder = real_data / "kaggle_original" / "train"
    files = open_dataset(folder)
    rows = open_dataset(folder, masks_csv=real_data / "kaggle_rle" / "train_masks.csv")
    texts = rle.read_csv(real_data / "kaggle_rle" / "train_masks.csv")
    assert len(texts) == 3837
    for name in files.ids:
        mask = files.mask(name)
        assert mask is not None
        assert np.array_equal(rows.mask(name), mask)
        assert rle.encode(mask) == texts[name]
    assert [problem.kind for problem in rows.problems] == ["mask-without-frame"]


def test_the_test_frames_have_no_masks(real_data: Path, tmp_path: Path) -> None:
    dataset = open_dataset(real_data / "kaggle_original" / "test")
    assert (dataset.layout, len(dataset)) == ("plain", 25)
    assert not scan(dataset).problems
    frames = load_frames(dataset, None, Project(tmp_path)).frames
    for name, frame in zip(dataset.ids, frames, strict=True):
        assert np.array_equal(frame, dataset.frame(name))


def every(n: int, dataset: DataSet, most: int | None = None) -> DataSet:
    """Every ``n``-th frame, ``most`` of them: reading all takes minutes."""
    entries, label = dataset.entries[::n][:most], dataset.nerve_label
    return DataSet(
        dataset.root, dataset.layout, entries, reading=Reading(nerve_label=label)
    )


def test_the_positive_frames(real_data: Path) -> None:
    dataset = open_dataset(real_data / "kaggle_positive_256" / "train")
    assert (len(dataset), len(dataset.subjects)) == (1534, 32)
    assert not dataset.problems
    part = every(50, dataset)
    found = scan(part)
    assert not found.problems
    assert all(info.area for info in found.frames)


def test_palette_masks_of_three_sizes(real_data: Path) -> None:
    folder = real_data / "usgra_seg"
    dataset = open_dataset(folder, nerve_label=1)
    assert (dataset.layout, len(dataset)) == ("images-masks", 204)
    some = every(12, dataset)
    found = scan(some)
    # Some frames are tinted: a data set takes grey, `predict` takes them all.
    assert {problem.kind for problem in found.problems} <= {"colour"}
    assert all(info.area for info in found.frames)
    assert len({info.shape for info in found.frames}) == 3
    unlabelled = scan(every(12, open_dataset(folder), 2))
    assert [
        problem.text for problem in unlabelled.problems if problem.kind == "labels"
    ] == [
        f"masks/{name}.png is a palette mask with the labels 0, 1, 2: "
        "pass --nerve-label with the one that is the nerve."
        for name in some.ids[:2]
    ]
