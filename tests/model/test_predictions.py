"""Predictions beside the ground truth, and Dice between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_nerveseg._engine import InputError
from napari_nerveseg.model.actions import AcceptPrediction, Paint, Undo
from napari_nerveseg.model.predictions import LivePrediction
from tests.model.desk import EMPTY, NERVE, SHIFTED, Desk
from tests.toys import Mask
from training.data.rle import write_csv
from training.metrics import dice


def _live(mask: Mask) -> LivePrediction:
    return LivePrediction(mask.astype(np.uint8) * np.uint8(200), mask, 0.9, "best")


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    """Predictions for two frames, one of them of the data set."""
    write_csv(tmp_path / "masks.csv", {"1_1": NERVE, "1_2": SHIFTED, "9_9": EMPTY})
    return tmp_path / "masks.csv"


def test_dice_is_computed_when_there_is_time(desk: Desk, submission: Path) -> None:
    scored: list[tuple[str, ...]] = []
    desk.session.scores_changed.connect(scored.append)
    desk.session.load_predictions(submission)
    assert np.isnan(desk.session.columns()["dice"]).all()
    while desk.session.work(1.0):
        pass
    assert scored == [("1_1", "1_2")]
    column = desk.session.columns()["dice"]
    assert column[0] == 0
    assert column[1] == pytest.approx(dice(NERVE, SHIFTED))
    assert np.isnan(column[2:]).all()


def test_a_row_that_is_asked_for_is_scored_at_once(
    desk: Desk, submission: Path
) -> None:
    desk.session.load_predictions(submission)
    assert desk.session.row("1_2").dice == pytest.approx(dice(NERVE, SHIFTED))
    assert desk.session.row("1_3").dice is None


def test_dice_follows_the_brush(desk: Desk, submission: Path) -> None:
    desk.session.load_predictions(submission)
    desk.session.do(Paint("1_2", SHIFTED))
    assert desk.session.row("1_2").dice == 1
    desk.session.do(Undo("1_2"))
    assert desk.session.row("1_2").dice == pytest.approx(dice(NERVE, SHIFTED))


def test_both_empty_is_one_and_a_missing_mask_has_no_dice(desk: Desk) -> None:
    for frame in ("1_1", "2_2"):
        desk.session.take_prediction(frame, _live(EMPTY))
    assert desk.session.row("1_1").dice == 1
    assert desk.session.row("2_2").dice is None


def test_a_prediction_replaces_nothing_until_it_is_accepted(desk: Desk) -> None:
    told: list[tuple[str, ...]] = []
    desk.session.predictions_changed.connect(told.append)
    desk.session.take_prediction("1_1", _live(SHIFTED))
    assert told == [("1_1",)]
    np.testing.assert_array_equal(desk.mask("1_1"), EMPTY)
    np.testing.assert_array_equal(desk.session.predicted_mask("1_1"), SHIFTED)
    assert desk.session.history() == []
    desk.session.do(AcceptPrediction("1_1"))
    np.testing.assert_array_equal(desk.mask("1_1"), SHIFTED)
    version = desk.session.store.mask_version("1_1")
    assert version is not None
    assert version.source == "prediction:best"
    desk.session.do(Undo("1_1"))
    np.testing.assert_array_equal(desk.mask("1_1"), EMPTY)


def test_accepting_what_is_there_already_stores_nothing(desk: Desk) -> None:
    desk.session.take_prediction("1_2", _live(NERVE))
    desk.session.do(AcceptPrediction("1_2"))
    assert desk.session.history() == []


def test_accepting_an_empty_prediction_fills_a_missing_mask(desk: Desk) -> None:
    desk.session.take_prediction("2_2", _live(EMPTY))
    desk.session.do(AcceptPrediction("2_2"))
    np.testing.assert_array_equal(desk.mask("2_2"), EMPTY)


def test_there_has_to_be_a_prediction_of_the_frames_size(desk: Desk) -> None:
    with pytest.raises(InputError, match="1_3 has no prediction"):
        desk.session.do(AcceptPrediction("1_3"))
    desk.session.take_prediction("1_3", _live(np.zeros((3, 4), dtype=bool)))
    with pytest.raises(InputError, match="another size"):
        desk.session.do(AcceptPrediction("1_3"))
    assert desk.session.row("1_3").dice is None


def test_a_new_set_takes_the_place_of_the_old(desk: Desk, submission: Path) -> None:
    desk.session.take_prediction("1_5", _live(NERVE))
    desk.session.load_predictions(submission)
    assert desk.session.predicted_mask("1_5") is None
    assert desk.session.probability("1_2") is None
    assert desk.session.row("1_5").dice is None


def test_a_prediction_that_cannot_be_read_is_said_and_has_no_dice(
    desk: Desk, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_text("img,pixels\n1_2,1 99999\n")
    desk.session.load_predictions(tmp_path / "bad.csv")
    assert desk.session.row("1_2").dice is None
    assert desk.session.predicted_mask("1_2") is None
    assert [level for level, _ in desk.said] == ["warning"]
    assert "frame 1_2" in desk.said[0][1]


def test_mask_files_of_another_program_are_shown(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    for name, mask in (("1_2-pred.png", SHIFTED), ("stranger.png", NERVE)):
        Image.fromarray(mask.astype(np.uint8) * 255).save(folder / name)
    desk.session.load_predictions(folder)
    assert desk.session.row("1_2").dice == pytest.approx(dice(NERVE, SHIFTED))
    assert [level for level, _ in desk.said] == ["warning"]
    assert "stranger.png" in desk.said[0][1]


def test_a_folder_without_predictions_is_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="predict"):
        desk.session.load_predictions(tmp_path)
