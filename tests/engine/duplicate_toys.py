"""Frames that are hard to tell apart, and the two ways to compare them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.toys import smooth_frame
from training.duplicates import SimilarPairs
from training.duplicates.exact import exact_chunks
from training.duplicates.frames import check_frames, frame_digests
from training.duplicates.join import join_frames
from training.duplicates.window import get_window
from training.events import Progress

SHAPE = (40, 56)

Found = dict[tuple[int, int], float]


def joined(
    frames: Sequence[np.ndarray],
    threshold: float,
    *,
    other: Sequence[np.ndarray] | None = None,
    window: str = "uniform7",
    compare: Any = exact_chunks,
    **more: Any,
) -> SimilarPairs:
    """Join frames by one way of comparing, however few they are."""
    checked = [*frames, *(other or ())]
    checked = list(check_frames(checked, get_window(window)))
    digests = frame_digests(checked, Progress("", len(checked)))
    return join_frames(
        checked,
        digests,
        threshold,
        n_first=None if other is None else len(frames),
        window=window,
        compare=compare,
        **more,
    )


def brute(
    frames: Sequence[np.ndarray],
    threshold: float,
    other: Sequence[np.ndarray] | None = None,
    window: str = "uniform7",
) -> Found:
    """Join frames as scikit-image does."""
    compare = get_window(window).mean_ssim
    if other is None:
        pairs = list(itertools.combinations(range(len(frames)), 2))
    else:
        pairs = list(itertools.product(range(len(frames)), range(len(other))))
    right = frames if other is None else other
    found = {
        (i, j): compare(frames[i], right[j])
        for i, j in pairs
        if frames[i].shape == right[j].shape
    }
    return {pair: ssim for pair, ssim in found.items() if ssim > threshold}


def assert_same(found: SimilarPairs, expected: Found) -> None:
    """Fail unless the pairs are the expected ones and their values are close."""
    assert list(zip(found.i, found.j, strict=True)) == sorted(expected)
    values = np.array([expected[pair] for pair in sorted(expected)])
    assert np.all(np.abs(found.ssim - values) <= 5e-4 * (1 - values) + 1e-9)
    assert found.complete


def variants(seed: int, shape: tuple[int, int] = SHAPE) -> list[np.ndarray]:
    """Return frames that are hard to tell apart, and hard to compute with."""
    rng = np.random.default_rng(seed)
    base = smooth_frame(seed, shape)
    frames = [np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8), base]
    frames += [np.full(shape, level, np.uint8) for level in (1, 128, 254)]
    frames += [
        rng.integers(level, level + 3, shape).astype(np.uint8)
        for level in (0, 127, 252)
    ]
    for strength in (0.5, 1, 2, 4, 8, 16, 32):
        noisy = base + rng.normal(0, strength, shape)
        frames.append(np.clip(noisy, 0, 255).astype(np.uint8))
    frames += [np.roll(base, step, axis) for step in (-1, 1) for axis in (0, 1)]
    frames += [
        np.clip(base * g, 0, 255).astype(np.uint8) for g in (0.5, 0.9, 1.02, 1.5)
    ]
    frames += [255 - base, rng.integers(0, 256, shape, dtype=np.uint8)]
    for frame in (base, frames[10]):
        half = frame.copy()
        half[:, : shape[1] // 2] = 0
        frames.append(half)
    one = base.copy()
    one[20, 20] ^= 1
    return [*frames, one]
