"""``nerveseg predict``: every flag reaches the masks, and wrong ones end in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.command_line import run
from tests.engine.predicting import tiny_checkpoint, write_folder
from training.data import open_dataset, rle
from training.predict import Predictor, PredictSettings, open_predictions


@pytest.fixture
def place(tmp_path: Path) -> Path:
    tiny_checkpoint(tmp_path / "net.safetensors")
    write_folder(tmp_path / "data")
    return tmp_path


def predict(place: Path, *flags: str | Path) -> int:
    return run(
        "predict",
        place / "net.safetensors",
        place / "data",
        "--out",
        place / "out",
        "--backend",
        "torch",
        *flags,
    )


def test_flags_reach_the_masks(place: Path) -> None:
    flags = "--threshold 0.45 --averaging flip --largest-component --fill-holes"
    assert predict(place, *flags.split(), "--rle", place / "s.csv") == 0
    settings = PredictSettings(
        threshold=0.45, averaging="flip", largest_component=True, fill_holes=True
    )
    predictor = Predictor(place / "net.safetensors", "cpu", settings)
    found, submitted = open_predictions(place / "out"), rle.read_csv(place / "s.csv")
    dataset = open_dataset(place / "data")
    for frame in dataset.ids:
        expected = predictor.probability(dataset.frame(frame)).mask
        np.testing.assert_array_equal(found.mask(frame), expected)
        again = rle.decode(submitted[frame], expected.shape)
        np.testing.assert_array_equal(again, expected)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--threshold", "2"), "threshold is 2.0: give a number from 0 to 1."),
        (("--averaging", "mean"), "averaging is 'mean': choose none, flip, agreement."),
        (("--rle", "masks.txt"), "--rle masks.txt: name a file that ends in .csv."),
    ],
)
def test_wrong_flags_end_in_words_and_write_nothing(
    place, flags, words, capsys
) -> None:
    assert predict(place, *flags) == 2
    assert words in " ".join(capsys.readouterr().err.split())
    assert not (place / "out").exists()
