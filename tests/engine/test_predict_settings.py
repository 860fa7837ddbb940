"""What a user may ask of a prediction, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.predicting import tiny_checkpoint, write_folder
from tests.toys import smooth_frame, write_kaggle
from training.data import rle
from training.errors import InputError
from training.networks import DecisionRule, infer, load_checkpoint, stack_frames
from training.networks.preprocess import preprocess_frame
from training.predict import (
    Predictor,
    PredictSettings,
    open_predictions,
    predict_folder,
)

FRAME = smooth_frame(1)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("run") / "best.safetensors")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"threshold": 2}, "threshold is 2: give a number from 0 to 1."),
        ({"min_area_share": "x"}, "min_area_share is 'x': give a number from 0 to 1."),
        ({"fill_holes": 1}, "fill_holes is 1: give true or false."),
        (
            {"averaging": "mean"},
            "averaging is 'mean': choose none, flip, agreement.",
        ),
        ({"backend": "onnx"}, "backend is 'onnx': choose auto, torch, openvino."),
    ],
)
def test_wrong_settings_are_named(checkpoint, settings, words) -> None:
    asked = PredictSettings(**settings)
    assert asked.validation_error() == words
    with pytest.raises(InputError) as caught:
        Predictor(checkpoint, "cpu", asked)
    assert str(caught.value) == words


def test_settings_beat_the_checkpoint(checkpoint) -> None:
    asked = PredictSettings(threshold=0.4, largest_component=True)
    predictor = Predictor(checkpoint, "cpu", asked)
    assert predictor.meta.rule == DecisionRule(0.4, 0.0, largest_component=True)
    found = predictor.probability(FRAME)
    expected = predictor.meta.rule.decide(found.probability, 1.0)
    np.testing.assert_array_equal(found.mask, expected)


def test_a_mirrored_frame_gives_the_mirrored_map_under_averaging(checkpoint) -> None:
    predictor = Predictor(checkpoint, "cpu", PredictSettings(averaging="flip"))
    found = predictor.probability(FRAME)
    mirrored = predictor.probability(np.ascontiguousarray(FRAME[:, ::-1]))
    difference = found.probability - mirrored.probability[:, ::-1].astype(int)
    assert np.abs(difference).max() <= 1
    assert found.presence == pytest.approx(mirrored.presence, abs=1e-5)


def test_uncertainty_leaves_the_masks_as_they_are(checkpoint) -> None:
    plain = Predictor(checkpoint, "cpu").probability(FRAME)
    asked = PredictSettings(uncertainty=True)
    found = Predictor(checkpoint, "cpu", asked).probability(FRAME)
    np.testing.assert_array_equal(found.probability, plain.probability)
    np.testing.assert_array_equal(found.mask, plain.mask)
    assert found.uncertainty.dtype == np.uint8
    assert 0 < found.frame_uncertainty < 1
    assert plain.uncertainty is plain.frame_uncertainty is None


@pytest.mark.parametrize("name", ["histeq", "clahe"])
def test_the_checkpoints_preprocessing_comes_first(tmp_path, name) -> None:
    path = tiny_checkpoint(tmp_path / "net.safetensors", preprocess=name)
    network, meta = load_checkpoint(path)
    ready = preprocess_frame(FRAME, name)
    _logits, presence = infer(network, stack_frames([ready], meta.input_size))
    found = Predictor(path, "cpu").probability(FRAME)
    assert found.presence == pytest.approx(float(presence.sigmoid()))


def test_uncertainty_is_written_and_read_back(checkpoint, tmp_path) -> None:
    data, out = write_folder(tmp_path / "data"), tmp_path / "out"
    asked = PredictSettings(uncertainty=True, averaging="flip")
    predict_folder(checkpoint, data, out, device="cpu", settings=asked)
    predictor, found = Predictor(checkpoint, "cpu", asked), open_predictions(out)
    frame = smooth_frame(1)
    expected = predictor.probability(frame)
    np.testing.assert_array_equal(found.uncertainty("1_1"), expected.uncertainty)
    assert found.frame_uncertainty("1_1") == pytest.approx(
        expected.frame_uncertainty, rel=1e-5
    )
    assert found.probability("1_1") is None
    predict_folder(checkpoint, data, out, device="cpu")  # replaces its own
    again = open_predictions(out)
    assert again.uncertainty("1_1") is again.frame_uncertainty("1_1") is None


def test_a_table_of_before_uncertainty_was_known_is_still_ours(
    checkpoint, tmp_path
) -> None:
    data, out = write_folder(tmp_path / "data"), tmp_path / "out"
    predict_folder(checkpoint, data, out, device="cpu")
    table = out / "predictions.csv"
    lines = [line.rsplit(",", 2) for line in table.read_text().splitlines()]
    table.write_text("".join(f"{a},{c}\n" for a, _b, c in lines))
    assert open_predictions(out).frame_uncertainty("1_1") is None
    predict_folder(checkpoint, data, out, device="cpu")


def test_a_submission_in_the_competitions_format(checkpoint, tmp_path) -> None:
    frames = {f"{k}": (smooth_frame(k), None) for k in (1, 2, 10, 9)}
    data = write_kaggle(tmp_path / "test", frames)
    (data / "3.tif").write_bytes(b"")
    path, out = tmp_path / "submission.csv", tmp_path / "out"
    result = predict_folder(checkpoint, data, out, device="cpu", rle=path)
    assert result["rle"] == path
    lines = path.read_text().splitlines()
    assert lines[0] == "img,pixels"
    assert [line.split(",")[0] for line in lines[1:]] == ["1", "2", "3", "9", "10"]
    assert lines[3] == "3,"  # it could not be read, and the competition wants a line
    masks, submitted = open_predictions(out), rle.read_csv(path)
    for frame in masks.ids:
        mask = masks.mask(frame)
        np.testing.assert_array_equal(rle.decode(submitted[frame], mask.shape), mask)
        starts = np.array(submitted[frame].split()[::2], int)
        assert (np.diff(starts) > 0).all()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("data/submission.csv", "lies in the data folder, which is only read"),
        ("none/submission.csv", "name a file in a folder that exists"),
        ("data", "name a file in a folder that exists"),
    ],
)
def test_a_submission_that_may_not_be_written_stops_before_any_work(
    checkpoint, tmp_path, where, words
) -> None:
    data = write_folder(tmp_path / "data")
    before = {path.name for path in data.iterdir()}
    with pytest.raises(InputError, match=words):
        predict_folder(
            checkpoint, data, tmp_path / "out", device="cpu", rle=tmp_path / where
        )
    assert {path.name for path in data.iterdir()} == before
    assert not (tmp_path / "out").exists()
