"""Predictions, as written, against the masks of a data set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.engine.predicting import tiny_checkpoint, write_folder
from tests.toys import disc, smooth_frame, write_kaggle
from training.data import DataSet, Labels, open_dataset, rle
from training.data.reading import Reading
from training.data.store import LabelStore, MaskChange
from training.errors import Cancelled, InputError
from training.metrics import dice
from training.predict import predict_folder
from training.report import evaluate

SHAPE = (64, 80)
NERVE, MOVED = disc(SHAPE, (30, 40), 9), disc(SHAPE, (30, 44), 9)
NOTHING = np.zeros(SHAPE, bool)
TRUTH = {"1_1": NERVE, "1_2": NOTHING, "2_1": NERVE, "2_2": None}


@pytest.fixture
def dataset(tmp_path: Path) -> DataSet:
    frames = {
        name: (smooth_frame(seed), mask)
        for seed, (name, mask) in enumerate(TRUTH.items())
    }
    return open_dataset(write_kaggle(tmp_path / "data", frames))


def submit(path: Path, masks: dict[str, np.ndarray]) -> Path:
    rle.write_csv(path, masks)
    return path


def test_masks_as_written_are_scored(dataset: DataSet, tmp_path: Path) -> None:
    said = {"1_1": MOVED, "1_2": NOTHING, "2_1": NOTHING}
    scores = evaluate(submit(tmp_path / "s.csv", said), dataset)
    assert scores.competition_dice == pytest.approx((dice(NERVE, MOVED) + 1 + 0) / 3)
    assert scores.blank_baseline == pytest.approx(1 / 3)
    assert list(scores.per_subject) == ["1", "2"]
    assert (scores.n_frames, scores.n_skipped) == (3, 1)
    assert scores.warnings[0] == f"1 frames of {dataset.root} have no mask: left out."


def test_folder_of_predict_brings_presence(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "data", n=4)
    checkpoint = tiny_checkpoint(tmp_path / "net.safetensors")
    predict_folder(checkpoint, data, tmp_path / "out", device="cpu")
    scores = evaluate(tmp_path / "out", open_dataset(data))
    assert scores.n_frames == 4
    assert scores.presence_auc is not None
    assert scores.competition_dice_ci is None  # one subject


def test_other_labels_can_be_the_truth(dataset: DataSet, tmp_path: Path) -> None:
    class Current:
        def mask(self, frame_id: str, /) -> np.ndarray | None:
            return MOVED if frame_id == "1_1" else dataset.mask(frame_id)

    said = {"1_1": MOVED, "1_2": NOTHING, "2_1": NERVE}
    path = submit(tmp_path / "s.csv", said)
    assert evaluate(path, dataset, Current()).competition_dice == 1
    assert evaluate(path, dataset).competition_dice < 1


def test_a_missing_prediction_is_named(dataset: DataSet, tmp_path: Path) -> None:
    path = submit(tmp_path / "s.csv", {"1_1": NERVE, "1_2": NOTHING})
    with pytest.raises(InputError, match=r"s\.csv has no prediction for frame 2_1: "):
        evaluate(path, dataset)


def test_a_frame_that_could_not_be_predicted_is_left_out_and_says_why(
    tmp_path: Path,
) -> None:
    data, out = write_folder(tmp_path / "data"), tmp_path / "out"
    whole = (data / "1_2.tif").read_bytes()
    (data / "1_2.tif").write_bytes(b"")
    checkpoint = tiny_checkpoint(tmp_path / "net.safetensors")
    predict_folder(checkpoint, data, out, device="cpu")
    (data / "1_2.tif").write_bytes(whole)
    scores = evaluate(out, open_dataset(data))
    assert (scores.n_frames, scores.n_skipped) == (2, 1)
    (said,) = [text for text in scores.warnings if "1_2" in text]
    assert said.startswith("frame 1_2 is left out, it could not be predicted: ")
    for name in ("1_1_mask.tif", "1_3_mask.tif"):
        (data / name).unlink()
    with pytest.raises(InputError, match="no prediction for any frame with a mask"):
        evaluate(out, open_dataset(data))


def test_pictures_that_changed_since_are_named(tmp_path: Path) -> None:
    data, out = write_folder(tmp_path / "data"), tmp_path / "out"
    checkpoint = tiny_checkpoint(tmp_path / "net.safetensors")
    predict_folder(checkpoint, data, out, probabilities=True, device="cpu")
    dataset = open_dataset(data)
    assert not [t for t in evaluate(out, dataset).warnings if "changed" in t]
    write_kaggle(data, {"1_3": (smooth_frame(99), dataset.mask("1_3"))})
    assert (
        "1 frames have changed since they were predicted (1_3): predict again."
        in evaluate(out, dataset).warnings
    )


def test_deep_frames_of_another_range_are_not_said_to_have_changed_alone(
    tmp_path: Path,
) -> None:
    data, out = write_folder(tmp_path / "data"), tmp_path / "out"
    deep = smooth_frame(99).astype(np.uint16) * 16
    tifffile.imwrite(data / "1_3.tif", deep, photometric="minisblack")
    checkpoint = tiny_checkpoint(tmp_path / "net.safetensors")
    reading = Reading(grey_range="0:65535")
    predict_folder(
        checkpoint, data, out, reading=reading, probabilities=True, device="cpu"
    )
    assert (
        "1 frames have changed since they were predicted (1_3), or uint16=0:4095 was "
        "not their --grey-range then: predict again."
        in evaluate(out, open_dataset(data)).warnings
    )


def test_masks_of_frames_that_are_gone_are_told(
    dataset: DataSet, tmp_path: Path
) -> None:
    with LabelStore.open(tmp_path / "labels.sqlite") as store:
        store.act("paint", masks={"9_9": MaskChange(NERVE, "painted")})
        said = submit(tmp_path / "s.csv", {"1_1": NERVE, "1_2": NERVE, "2_1": NERVE})
        scores = evaluate(said, dataset, Labels(dataset, store))
    assert (
        f"1 masks are left out, because {dataset.root} has no frame for them any more "
        "(9_9): put the files back."
    ) in scores.warnings


def test_another_size_is_named(tmp_path: Path) -> None:
    data = write_folder(tmp_path / "data")
    checkpoint = tiny_checkpoint(tmp_path / "net.safetensors")
    predict_folder(checkpoint, data, tmp_path / "out", device="cpu")
    write_kaggle(data, {"1_1": (smooth_frame(1, (40, 50)), disc((40, 50), (9, 9), 5))})
    with pytest.raises(InputError, match="a mask of 64x80 pixels for frame 1_1, whose"):
        evaluate(tmp_path / "out", open_dataset(data))


def test_a_damaged_mask_is_skipped_and_named(dataset: DataSet, tmp_path: Path) -> None:
    (dataset.root / "1_2_mask.tif").write_bytes(b"")
    path = submit(tmp_path / "s.csv", {"1_1": NERVE, "2_1": NERVE})
    scores = evaluate(path, dataset)
    assert (scores.n_frames, scores.n_skipped) == (2, 2)
    assert "1_2_mask.tif" in scores.warnings[1]


def test_predictions_of_other_frames_are_counted(dataset, tmp_path) -> None:
    said = {"1_1": NERVE, "1_2": NOTHING, "2_1": NERVE, "9_9": NERVE}
    scores = evaluate(submit(tmp_path / "s.csv", said), dataset)
    assert f"1 predictions are of no frame of {dataset.root}: left out." in (
        scores.warnings
    )


def test_nothing_to_score_against(tmp_path: Path) -> None:
    data = write_kaggle(tmp_path / "data", {"1_1": (smooth_frame(0), None)})
    path = submit(tmp_path / "s.csv", {"1_1": NERVE})
    with pytest.raises(InputError, match="has no mask to score against"):
        evaluate(path, open_dataset(data))


def test_it_can_be_stopped(dataset: DataSet, tmp_path: Path) -> None:
    path = submit(tmp_path / "s.csv", {"1_1": NERVE})
    with pytest.raises(Cancelled):
        evaluate(path, dataset, should_stop=lambda: True)


@pytest.mark.real
def test_real_masks_against_themselves(real_data: Path, tmp_path: Path) -> None:
    dataset = open_dataset(real_data / "kaggle_original" / "train")
    masks = {frame: dataset.mask(frame) for frame in dataset.ids}
    scores = evaluate(submit(tmp_path / "s.csv", masks), dataset)
    assert scores.competition_dice == 1
    assert scores.n_frames == 51
    assert scores.hd95_nerve_frames == 0
