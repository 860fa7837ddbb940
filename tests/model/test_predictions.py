"""Predictions beside the ground truth, and Dice between them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_nerveseg._engine import InputError
from napari_nerveseg.review.actions import AcceptPrediction, Paint, Undo
from napari_nerveseg.review.predictions import LivePrediction
from tests.model.toy_review import EMPTY, NERVE, SHIFTED, ToyReview
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


def test_dice_is_computed_when_there_is_time(
    context: ToyReview, submission: Path
) -> None:
    scored: list[tuple[str, ...]] = []
    context.session.scores_changed.connect(scored.append)
    context.session.load_predictions(submission)
    assert np.isnan(context.session.columns()["dice"]).all()
    while context.session.work(1.0):
        pass
    assert scored == [("1_1", "1_2")]
    column = context.session.columns()["dice"]
    assert column[0] == 0
    assert column[1] == pytest.approx(dice(NERVE, SHIFTED))
    assert np.isnan(column[2:]).all()


def test_a_row_that_is_asked_for_is_scored_at_once(
    context: ToyReview, submission: Path
) -> None:
    context.session.load_predictions(submission)
    assert context.session.row("1_2").dice == pytest.approx(dice(NERVE, SHIFTED))
    assert context.session.row("1_3").dice is None


def test_dice_follows_the_brush(context: ToyReview, submission: Path) -> None:
    context.session.load_predictions(submission)
    context.session.do(Paint("1_2", SHIFTED))
    assert context.session.row("1_2").dice == 1
    context.session.do(Undo("1_2"))
    assert context.session.row("1_2").dice == pytest.approx(dice(NERVE, SHIFTED))


def test_both_empty_is_one_and_a_missing_mask_has_no_dice(
    context: ToyReview,
) -> None:
    for frame in ("1_1", "2_2"):
        context.session.take_prediction(frame, _live(EMPTY))
    assert context.session.row("1_1").dice == 1
    assert context.session.row("2_2").dice is None


def test_a_prediction_replaces_nothing_until_it_is_accepted(
    context: ToyReview,
) -> None:
    told: list[tuple[str, ...]] = []
    context.session.predictions_changed.connect(told.append)
    context.session.take_prediction("1_1", _live(SHIFTED))
    assert told == [("1_1",)]
    np.testing.assert_array_equal(context.mask("1_1"), EMPTY)
    np.testing.assert_array_equal(context.session.predicted_mask("1_1"), SHIFTED)
    assert context.session.history() == []
    context.session.do(AcceptPrediction("1_1"))
    np.testing.assert_array_equal(context.mask("1_1"), SHIFTED)
    version = context.session.store.mask_version("1_1")
    assert version is not None
    assert version.source == "prediction:best"
    context.session.do(Undo("1_1"))
    np.testing.assert_array_equal(context.mask("1_1"), EMPTY)


def test_accepting_what_is_there_already_stores_nothing(context: ToyReview) -> None:
    context.session.take_prediction("1_2", _live(NERVE))
    context.session.do(AcceptPrediction("1_2"))
    assert context.session.history() == []


def test_accepting_an_empty_prediction_fills_a_missing_mask(
    context: ToyReview,
) -> None:
    context.session.take_prediction("2_2", _live(EMPTY))
    context.session.do(AcceptPrediction("2_2"))
    np.testing.assert_array_equal(context.mask("2_2"), EMPTY)


def test_there_has_to_be_a_prediction_of_the_frames_size(
    context: ToyReview,
) -> None:
    with pytest.raises(InputError, match="1_3 has no prediction"):
        context.session.do(AcceptPrediction("1_3"))
    context.session.take_prediction("1_3", _live(np.zeros((3, 4), dtype=bool)))
    with pytest.raises(InputError, match="another size"):
        context.session.do(AcceptPrediction("1_3"))
    assert context.session.row("1_3").dice is None


def test_a_new_set_takes_the_place_of_the_old(
    context: ToyReview, submission: Path
) -> None:
    context.session.take_prediction("1_5", _live(NERVE))
    context.session.load_predictions(submission)
    assert context.session.predicted_mask("1_5") is None
    assert context.session.probability("1_2") is None
    assert context.session.row("1_5").dice is None


def test_a_prediction_that_cannot_be_read_is_said_and_has_no_dice(
    context: ToyReview, tmp_path: Path
) -> None:
    (tmp_path / "bad.csv").write_text("img,pixels\n1_2,1 99999\n")
    context.session.load_predictions(tmp_path / "bad.csv")
    assert context.session.row("1_2").dice is None
    assert context.session.predicted_mask("1_2") is None
    assert [level for level, _ in context.said] == ["warning"]
    assert "frame 1_2" in context.said[0][1]


def test_mask_files_of_another_program_are_shown(
    context: ToyReview, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    for name, mask in (("1_2-pred.png", SHIFTED), ("stranger.png", NERVE)):
        Image.fromarray(mask.astype(np.uint8) * 255).save(folder / name)
    context.session.load_predictions(folder)
    assert context.session.row("1_2").dice == pytest.approx(dice(NERVE, SHIFTED))
    assert [level for level, _ in context.said] == ["warning"]
    assert "stranger.png" in context.said[0][1]


def test_a_folder_without_predictions_is_refused(
    context: ToyReview, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="predict"):
        context.session.load_predictions(tmp_path)
