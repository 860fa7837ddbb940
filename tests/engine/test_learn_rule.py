from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.learn.fit.rule import (
    AREA_SHARES,
    PRESENCES,
    THRESHOLDS,
    DiceCurves,
    cleaner,
    frame_curve,
    saved_rule,
)
from training.learn.fit.schedule import Clock, rate_factor
from training.learn.settings.config import TrainConfig
from training.metrics import dice
from training.networks.decision import DecisionRule


def predictions(seed: int, n: int = 6, shape=(20, 30)):
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        truth = rng.random(shape) < rng.choice([0, 0.02, 0.3])
        guess = np.clip(truth * 120 + rng.normal(60, 60, shape), 0, 255)
        found.append((guess.astype(np.uint8), truth, float(rng.random())))
    return found


@given(
    seed=st.integers(0, 50),
    threshold=st.sampled_from(THRESHOLDS),
    presence=st.sampled_from(PRESENCES),
    share=st.sampled_from(AREA_SHARES),
)
def test_curves_score_what_the_decision_rule_cuts(seed, threshold, presence, share):
    rule = DecisionRule(threshold, presence, share)
    found = predictions(seed)
    expected = [
        dice(truth, rule.decide(guess, there), empty="one")
        for guess, truth, there in found
    ]
    scored = DiceCurves([frame_curve(*one) for one in found]).dice(rule)
    np.testing.assert_allclose(scored, expected, rtol=1e-12)


@settings(max_examples=50)
@given(
    seed=st.integers(0, 50),
    threshold=st.sampled_from(THRESHOLDS),
    share=st.sampled_from(AREA_SHARES),
    steps=st.fixed_dictionaries(
        {"largest_component": st.booleans(), "fill_holes": st.booleans()}
    ),
)
def test_curves_score_masks_that_are_cleaned(seed, threshold, share, steps):
    rule = DecisionRule(threshold, 0.3, share)
    cleaned = DecisionRule(threshold, 0.3, share, **steps)
    found = predictions(seed, n=3)
    expected = [
        dice(truth, cleaned.decide(guess, there), empty="one")
        for guess, truth, there in found
    ]
    clean = cleaner(TrainConfig(**steps))
    scored = DiceCurves([frame_curve(*one, clean) for one in found]).dice(rule)
    np.testing.assert_allclose(scored, expected, rtol=1e-12)


def test_tuning_finds_the_best_rule_that_is_tried():
    curves = DiceCurves([frame_curve(*one) for one in predictions(3, n=12)])
    rule, best = curves.tune()
    tried = [
        curves.dice(DecisionRule(t, p, a)).mean()
        for t in THRESHOLDS
        for p in PRESENCES
        for a in AREA_SHARES
    ]
    assert best == pytest.approx(max(tried))
    assert curves.dice(rule).mean() == pytest.approx(best)


def test_among_equals_the_neutral_rule_wins():
    truth = np.zeros((10, 10), bool)
    truth[2:6, 2:6] = True
    curve = frame_curve(truth.astype(np.uint8) * 255, truth, 1.0)
    assert DiceCurves([curve]).tune() == (DecisionRule(0.5, 0.5, 0.0), 1.0)


def test_rates_rise_then_fall_to_a_hundredth():
    factors = [rate_factor(p / 100, 0.1, "cosine") for p in range(101)]
    assert factors[0] == 0
    assert factors[10] == 1
    assert factors[5] == pytest.approx(0.5)
    assert factors[100] == pytest.approx(0.01)
    assert factors[10:] == sorted(factors[10:], reverse=True)
    assert rate_factor(0.9, 0.0, "constant") == 1


class Time:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_without_a_limit_progress_counts_steps():
    time = Time()
    clock = Clock(TrainConfig(epochs=2), 5, 0.25, time.now, now=time)
    time.now += 1e6
    for done in range(10):
        assert clock.progress == pytest.approx(done / 10)
        assert not clock.over
        clock.step()
    assert clock.progress == 1
    assert math.isfinite(clock.seconds_left(1))


def test_the_schedule_is_fitted_to_the_minutes():
    time = Time()
    started, time.now = time.now, time.now + 20  # reading frames counts
    config = TrainConfig(epochs=1000, max_minutes=2)
    clock = Clock(config, 10, 0.25, started, now=time)
    clock.validated(5)  # of the 100 s left 15 are kept for what comes after
    time.now += 42.5
    clock.step()
    assert clock.progress == pytest.approx(0.5)
    assert not clock.over
    time.now += 42.5
    assert clock.over
    assert clock.progress == 1


def test_time_for_validation_is_kept_before_one_was_timed():
    time = Time()
    clock = Clock(TrainConfig(epochs=1000, max_minutes=1), 10, 1.0, time.now, now=time)
    time.now += 2
    clock.step()  # 20 s an epoch, so 10 s a validation and 30 s to keep
    assert clock.progress == pytest.approx(2 / 30)


def test_time_for_the_test_score_is_kept_too():
    time = Time()
    config = TrainConfig(epochs=1000, max_minutes=2)
    clock = Clock(config, 10, 0.25, time.now, test_share=3.0, now=time)
    clock.validated(5)  # itself, and four times as many frames that cost twice as much
    time.now += 60  # which would take 45 s
    clock.step()
    assert clock.progress == pytest.approx(60 / 75)
    time.now += 15
    assert clock.over


def test_a_slow_first_step_does_not_end_the_training():
    time = Time()
    clock = Clock(TrainConfig(epochs=1000, max_minutes=1), 100, 1.0, time.now, now=time)
    time.now += 6
    clock.step()  # 600 s an epoch by this step: half of the minute is kept, not all
    assert not clock.over
    assert clock.progress == pytest.approx(6 / 30)


def test_a_rule_that_an_earlier_version_kept_in_a_row_is_read():
    rule = DecisionRule(0.4, 0.55, 0.002)
    assert saved_rule([0.4, 0.55, 0.002]) == saved_rule(rule.to_json()) == rule
    for wrong in ([0.4, 0.5], [0.4, 2, 0], {"threshold": "x"}):
        with pytest.raises(ValueError):
            saved_rule(wrong)
