"""Near-duplicates across subjects, across a split, and between folders."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

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


@pytest.fixture
def deep(tmp_path: Path) -> list[str]:
    """Two folders of 16 bits with one picture in both; the other's has a bright one."""
    first, second = tmp_path / "train", tmp_path / "test"
    for folder, pictures in ((first, (1, 2)), (second, (1, 3))):
        folder.mkdir()
        for k in pictures:
            frame = smooth_frame(k, SHAPE).astype(np.uint16) * 16
            tifffile.imwrite(folder / f"1_{k}.tif", frame * 9 if k == 3 else frame)
            if folder is first:
                outline = NERVE.astype(np.uint8) * np.uint8(255)
                tifffile.imwrite(folder / f"1_{k}_drawn9.tif", outline)
    return [str(first), str(second), "--project", str(tmp_path / "project")]


@pytest.mark.parametrize("chosen", [["--grey-range", "0:4095"], []])
def test_deep_frames_of_both_folders_are_read_by_the_range_of_the_first(
    deep: list[str], chosen: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--mask-names", "*_drawn9", "--json", "-", *chosen]
    assert main(["leaks", *deep, *words]) == 0
    printed = capsys.readouterr()
    value = json.loads(printed.out)["folders"]
    assert [(leak["a"], leak["b"]) for leak in value["pairs"]] == [("1_1", "1_1")]
    assert value["pairs"][0]["ssim"] == 1.0 and value["n_frames"] == 4
    (warning,) = value["warnings"]
    assert warning.startswith(f"{deep[1]}: 1_3.tif has values from 0 to ")
    assert "outside of 0:4095" in warning
    assert printed.err.count(warning) == 1
    assert f"does not fit {deep[1]}: --mask-names *_drawn9.\n" in printed.err


def test_a_rule_for_masks_that_fits_the_second_folder_counts_there(
    deep: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    outline = NERVE.astype(np.uint8) * np.uint8(255)
    tifffile.imwrite(Path(deep[1], "1_3_drawn9.tif"), outline)
    assert main(["scan", deep[0], *deep[2:], "--mask-names", "*_drawn9"]) == 0
    capsys.readouterr()
    assert main(["leaks", *deep, "--json", "-"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["folders"]["n_frames"] == 4
    assert "does not fit" not in printed.err


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a", "b", "c"), "These frames carry no subjects, so what they cross is not "),
        (("1_1", "2_1", "b"), "1 of 3 frames carry no subject, so what they cross is "),
        (("1_1", "2_1", "3_1"), None),
    ],
)
def test_it_says_how_many_frames_carry_no_subject(
    tmp_path: Path,
    names: tuple[str, ...],
    words: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    frames = {name: (smooth_frame(k, SHAPE), NERVE) for k, name in enumerate(names)}
    data = write_kaggle(tmp_path / "data", frames)
    assert main(["leaks", str(data), "--json", str(tmp_path / "leaks.json")]) == 0
    said = [x for x in capsys.readouterr().err.splitlines() if "so what they" in x]
    told = json.loads((tmp_path / "leaks.json").read_text())["subjects"]["warnings"]
    assert said == [f"Warning: {text}" for text in told]
    assert len(told) == (words is not None)
    assert words is None or told[0].startswith(words)


@pytest.mark.parametrize(
    "text", ["no json", "[]", "3", "[" * 99_999, '{"train": 3, "test": []}']
)
def test_a_file_that_is_no_split_is_refused(
    dataset: DataSet, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    splits = tmp_path / "splits.json"
    splits.write_text(text)
    assert main(["leaks", str(dataset.root), "--splits", str(splits)]) == 2
    assert capsys.readouterr().err == (
        f"{splits} is no splits.json of a run; name the one in the run's folder.\n"
    )
