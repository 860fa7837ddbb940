"""Predictions read back from a folder or a submission."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from tests.engine.predicting import tiny_checkpoint, write_folder
from tests.toys import disc
from training.data import open_dataset, rle
from training.data.images import pixel_digest
from training.errors import InputError
from training.predict import changed_frames, open_predictions, predict_folder

NERVE = disc((64, 80), (30, 40), 8)
NOTHING = np.zeros((64, 80), bool)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    checkpoint = tiny_checkpoint(tmp_path / "net.safetensors")
    data, out = write_folder(tmp_path / "data"), tmp_path / "out"
    predict_folder(checkpoint, data, out, probabilities=True, device="cpu")
    return out


@pytest.mark.parametrize("header", ["subject,img,pixels", "img,pixels"])
def test_submission(header: str, tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    ids = ("1,2", "1,3") if header.startswith("subject") else ("2", "3")
    path.write_text(f"{header}\n{ids[0]},{rle.encode(NERVE)}\n{ids[1]},\n")
    found = open_predictions(path)
    names = tuple(name.replace(",", "_") for name in ids)
    assert found.ids == names
    np.testing.assert_array_equal(found.mask(names[0], (64, 80)), NERVE)
    np.testing.assert_array_equal(found.mask(names[1], (64, 80)), NOTHING)
    assert found.mask("9_9", (64, 80)) is None
    assert found.probability(names[0]) is found.presence(names[0]) is None


def test_submission_needs_sizes(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    rle.write_csv(path, {"1_2": NERVE})
    with pytest.raises(ValueError, match="does not say how large frame 1_2 is"):
        open_predictions(path).mask("1_2")
    found = open_predictions(path, lambda _frame: (64, 80))
    np.testing.assert_array_equal(found.mask("1_2"), NERVE)


def test_runs_that_leave_the_frame_name_file_and_frame(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    path.write_text("img,pixels\n7,1 999999\n")
    with pytest.raises(InputError, match=r"submission\.csv, frame 7: "):
        open_predictions(path).mask("7", (64, 80))


def test_folder_by_its_zarr(folder: Path) -> None:
    by_zarr = open_predictions(folder / "probabilities.zarr")
    assert by_zarr.ids == open_predictions(folder).ids == ("1_1", "1_2", "1_3")
    assert by_zarr.path == folder


def test_unknown_frames_have_no_prediction(folder: Path) -> None:
    found = open_predictions(folder)
    assert (
        found.mask("9_9") is found.probability("9_9") is found.presence("9_9") is None
    )


def test_missing_and_damaged_masks_are_named(folder: Path) -> None:
    (folder / "1_1_mask.png").unlink()
    (folder / "1_2_mask.png").write_bytes(b"")
    found = open_predictions(folder)
    for frame in ("1_1", "1_2"):
        with pytest.raises(InputError, match=f"{frame}_mask.png"):
            found.mask(frame)


def test_a_damaged_table_is_named(folder: Path) -> None:
    table = folder / "predictions.csv"
    table.write_text(table.read_text().replace("1_2,", "1_2,much "))
    with pytest.raises(InputError, match=r"predictions\.csv is damaged at frame 1_2"):
        open_predictions(folder)


def test_what_is_no_prediction_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist: name a folder that predict"):
        open_predictions(tmp_path / "none")
    with pytest.raises(InputError, match=r"has no predictions\.csv of ours"):
        open_predictions(tmp_path)
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    with pytest.raises(InputError, match=r"a\.csv"):
        open_predictions(tmp_path / "a.csv")


def test_maps_know_what_was_predicted_and_by_what(folder: Path, tmp_path: Path) -> None:
    dataset, found = open_dataset(tmp_path / "data"), open_predictions(folder)
    today = {name: pixel_digest(dataset.frame(name)) for name in dataset.ids}
    assert {name: found.frame_sha256(name) for name in found.ids} == today
    assert found.frame_sha256("9_9") is None
    checkpoint = (tmp_path / "net.safetensors").read_bytes()
    assert found.checkpoint_sha256 == hashlib.sha256(checkpoint).hexdigest()
    assert changed_frames(found, today.get) == []
    assert changed_frames(found, {"1_2": "other"}.get) == ["1_2"]


def test_without_maps_nothing_is_known_to_differ(tmp_path: Path) -> None:
    path = tmp_path / "submission.csv"
    rle.write_csv(path, {"1_2": NERVE})
    assert changed_frames(open_predictions(path), {"1_2": "any"}.get) == []
    checkpoint = tiny_checkpoint(tmp_path / "net.safetensors")
    data, out = write_folder(tmp_path / "data"), tmp_path / "out"
    predict_folder(checkpoint, data, out, device="cpu")
    found = open_predictions(out)
    assert found.frame_sha256("1_1") is found.checkpoint_sha256 is None


def test_a_name_that_no_file_can_have_is_damage(tmp_path: Path) -> None:
    table = tmp_path / "predictions.csv"
    table.write_text("frame,presence,area,threshold,error\n1\0_1,0.5,3,0.5,\n")
    with pytest.raises(InputError, match=r"predictions\.csv is damaged at line 2: "):
        open_predictions(tmp_path)
