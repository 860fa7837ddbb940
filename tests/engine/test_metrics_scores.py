"""The panel of scores over frames."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.toys import disc
from training.files import dump_json
from training.metrics import (
    dice,
    presence_auc,
    score_frames,
    sensitivity,
    specificity,
    subject_interval,
)

SHAPE = (40, 50)
NOTHING = np.zeros(SHAPE, bool)
NERVE = disc(SHAPE, (20, 20), 6)
MOVED = disc(SHAPE, (20, 23), 6)

PAIRS = [
    ("1_1", "1", NERVE, MOVED, 0.9),  # found, a little off
    ("1_2", "1", NERVE, NOTHING, 0.4),  # missed
    ("2_1", "2", NOTHING, NOTHING, 0.1),  # rightly empty
    ("2_2", "2", NOTHING, NERVE, 0.6),  # a false alarm
    ("3_1", "3", NOTHING, NOTHING, 0.2),
]


def test_presence_measures() -> None:
    truth, said = [True, True, False, False, False], [True, False, False, True, False]
    assert sensitivity(truth, said) == 1 / 2
    assert specificity(truth, said) == 2 / 3
    assert math.isnan(sensitivity([False], [True]))
    assert math.isnan(specificity([True], [True]))
    assert math.isnan(presence_auc([True, True], [0.1, 0.2]))


def test_auc_is_the_chance_of_the_right_order_ties_counting_half(rng) -> None:
    truth = rng.random(60) < 0.4
    presence = rng.integers(0, 12, 60) / 12
    pairs = [(a > b) + (a == b) / 2 for a in presence[truth] for b in presence[~truth]]
    assert presence_auc(truth, presence) == pytest.approx(sum(pairs) / len(pairs))


def test_panel_of_five_frames() -> None:
    scores = score_frames(PAIRS, n_skipped=2, warnings=["first"])
    overlap = dice(NERVE, MOVED)
    assert scores.competition_dice == pytest.approx((overlap + 0 + 1 + 0 + 1) / 5)
    assert scores.blank_baseline == 3 / 5
    assert scores.dice_nerve_frames == pytest.approx(overlap / 2)
    assert scores.iou_nerve_frames == pytest.approx(overlap / (2 - overlap) / 2)
    assert scores.hd95_nerve_frames == pytest.approx(3, abs=0.5)
    assert scores.centroid_distance_nerve_frames == pytest.approx(3)
    assert scores.centroid_share_nerve_frames == pytest.approx(3 / math.hypot(*SHAPE))
    assert scores.presence_auc == pytest.approx(5 / 6)
    assert (scores.sensitivity, scores.specificity) == (1 / 2, 2 / 3)
    assert (scores.n_frames, scores.n_skipped, scores.n_located) == (5, 2, 1)
    assert scores.warnings[0] == "first"
    assert "blank masks have 0.977" in scores.warnings[1]


def test_blank_masks_score_the_blank_baseline() -> None:
    blank = [(name, who, truth, NOTHING, None) for name, who, truth, *_ in PAIRS]
    scores = score_frames(blank)
    assert scores.competition_dice == scores.blank_baseline
    assert scores.pixel_accuracy == scores.pixel_accuracy_blank
    assert scores.presence_auc is None


def test_per_subject() -> None:
    by_subject = score_frames(PAIRS).per_subject
    assert list(by_subject) == ["1", "2", "3"]
    assert by_subject["2"] == {
        "n_frames": 2,
        "n_nerve_frames": 0,
        "competition_dice": 0.5,
        "blank_baseline": 1.0,
        "dice_nerve_frames": None,
    }


def test_json_has_every_key_and_null_for_the_undefined() -> None:
    text = score_frames([("3_1", "3", NOTHING, NOTHING, None)]).to_json()
    assert "frames" not in text
    for key in (
        "dice_nerve_frames",
        "iou_nerve_frames",
        "hd95_nerve_frames",
        "presence_auc",
        "sensitivity",
        "centroid_distance_nerve_frames",
        "competition_dice_ci",
    ):
        assert text[key] is None
    assert text["competition_dice"] == text["specificity"] == 1
    assert "NaN" not in dump_json(text)


def test_no_frames_at_all_is_undefined_not_an_error() -> None:
    scores = score_frames([])
    assert scores.competition_dice is None
    assert scores.per_subject == {}


def test_interval_draws_subjects_not_frames() -> None:
    values = [0.2] * 100 + [0.8] * 100
    apart = subject_interval(values, ["1"] * 100 + ["2"] * 100)
    together = subject_interval(values, [str(i % 20) for i in range(200)])
    assert apart == (pytest.approx(0.2), pytest.approx(0.8))
    assert together == (pytest.approx(0.5), pytest.approx(0.5))


def test_interval_is_seeded_and_holds_the_mean(rng) -> None:
    values = rng.random(60).tolist()
    subjects = [str(i // 6) for i in range(60)]
    low, high = subject_interval(values, subjects, seed=3)
    assert (low, high) == subject_interval(values, subjects, seed=3)
    assert (low, high) != subject_interval(values, subjects, seed=4)
    assert low < np.mean(values) < high


def test_no_interval_below_two_subjects() -> None:
    assert subject_interval([0.5, 0.6], ["1", "1"]) is None
    one = score_frames(PAIRS[:2])
    assert one.competition_dice_ci is None
    assert one.warnings[-1] == "All frames are of one subject, so there is no interval."


def test_frames_without_subject_are_warned_about() -> None:
    scores = score_frames([*PAIRS, ("x", None, NERVE, NERVE, None)])
    assert scores.competition_dice_ci is None
    assert scores.warnings[-1].startswith("1 of 6 frames carry no subject")
