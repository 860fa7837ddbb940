"""Reliability: probabilities against what was found."""

from __future__ import annotations

import numpy as np
import pytest

from training.report.reliability import PixelCounts, presence_reliability, reliability


def test_probabilities_that_come_true_have_no_error() -> None:
    p = np.repeat([0.1, 0.5, 0.9], 10)
    hits = np.concatenate([np.arange(10) < n for n in (1, 5, 9)])
    found = reliability(p, hits)
    assert found.counts.tolist() == [10, 10, 10]
    assert found.error == pytest.approx(0)
    assert found.points == [pytest.approx((q, q)) for q in (0.1, 0.5, 0.9)]


def test_the_error_is_weighed_by_counts() -> None:
    found = reliability([0.0, 1.0], [0, 0], [30, 10])
    assert found.error == pytest.approx(0.25)
    assert reliability([], []).error is None


def test_one_is_in_the_last_bin() -> None:
    assert reliability([1.0, 0.95], [1, 1]).counts.tolist() == [2]


def test_pixels_are_counted_by_level() -> None:
    counts = PixelCounts()
    probability = np.array([[0, 255], [255, 128]], np.uint8)
    for _ in range(2):
        counts.add(probability, np.array([[False, True], [False, True]]))
    found = counts.reliability()
    assert found.counts.tolist() == [2, 2, 4]
    assert found.found.tolist() == [0, 1, 0.5]
    assert found.predicted == pytest.approx([0, 128 / 255, 1])


def test_presence_needs_frames_of_both_kinds() -> None:
    assert presence_reliability([0.9, 0.8], [True, True]) is None
    assert presence_reliability([0.9, None], [True, False]) is None
    found = presence_reliability([0.9, 0.2], [True, False])
    assert found is not None and found.found.tolist() == [0, 1]
