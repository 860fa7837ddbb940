"""The one rule from probability to mask."""

from __future__ import annotations

import numpy as np
import pytest

from training.networks import CheckpointMeta
from training.networks.decision import DecisionRule, threshold_level

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_a_pixel_at_the_threshold_is_nerve() -> None:
    mask = DecisionRule(threshold=0.6).decide(RAMP, 1.0)
    assert mask.dtype == bool
    assert RAMP[mask].min() == 153  # 0.6 * 255


@pytest.mark.parametrize(
    ("threshold", "level"), [(0, 1), (0.2, 51), (0.5, 128), (0.6, 153), (1, 255)]
)
def test_level_of_a_threshold(threshold: float, level: int) -> None:
    assert threshold_level(threshold) == level


def test_low_presence_empties_the_mask() -> None:
    assert DecisionRule(0.5, 0.5).decide(RAMP, 0.5).any()
    assert not DecisionRule(0.5, 0.5).decide(RAMP, 0.49).any()


def test_small_mask_is_emptied() -> None:
    probability = np.zeros((10, 10), np.uint8)
    probability[0, :4] = 255
    assert DecisionRule(0.5, 0, 0.04).decide(probability, 1).sum() == 4
    assert not DecisionRule(0.5, 0, 0.05).decide(probability, 1).any()


def test_unquantised_probability_and_areas_in_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match="float64, not quantised"):
        DecisionRule().decide(RAMP / 255, 1.0)
    with pytest.raises(ValueError, match="2500 is no share"):
        DecisionRule(min_area_share=2500)


def test_a_rule_that_says_nothing_of_presence_empties_nothing() -> None:
    expected = RAMP >= 128
    for rule in (DecisionRule(), DecisionRule.from_json({"threshold": 0.5})):
        assert rule.presence_threshold == 0
        for presence in (0.0, 0.01, None):
            np.testing.assert_array_equal(rule.decide(RAMP, presence), expected)
    assert CheckpointMeta("unet", {}, (8, 8)).rule == DecisionRule()
    asked = DecisionRule(presence_threshold=0.5)
    assert asked.decide(RAMP).any(), "a presence that is not known empties nothing"
    assert not asked.decide(RAMP, 0.49).any()


def test_a_rule_is_what_its_json_says() -> None:
    rule = DecisionRule(0.3, 0.6, 0.01, fill_holes=True)
    assert rule.to_json() == {
        "threshold": 0.3,
        "presence_threshold": 0.6,
        "min_area_share": 0.01,
        "largest_component": False,
        "fill_holes": True,
    }
    assert DecisionRule.from_json({**rule.to_json(), "seconds": 3}) == rule
    for wrong in ({"threshold": "x"}, {"fill_holes": 1}, {"min_area_share": True}):
        with pytest.raises(ValueError, match=r"is no share|not true or false"):
            DecisionRule.from_json(wrong)


TWO_PARTS = np.array(
    [
        [1, 1, 1, 0, 0, 0],
        [1, 0, 1, 0, 0, 1],
        [1, 1, 1, 0, 1, 0],
        [0, 0, 0, 0, 0, 0],
    ],
    bool,
)


def cut(mask: np.ndarray, **settings: object) -> np.ndarray:
    return DecisionRule(**settings).decide(mask * np.uint8(255), 1.0)


def test_the_largest_part_stays() -> None:
    kept = cut(TWO_PARTS, largest_component=True)
    np.testing.assert_array_equal(kept[:, :3], TWO_PARTS[:, :3])
    assert not kept[:, 3:].any()


def test_corners_connect_and_the_first_of_equals_stays() -> None:
    mask = np.zeros((4, 6), bool)
    mask[[0, 1, 2, 3], [0, 1, 4, 5]] = True
    kept = cut(mask, largest_component=True)
    assert np.argwhere(kept).tolist() == [[0, 0], [1, 1]]


def test_holes_are_filled_and_bays_are_not() -> None:
    filled = cut(TWO_PARTS, fill_holes=True)
    assert (filled != TWO_PARTS).sum() == 1
    assert filled[1, 1]
    bay = TWO_PARTS.copy()
    bay[0, 1] = False
    np.testing.assert_array_equal(cut(bay, fill_holes=True), bay)


def test_holes_are_those_of_scipy(rng: np.random.Generator) -> None:
    from scipy.ndimage import binary_fill_holes

    for _ in range(20):
        mask = rng.random((17, 23)) < 0.6
        expected = binary_fill_holes(mask)
        np.testing.assert_array_equal(cut(mask, fill_holes=True), expected)


def test_least_area_counts_the_whole_mask_before_parts_are_dropped() -> None:
    share = 10 / TWO_PARTS.size
    assert cut(TWO_PARTS, min_area_share=share, largest_component=True).sum() == 8
    assert not cut(TWO_PARTS, min_area_share=11 / TWO_PARTS.size, fill_holes=True).any()


def test_an_empty_mask_stays_empty() -> None:
    nothing = np.zeros((5, 5), bool)
    assert not cut(nothing, largest_component=True, fill_holes=True).any()
