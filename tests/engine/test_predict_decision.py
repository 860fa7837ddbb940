"""The one rule from probability to mask."""

from __future__ import annotations

import numpy as np
import pytest

from training.predict.decision import decide, threshold_level

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_a_pixel_at_the_threshold_is_nerve() -> None:
    mask = decide(RAMP, 1.0, threshold=0.6)
    assert mask.dtype == bool
    assert RAMP[mask].min() == 153  # 0.6 * 255


@pytest.mark.parametrize(
    ("threshold", "level"), [(0, 1), (0.2, 51), (0.5, 128), (0.6, 153), (1, 255)]
)
def test_level_of_a_threshold(threshold: float, level: int) -> None:
    assert threshold_level(threshold) == level


def test_low_presence_empties_the_mask() -> None:
    assert decide(RAMP, 0.5, 0.5, 0.5).any()
    assert not decide(RAMP, 0.49, 0.5, 0.5).any()


def test_small_mask_is_emptied() -> None:
    probability = np.zeros((10, 10), np.uint8)
    probability[0, :4] = 255
    assert decide(probability, 1, 0.5, 0, 0.04).sum() == 4
    assert not decide(probability, 1, 0.5, 0, 0.05).any()


def test_unquantised_probability_and_areas_in_pixels_are_refused() -> None:
    with pytest.raises(ValueError, match="float64, not quantised"):
        decide(RAMP / 255, 1.0)
    with pytest.raises(ValueError, match="2500 is no share"):
        decide(RAMP, 1.0, min_area_share=2500)
