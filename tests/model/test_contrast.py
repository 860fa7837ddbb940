"""Views of grey levels: other pixels to look at, the same frame underneath."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_nerveseg.canvas.contrast import (
    CLAHE,
    EQUALISED,
    GAMMA,
    RAW,
    SMOOTH,
    VIEWS,
    Contrast,
    seen,
)
from tests.toys import smooth_frame


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_leaves_the_frame_alone(view: str) -> None:
    frame = smooth_frame(1)
    before = frame.copy()
    frame.setflags(write=False)
    shown = seen(frame, Contrast(view))
    assert shown.shape == frame.shape
    assert shown.dtype == np.uint8
    assert np.array_equal(frame, before)
    assert (shown is frame) == (view == RAW)


def test_equalising_makes_levels_equally_frequent() -> None:
    dark = (smooth_frame(1) // 4).astype(np.uint8)
    shown = seen(dark, Contrast(EQUALISED))
    shares = [np.mean(shown <= level) for level in (64, 128, 192)]
    assert shares == pytest.approx([0.25, 0.5, 0.75], abs=0.04)
    order = np.argsort(dark, axis=None, kind="stable")
    assert np.all(np.diff(shown.ravel()[order].astype(int)) >= 0)


def test_clahe_follows_clip_and_tile() -> None:
    frame = (smooth_frame(1) // 4).astype(np.uint8)
    usual = Contrast(CLAHE, tile=16)
    shown = seen(frame, usual)
    assert shown.std() > frame.std()
    assert seen(frame, replace(usual, clip=0.05)).std() > shown.std()
    assert not np.array_equal(seen(frame, replace(usual, tile=32)), shown)
    assert seen(frame, replace(usual, tile=500)).shape == frame.shape


def test_gamma_below_one_is_brighter_and_keeps_black_and_white() -> None:
    levels = np.arange(256, dtype=np.uint8)[np.newaxis]
    shown = seen(levels, Contrast(GAMMA, gamma=0.5))[0]
    assert shown[0] == 0
    assert shown[255] == 255
    assert shown[64] == 128
    assert np.array_equal(seen(levels, Contrast(GAMMA, gamma=1.0)), levels)


def test_smoothing_takes_speckle_and_leaves_an_edge() -> None:
    rng = np.random.default_rng(0)
    clean = np.full((80, 80), 40.0)
    clean[:, 40:] = 200
    noisy = (clean * rng.gamma(25, 1 / 25, clean.shape)).clip(0, 255).astype(np.uint8)
    shown = seen(noisy, Contrast(SMOOTH, window=7)).astype(float)
    flat = np.s_[10:70, 10:30]
    assert shown[flat].std() < 0.5 * noisy[flat].astype(float).std()
    assert shown[10:70, 44].mean() - shown[10:70, 35].mean() > 130


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("level", [0, 255])
def test_a_frame_of_one_grey_level_is_no_trouble(view: str, level: int) -> None:
    flat = np.full((40, 50), level, np.uint8)
    assert seen(flat, Contrast(view)).shape == flat.shape


def test_each_view_says_what_it_is_with_its_settings() -> None:
    words = [Contrast(view).words() for view in VIEWS]
    assert len(set(words)) == len(VIEWS)
    assert words[VIEWS.index(CLAHE)] == "CLAHE, clip 0.010, tile 64 px"
