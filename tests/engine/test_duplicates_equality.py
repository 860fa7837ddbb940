"""The fast join against scikit-image, pair by pair, with both windows."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.engine.duplicate_toys import SHAPE, assert_same, brute, joined, variants
from training.duplicates import find_similar_pairs
from training.duplicates.exact import LARGE, STEP, _constants, kernels_of
from training.duplicates.frames import check_frames
from training.duplicates.kernels import block_bound
from training.duplicates.ssim_constants import C1, C2
from training.duplicates.window import WINDOWS, get_window

windows = pytest.mark.parametrize("window", list(WINDOWS))

#: Errors of our sums of d, relative, that happen; the proven bands are far wider.
PRECISION = {"uniform7": 1e-6, "gaussian": 5e-4}


@windows
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [0.5, 0.9, 0.99, 0.999])
def test_equals_scikit_image(seed: int, threshold: float, window: str) -> None:
    frames = variants(seed)
    found = joined(frames, threshold, window=window)
    assert_same(found, brute(frames, threshold, window=window))


@windows
@pytest.mark.parametrize("threshold", [0.5, 0.99])
def test_two_sets_equal_scikit_image(threshold: float, window: str) -> None:
    left, right = variants(0)[::2], [*variants(0)[1::2], *variants(1)[:9]]
    right.append(left[3])  # one picture on both sides
    found = joined(left, threshold, other=right, window=window)
    assert_same(found, brute(left, threshold, right, window))
    assert (found.n_frames, found.n_other) == (len(left), len(right))
    assert found.n_compared == len(left) * len(right)


@windows
def test_frames_of_several_large_blocks_equal_scikit_image(window: str) -> None:
    frames = variants(8, (140, 150))[::2]
    assert min(frames[0].shape) > STEP * LARGE + 11
    for threshold in (0.7, 0.99):
        found = joined(frames, threshold, window=window)
        assert_same(found, brute(frames, threshold, window=window))


@windows
def test_a_value_exactly_at_the_threshold_is_no_pair(window: str) -> None:
    frames = variants(7)
    values = brute(frames, 0.2, window=window)
    for value in sorted(set(values.values()) - {1.0})[::12]:
        below = float(np.nextafter(value, 0))
        for threshold in (value, below):
            expected = {p: s for p, s in values.items() if s > threshold}
            assert_same(joined(frames, threshold, window=window), expected)


@given(
    frames=hnp.arrays(
        np.uint8,
        st.tuples(st.integers(2, 4), st.integers(11, 34), st.integers(11, 34)),
        elements=st.sampled_from([0, 1, 2, 100, 101, 254, 255]),
        fill=st.sampled_from([0, 100, 255]),
    ),
    threshold=st.floats(0.01, 0.9999),
    window=st.sampled_from(list(WINDOWS)),
)
@settings(max_examples=80)
def test_equals_scikit_image_on_anything(
    frames: np.ndarray, threshold: float, window: str
) -> None:
    found = joined(frames, threshold, window=window)
    assert_same(found, brute(frames, threshold, window=window))


@windows
@pytest.mark.parametrize("shape", [(11, 11), (11, 90), (33, 31), (60, 12)])
def test_the_sum_is_scikit_images_and_no_bound_exceeds_it(
    shape: tuple[int, int], window: str
) -> None:
    judge = get_window(window)
    kernels = kernels_of(judge)
    frames = [frame[: shape[0], : shape[1]].copy() for frame in variants(3, (60, 90))]
    constants = _constants(shape, judge)
    summaries = []
    for frame in check_frames(frames, judge):
        sums = np.empty_like(constants)
        kernels.summarise(frame, STEP, sums)
        summaries.append((frame, (sums + constants).astype(np.float32)))
    n = judge.n_windows(shape)
    for (x, a), (y, b) in itertools.combinations(summaries, 2):
        deficit = kernels.pair_sum(x, y, a, b, STEP, 1e18) / n
        ssim = judge.mean_ssim(x, y)
        error = abs(1 - deficit - ssim)
        assert error <= judge.rounding_band(shape, min(ssim, 0.0))
        assert error <= PRECISION[window] * (1 - ssim) + 1e-12
        bound = block_bound(a.reshape(4, -1), b.reshape(4, -1)) / n
        assert bound <= deficit + judge.slack


def test_a_gaussian_pair_near_the_threshold_is_summed_again_in_float64(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge, asked = get_window("gaussian"), []
    frames = [frame[:30, :40].copy() for frame in variants(2)]
    values = brute(frames, 0.3, window="gaussian")
    whole = type(judge).mean_ssim
    monkeypatch.setattr(
        type(judge), "mean_ssim", lambda *given: asked.append(1) or whole(*given)
    )
    value = sorted(set(values.values()) - {1.0})[20]
    for threshold, n_asked in ((value + 1e-7, 0), (value - 1e-7, 0), (value, 1)):
        asked.clear()
        expected = {p: s for p, s in values.items() if s > threshold}
        assert_same(joined(frames, threshold, window="gaussian"), expected)
        assert len(asked) == n_asked


def test_scikit_image_still_means_what_the_proof_says(rng: np.random.Generator) -> None:
    x, y = rng.integers(0, 256, (2, 13, 15), dtype=np.uint8)
    reach = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    weights = {
        "uniform7": (np.full((7, 7), 1 / 49), 49 / 48),
        "gaussian": (np.outer(reach, reach) / reach.sum() ** 2, 1.0),
    }
    for name, (weight, unbiased) in weights.items():
        side = len(weight)
        values = []
        for row, column in itertools.product(range(14 - side), range(16 - side)):
            a = x[row : row + side, column : column + side].astype(float)
            b = y[row : row + side, column : column + side].astype(float)
            ma, mb = (weight * a).sum(), (weight * b).sum()
            va, vb, cov = (
                unbiased * ((weight * p * q).sum() - (weight * p).sum() * m)
                for p, q, m in ((a, a, ma), (b, b, mb), (a, b, mb))
            )
            light = (2 * ma * mb + C1) / (ma**2 + mb**2 + C1)
            values.append(light * (2 * cov + C2) / (va + vb + C2))
        ours = WINDOWS[name].mean_ssim(x, y)
        assert ours == pytest.approx(np.mean(values), abs=1e-12)


@pytest.mark.parametrize("other", [False, True])
def test_a_roi_is_the_frames_cut_to_it(other: bool) -> None:
    rng = np.random.default_rng(0)
    frames = []
    for frame in variants(5):  # a black margin, and in it something that differs
        wide = np.zeros((60, 80), np.uint8)
        wide[10:50, 15:71] = frame
        wide[55:] = rng.integers(0, 256, (5, 80))
        frames.append(wide)
    cut = variants(5)
    more = {"other": frames[5:]} if other else {}
    found = find_similar_pairs(frames, 0.9, roi=(10, 50, 15, 71), **more)  # type: ignore[arg-type]
    assert_same(found, brute(cut, 0.9, cut[5:] if other else None))
    assert len(find_similar_pairs(frames, 0.9)) != len(brute(cut, 0.9))


def test_a_roi_goes_through_the_fast_join_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.duplicates.join.SMALL_JOB", 0)
    frames = [np.pad(frame, 9) for frame in variants(6)]
    roi = (9, 9 + SHAPE[0], 9, 9 + SHAPE[1])
    found = find_similar_pairs(np.stack(frames), 0.9, roi=roi)
    assert_same(found, brute(variants(6), 0.9))


@windows
@pytest.mark.real
def test_real_frames_equal_scikit_image(real_data: Path, window: str) -> None:
    import tifffile

    folder = real_data / "kaggle_original" / "train"
    paths = [p for p in sorted(folder.glob("*.tif")) if "mask" not in p.stem][:12]
    frames = [tifffile.imread(path) for path in paths]
    frames.append(np.roll(frames[0], 1, 1))
    values = brute(frames, 0.5, window=window)
    for threshold in (0.5, 0.9, 0.97):
        expected = {p: s for p, s in values.items() if s > threshold}
        assert_same(joined(frames, threshold, window=window), expected)


@pytest.mark.real
def test_the_real_frames_hold_one_pair(real_data: Path) -> None:
    import tifffile

    folder = real_data / "kaggle_original" / "train"
    names = [f"1_{k}" for k in range(1, 121) if (folder / f"1_{k}.tif").exists()]
    frames = [tifffile.imread(folder / f"{name}.tif") for name in names]
    found = find_similar_pairs(frames)
    assert [(names[i], names[j]) for i, j in zip(found.i, found.j, strict=True)] == [
        ("1_9", "1_14")
    ]
    assert found.ssim[0] == pytest.approx(0.9946, abs=5e-5)
    below = find_similar_pairs(frames, 0.985)
    assert ("1_15", "1_20") in [
        (names[i], names[j]) for i, j in zip(below.i, below.j, strict=True)
    ]
