"""The rule that cuts masks, on one frame and on all: the curves say what pixels say."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from napari_nerveseg._engine import DecisionRule
from napari_nerveseg.review.actions import AcceptPrediction, Paint, Undo
from napari_nerveseg.review.predictions import LivePrediction
from tests.model.toy_review import EMPTY, NERVE, SHAPE, ToyReview
from tests.toys import smooth_frame
from training.metrics.dice import dice

FRAMES = ("1_1", "1_2", "1_3", "1_5", "2_2")
OWN = {"threshold": 0.5, "presence_threshold": 0.3, "min_area_share": 0.01}


@pytest.fixture
def predicted(context: ToyReview) -> ToyReview:
    """Live predictions for some frames, all read; 2_2 has no label."""
    for n, frame in enumerate(FRAMES):
        map_ = smooth_frame(10 + n)
        presence = n / 4
        mask = DecisionRule(**OWN).decide(map_, presence)
        answer = LivePrediction(map_, mask, presence, "toy", DecisionRule(**OWN))
        context.session.take_prediction(frame, answer)
    context.session.rule.read_all()
    assert context.session.rule.wait(20)
    return context


RULES = [
    DecisionRule(threshold, presence, share)
    for threshold, presence, share in product((0.02, 0.4, 0.8), (0, 0.6), (0, 0.1, 0.5))
]


@pytest.mark.parametrize("rule", RULES, ids=DecisionRule.words)
def test_curves_agree_with_masks(predicted: ToyReview, rule: DecisionRule) -> None:
    session = predicted.session
    own = {frame: session.predicted_mask(frame) for frame in FRAMES}
    session.set_rule(rule)
    changed, scores = 0, []
    for frame in FRAMES:
        mask, before = session.predicted_mask(frame), own[frame]
        assert mask is not None and before is not None
        changed += not np.array_equal(mask, before)
        truth = session.mask(frame)
        found = session.row(frame).dice
        if truth is None:
            assert found is None
        else:
            scores.append(dice(truth, mask))
            assert found == pytest.approx(scores[-1])
    summary = session.rule.summary()
    assert (summary.read, summary.total) == (5, 5)
    assert summary.changed == changed == len(session.rule.changed_frames())
    assert summary.score == pytest.approx(np.mean(scores))
    assert summary.blank_score == pytest.approx(1 / 4)
    assert summary.exact


def test_reset_brings_the_checkpoints_own_masks_back(predicted: ToyReview) -> None:
    session = predicted.session
    own = session.predicted_mask("1_5")
    score = session.rule.summary().own_score
    session.set_rule(DecisionRule(0.1))
    assert not np.array_equal(session.predicted_mask("1_5"), own)
    session.set_rule(None)
    assert np.array_equal(session.predicted_mask("1_5"), own)
    summary = session.rule.summary()
    assert summary.score == summary.own_score == score
    assert summary.changed == 0
    assert session.rule.now == session.rule.own == DecisionRule(**OWN)


def test_an_edit_is_in_the_score_at_once_and_undo_too(predicted: ToyReview) -> None:
    session = predicted.session
    before = session.rule.summary().score
    own = session.predicted_mask("1_1")
    assert own is not None
    session.do(Paint("1_1", smooth_frame(10) >= 128))
    assert session.rule.wait(20)
    edited = session.rule.summary().score
    session.do(Undo("1_1"))
    assert session.rule.wait(20)
    assert session.rule.summary().score == pytest.approx(before)
    assert edited != pytest.approx(before)


def test_an_accepted_mask_says_by_which_rule_it_was_cut(
    predicted: ToyReview,
) -> None:
    session = predicted.session
    session.set_rule(DecisionRule(0.25))
    session.do(AcceptPrediction("1_2"))
    assert np.array_equal(predicted.mask("1_2"), smooth_frame(11) >= 64)
    version = session.store.mask_version("1_2")
    assert version is not None
    assert version.source.startswith("prediction:toy (threshold 0.25, presence 0.00")


def test_filters_are_said_and_left_to_the_masks_themselves(
    predicted: ToyReview,
) -> None:
    session = predicted.session
    session.predictions.rule = None
    rule = DecisionRule(fill_holes=True)
    assert rule.filters
    assert session.rule.summary().exact
    session.predictions.rule = rule
    assert not session.rule.summary().exact
    assert np.isnan(session.rule.dice()).all()


def test_other_predictions_begin_with_their_own_rule(
    predicted: ToyReview, tmp_path: Path
) -> None:
    session = predicted.session
    session.set_rule(DecisionRule(0.9))
    submission = tmp_path / "submission.csv"
    submission.write_text("img,pixels\n1_1,\n", encoding="utf-8")
    session.load_predictions(submission)
    assert session.predictions.rule is None
    assert session.probability("1_1") is None
    mask = session.predicted_mask("1_1")
    assert mask is not None and not mask.any()
    session.set_rule(DecisionRule(0.1))  # there is no map to cut
    assert np.array_equal(session.predicted_mask("1_1"), mask)
    assert session.rule.wait(20)
    assert session.rule.summary().score is None


def test_nothing_is_read_before_somebody_asks(context: ToyReview) -> None:
    map_ = np.full(SHAPE, 200, np.uint8)
    context.session.take_prediction("1_2", LivePrediction(map_, map_ > 0, 1.0, "toy"))
    assert context.session.rule.waiting == 1
    assert context.session.rule.summary().read == 0
    assert np.array_equal(NERVE, context.mask("1_2")) and not EMPTY.any()
