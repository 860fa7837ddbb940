"""Grey levels before the network: the same frame, the same levels, always."""

from __future__ import annotations

import numpy as np
import pytest

from tests.toys import smooth_frame
from training.networks.preprocess import PREPROCESSES, preprocess_frame


@pytest.fixture
def grainy(rng: np.random.Generator) -> np.ndarray:
    grain = rng.integers(-20, 20, (210, 290))
    return np.clip(smooth_frame(0, (210, 290)) + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", PREPROCESSES)
@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (50, 3), (64, 80)])
def test_size_and_type_stay_and_the_frame_is_not_touched(name, shape) -> None:
    frame = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    before = frame.copy()
    found = preprocess_frame(frame, name)
    assert (found.shape, found.dtype) == (shape, np.uint8)
    np.testing.assert_array_equal(frame, before)
    np.testing.assert_array_equal(preprocess_frame(frame, name), found)


def test_none_changes_nothing(grainy) -> None:
    assert preprocess_frame(grainy, "none") is grainy


def test_histeq_is_that_of_scikit_image(grainy) -> None:
    from skimage.exposure import equalize_hist

    expected = equalize_hist(grainy) * 255
    found = preprocess_frame(grainy, "histeq")
    assert np.abs(found - expected).max() <= 1


def test_clahe_is_close_to_that_of_scikit_image(grainy) -> None:
    from skimage.exposure import equalize_adapthist

    expected = equalize_adapthist(grainy, clip_limit=0.01) * 255
    found = preprocess_frame(grainy, "clahe")
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.99
    assert np.abs(found - expected).mean() < 8


def test_unknown_names_are_refused(grainy) -> None:
    with pytest.raises(ValueError, match="'sharpen' is none of none, histeq, clahe"):
        preprocess_frame(grainy, "sharpen")
