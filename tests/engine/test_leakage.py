"""Near-duplicates across subjects, across a split, and between folders."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.toys import disc, smooth_frame, write_kaggle
from training.cli import main
from training.data import DataSet, open_dataset
from training.duplicates.search import search_pairs
from training.errors import InputError
from training.report.leakage import folder_leaks, split_leaks, subject_leaks

SHAPE = (64, 80)
NERVE = disc(SHAPE, (30, 40), 12)


def twin(seed: int, change: int = 1) -> np.ndarray:
    frame = smooth_frame(seed, SHAPE)
    frame[5, 5] = (int(frame[5, 5]) + change) % 256
    return frame


@pytest.fixture
def dataset(tmp_path: Path) -> DataSet:
    frames = {
        "1_1": (smooth_frame(1, SHAPE), NERVE),
        "1_2": (twin(1), NERVE),
        "2_1": (twin(1, 9), NERVE),
        "2_2": (smooth_frame(2, SHAPE), NERVE),
    }
    return open_dataset(write_kaggle(tmp_path / "train", frames))


@pytest.fixture
def other(tmp_path: Path) -> DataSet:
    frames = {
        "1_1": (smooth_frame(2, SHAPE), None),
        "5": (smooth_frame(7, SHAPE), None),
    }
    return open_dataset(write_kaggle(tmp_path / "test", frames))


def test_pairs_across_subjects(dataset: DataSet) -> None:
    stored = search_pairs(dataset, scope="all")
    report = subject_leaks(dataset, stored)
    assert [(x.a, x.b, x.a_in, x.b_in) for x in report.leaks] == [
        ("1_2", "2_1", "1", "2"),
        ("1_1", "2_1", "1", "2"),
    ]
    value = report.to_json()
    assert (value["n_pairs"], value["n_frames_concerned"], value["n_frames"]) == (
        2,
        3,
        4,
    )
    within = search_pairs(dataset)
    with pytest.raises(InputError, match="search with scope 'all'"):
        subject_leaks(dataset, within)


def test_pairs_across_a_split(dataset: DataSet) -> None:
    stored = search_pairs(dataset, scope="all")
    parts = {"train": ["1_1", "2_2"], "validation": ["1_2"]}
    report = split_leaks(stored, parts)
    assert [(x.a, x.a_in, x.b, x.b_in) for x in report.leaks] == [
        ("1_1", "train", "1_2", "validation")
    ]
    assert report.n_frames == 3


@pytest.mark.parametrize("window", ["uniform7", "gaussian"])
def test_pairs_between_folders(
    dataset: DataSet, other: DataSet, window: str, tmp_path: Path
) -> None:
    write_kaggle(other.root, {"8": (twin(1, 30), None)})
    (other.root / "9.tif").write_bytes(b"II*\0 no picture")
    report = folder_leaks(dataset, open_dataset(other.root), window=window)
    names = [(x.a, x.b) for x in report.leaks]
    assert names[0] == ("2_2", "1_1") and report.leaks[0].ssim == 1.0
    assert set(names[1:]) == {("1_1", "8"), ("1_2", "8"), ("2_1", "8")}
    assert {x.b_in for x in report.leaks} == {str(other.root)}
    assert len(report.warnings) == 1 and "9.tif" in report.warnings[0]


def test_an_unreadable_folder_is_an_input_error(
    dataset: DataSet, other: DataSet
) -> None:
    for path in other.root.glob("*.tif"):
        path.write_bytes(b"II*\0 no picture")
    with pytest.raises(InputError, match="has no frame that can be read; run"):
        folder_leaks(dataset, other)


def test_the_command_reports_all_three(
    dataset: DataSet,
    other: DataSet,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    splits = tmp_path / "splits.json"
    splits.write_text('{"train": ["1_1"], "validation": ["1_2"], "test": []}')
    words = ["leaks", str(dataset.root), str(other.root), "--splits", str(splits)]
    words += ["--project", str(tmp_path / "project"), "--json", "-"]
    assert main(words) == 0
    value = json.loads(capsys.readouterr().out)
    counts = {name: report["n_pairs"] for name, report in value.items()}
    assert counts == {"subjects": 2, "splits": 1, "folders": 1}
    assert main(words[:-2]) == 0
    assert "1 pairs above SSIM 0.99 cross folders" in capsys.readouterr().out
    assert not (tmp_path / "project" / "duplicates.npz").exists()


@pytest.mark.parametrize("text", ["no json", "[]", "3", '{"train": 3, "test": []}'])
def test_a_file_that_is_no_split_is_refused(
    dataset: DataSet, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    splits = tmp_path / "splits.json"
    splits.write_text(text)
    assert main(["leaks", str(dataset.root), "--splits", str(splits)]) == 2
    assert capsys.readouterr().err == (
        f"{splits} is no splits.json of a run; name the one in the run's folder.\n"
    )
