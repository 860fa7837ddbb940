"""Another program's masks, matched to frames by the names of their files."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.toys import disc, smooth_frame, write_kaggle
from training.data import DataSet, open_dataset, rle
from training.errors import InputError
from training.predict import open_predictions
from training.predict.mask_folder import MaskFolder
from training.report.evaluate import evaluate

SHAPE = (64, 80)
NERVE = disc(SHAPE, (30, 40), 12)
NOTHING = np.zeros(SHAPE, bool)


def write(folder: Path, names: dict[str, np.ndarray]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, mask in names.items():
        Image.fromarray(mask.astype(np.uint8) * 255).save(folder / name)
    return folder


@pytest.fixture
def dataset(tmp_path: Path) -> DataSet:
    frames = {f"1_{n}": (smooth_frame(n, SHAPE), NERVE) for n in (1, 2)}
    frames["2_1"] = (smooth_frame(3, SHAPE), NOTHING)
    return open_dataset(write_kaggle(tmp_path / "data", frames))


@pytest.mark.parametrize(
    ("name", "frame"),
    [
        ("1_1.png", "1_1"),
        ("1_1_mask.tif", "1_1"),
        ("1_1-SEG.PNG", "1_1"),
        ("1_1.Pred.png", "1_1"),
        ("1_1 prediction.png", "1_1"),
        ("1_1_label.png", "1_1"),
        ("1_1_segmentation.png", "1_1"),
        ("1_1_pred_Annotation.png", "1_1"),
        ("sweep#3_mask.png", "sweep#3"),
        ("a_mask.png", "a_mask"),
        (unicodedata.normalize("NFD", "é_mask.png"), "é"),
    ],
)
def test_names_of_files_are_matched(name: str, frame: str, tmp_path: Path) -> None:
    folder = write(tmp_path / "out", {name: NERVE})
    found = open_predictions(folder, None, ["1_1", "sweep#3", "a", "a_mask", "é"])
    assert isinstance(found, MaskFolder)
    assert found.ids == (frame,)
    np.testing.assert_array_equal(found.mask(frame, SHAPE), NERVE)
    assert found.mask("1_2") is found.probability(frame) is found.presence(frame)
    assert found.rule is found.checkpoint_sha256 is None
    assert found.errors == {}
    assert found.warnings == ()


def test_such_a_folder_is_scored(dataset: DataSet, tmp_path: Path) -> None:
    masks = {"1_1_pred.png": NERVE, "1_2_pred.png": NOTHING, "2_1_pred.png": NOTHING}
    other = {"overview.png": NERVE, "9_9_pred.png": NERVE}
    folder = write(tmp_path / "out", masks | other)
    (folder / "._1_1_pred.png").write_bytes(b"of a Mac")
    (folder / "notes.txt").write_text("none of ours")
    scores = evaluate(folder, dataset)
    assert scores.n_frames == 3
    assert [frame.dice for frame in scores.frames] == [1, 0, 1]
    assert scores.warnings[0] == (
        f"2 files are of no frame in {folder}, by name, and left out: 9_9_pred.png, "
        "overview.png."
    )


def test_a_missing_mask_is_named(dataset: DataSet, tmp_path: Path) -> None:
    folder = write(tmp_path / "out", {"1_1_pred.png": NERVE})
    with pytest.raises(InputError, match="has no prediction for frame 1_2: predict ev"):
        evaluate(folder, dataset)


def test_two_masks_of_one_frame_are_named(dataset: DataSet, tmp_path: Path) -> None:
    folder = write(tmp_path / "out", {"1_1.png": NERVE, "1_1_mask.png": NERVE})
    with pytest.raises(InputError) as caught:
        evaluate(folder, dataset)
    assert str(caught.value) == (
        f"{folder} has two masks for frame 1_1, 1_1.png and 1_1_mask.png: keep one of "
        "them."
    )


def test_a_folder_without_a_mask_says_how_they_are_called(
    dataset: DataSet, tmp_path: Path
) -> None:
    folder = write(tmp_path / "out", {"result1.png": NERVE})
    with pytest.raises(InputError) as caught:
        evaluate(folder, dataset)
    assert str(caught.value) == (
        f"{folder} has no mask of a frame of this data set (its first file is "
        "result1.png): a mask is called as its frame, alone or with _mask, _seg, "
        "_pred, _prediction, _label, _segmentation or _annotation behind, such as "
        "1_1.png or 1_1_mask.png."
    )


def test_an_empty_folder_is_refused(dataset: DataSet, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match=r"predictions\.csv of ours: .* mask files$"):
        evaluate(tmp_path / "out", dataset)


def test_a_file_that_is_no_mask_is_named(dataset: DataSet, tmp_path: Path) -> None:
    names = dict.fromkeys(("1_1.png", "1_2.png", "2_1.png"), NERVE)
    folder = write(tmp_path / "out", names)
    (folder / "1_2.png").write_bytes(b"half")
    with pytest.raises(InputError, match=r"1_2\.png"):
        evaluate(folder, dataset)


def test_rows_of_a_table_are_matched_too(dataset: DataSet, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    runs = rle.encode(NERVE)
    path.write_text(f"filename;rle\n1_1.png;{runs}\nout/1_2.png;{runs}\n2_1;\n")
    assert [frame.dice for frame in evaluate(path, dataset).frames] == [1, 1, 1]
