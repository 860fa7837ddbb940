"""Masks kept in the project folder: true for as long as their files stay."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.data_folders import FRAME, MASK, SHAPE, save_mask, three_frames
from tests.toys import write_kaggle
from training.data import DataSet, Project, Reading, open_dataset
from training.data.mask_cache import cached_masks
from training.data.problems import BadFile
from training.duplicates import find_duplicates


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three frames: a nerve, an empty mask, none."""
    return three_frames(tmp_path / "data", "1_3")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note whose mask files are read, and let times count as settled at once."""
    found: list[str] = []
    look = DataSet.look_at_mask

    def noting(self: DataSet, frame_id: str, shape: tuple[int, int] | None = None):  # type: ignore[no-untyped-def]
        found.append(frame_id)
        return look(self, frame_id, shape)

    monkeypatch.setattr(DataSet, "look_at_mask", noting)
    monkeypatch.setattr("training.data.stamps.SETTLING", -(10**19))
    return found


def masks(data: Path, project: Project) -> list[np.ndarray | None]:
    dataset = open_dataset(data)
    with cached_masks(dataset, project.make()):
        return [dataset.mask(name) for name in dataset.ids]


def check(found: list[np.ndarray | None], first: np.ndarray = MASK) -> None:
    nerve, empty, none = found
    assert nerve is not None and empty is not None and none is None
    assert (nerve == first).all() and nerve.dtype == bool
    assert empty.shape == SHAPE and not empty.any()


def test_a_mask_is_read_once(data: Path, project: Project, read: list[str]) -> None:
    check(masks(data, project))
    read.clear()
    check(masks(data, project))
    assert read == ["1_3"]


def test_what_changed_is_read_anew(
    data: Path, project: Project, read: list[str]
) -> None:
    masks(data, project)
    save_mask(data / "1_1_mask.tif", ~MASK)
    read.clear()
    check(masks(data, project), ~MASK)
    assert read == ["1_1", "1_3"]
    save_mask(data / "1_1_mask.tif", MASK[1:])  # its frame has another size
    with pytest.raises(BadFile):
        masks(data, project)


def test_a_damaged_line_is_no_mask(
    data: Path, project: Project, read: list[str]
) -> None:
    masks(data, project)
    file = project.frames / "masks.jsonl"
    first, second = file.read_text("utf-8").splitlines()
    file.write_text(f"{first.replace('runs', 'ruins')}\n{second[:40]}\n", "utf-8")
    read.clear()
    check(masks(data, project))
    assert read == ["1_1", "1_2", "1_3"]


def test_a_second_search_reads_no_mask(
    tmp_path: Path, project: Project, read: list[str]
) -> None:
    twins = {"1_1": (FRAME, MASK), "1_2": (FRAME, ~MASK)}
    data, found = write_kaggle(tmp_path / "twins", twins), []
    for _ in range(2):
        read.clear()
        dataset = open_dataset(data)
        found.append(find_duplicates(dataset, dataset, project=project))
    assert read == []
    assert found[0].groups == found[1].groups
    assert found[1].pairs[0].dice == 0


def test_a_mask_is_one_of_a_reading(
    data: Path, project: Project, read: list[str]
) -> None:
    masks(data, project)
    dataset = open_dataset(data, Reading(invert_masks=True))
    with cached_masks(dataset, project):
        found = dataset.mask("1_1")
    assert found is not None and (found == ~MASK).all()
