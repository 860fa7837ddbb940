"""The last scan's word: what it costs, when it is taken, and how it is proved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import training.data.scan_cache
from tests.engine.data_folders import FRAME, MASK, save, save_mask, three_frames
from tests.toys import smooth_frame, write_kaggle
from training.data import Project, open_dataset, recall_scan, scan
from training.errors import Cancelled


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return three_frames(tmp_path / "data", "2_1")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project")


def test_it_is_the_last_scan_and_looks_at_no_file(
    data: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recall_scan(open_dataset(data), project) is None
    seen = scan(open_dataset(data), project)

    def looked(path: Path) -> None:
        raise AssertionError(path)

    monkeypatch.setattr(training.data.scan_cache, "stamp_of", looked)
    recalled = recall_scan(open_dataset(data), project)
    assert recalled == seen
    assert recalled is not None
    assert recalled.digest == seen.digest


def test_a_file_that_changed_shows_in_the_digest(data: Path, project: Project) -> None:
    before = scan(open_dataset(data), project)
    write_kaggle(data, {"1_2": (smooth_frame(1), MASK)})
    recalled = recall_scan(open_dataset(data), project)
    assert recalled == before
    now = scan(open_dataset(data), project)
    assert now.digest != before.digest
    assert recall_scan(open_dataset(data), project) == now


def test_a_new_file_has_to_be_looked_at_a_lost_one_not(
    data: Path, project: Project
) -> None:
    scan(open_dataset(data), project)
    (data / "1_2.tif").unlink()
    recalled = recall_scan(open_dataset(data), project)
    assert recalled is not None
    assert [frame.id for frame in recalled.frames] == ["1_1", "2_1"]
    assert [problem.kind for problem in recalled.problems][:1] == ["mask-without-frame"]
    write_kaggle(data, {"3_1": (FRAME, MASK)})
    assert recall_scan(open_dataset(data), project) is None


def test_a_mask_that_came_has_to_be_looked_at(data: Path, project: Project) -> None:
    scan(open_dataset(data), project)
    save_mask(data / "2_1_mask.png", MASK)
    assert recall_scan(open_dataset(data), project) is None


def test_another_label_is_another_question(tmp_path: Path, project: Project) -> None:
    save(tmp_path / "d/images/a.png", FRAME)
    labels = MASK.astype(np.uint8) * np.uint8(2)
    labels[0] = 1
    save(tmp_path / "d/masks/a.png", labels)
    scan(open_dataset(tmp_path / "d", nerve_label=2), project)
    assert recall_scan(open_dataset(tmp_path / "d", nerve_label=1), project) is None
    assert recall_scan(open_dataset(tmp_path / "d", nerve_label=2), project)


def test_a_file_that_could_not_be_read_is_recalled_and_tried_again(
    data: Path, project: Project
) -> None:
    (data / "1_1.tif").write_bytes(b"II*\0")
    seen = scan(open_dataset(data), project)
    written = (project.frames / "scan.json").stat().st_mtime_ns
    assert recall_scan(open_dataset(data), project) == seen
    assert scan(open_dataset(data), project) == seen
    assert recall_scan(open_dataset(data), project) == seen
    write_kaggle(data, {"1_1": (FRAME, MASK)})
    assert scan(open_dataset(data), project).frames[0].area == MASK.sum()
    assert (project.frames / "scan.json").stat().st_mtime_ns > written


def test_half_a_scan_is_none(data: Path, project: Project) -> None:
    asked = iter([False, True])
    with pytest.raises(Cancelled):
        scan(open_dataset(data), project, should_stop=lambda: next(asked))
    assert recall_scan(open_dataset(data), project) is None
