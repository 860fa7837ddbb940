"""The fast join against scikit-image, pair by pair."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.toys import smooth_frame
from training.duplicates import SimilarPairs, find_similar_pairs
from training.duplicates.exact import exact_chunks
from training.duplicates.frames import check_frames, frame_digests
from training.duplicates.join import join_frames
from training.duplicates.kernels import pair_sum, summarise
from training.duplicates.reference import reference_chunks
from training.duplicates.window import mean_ssim, n_windows, rounding_band
from training.errors import Cancelled, InputError
from training.events import Event, Progress

SHAPE = (40, 56)


def fast(frames: Sequence[np.ndarray], threshold: float, **more: Any) -> SimilarPairs:
    checked = check_frames(frames)
    digests = frame_digests(checked, Progress("", len(checked)))
    return join_frames(checked, digests, threshold, source=exact_chunks, **more)


def brute(
    frames: Sequence[np.ndarray], threshold: float
) -> dict[tuple[int, int], float]:
    pairs = itertools.combinations(range(len(frames)), 2)
    found = {
        (i, j): mean_ssim(frames[i], frames[j])
        for i, j in pairs
        if frames[i].shape == frames[j].shape
    }
    return {pair: ssim for pair, ssim in found.items() if ssim > threshold}


def assert_same(found: SimilarPairs, expected: dict[tuple[int, int], float]) -> None:
    assert list(zip(found.i, found.j, strict=True)) == sorted(expected)
    assert np.allclose(found.ssim, [expected[p] for p in sorted(expected)], atol=1e-6)
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


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.9, 0.99, 0.999])
def test_equals_scikit_image(seed: int, threshold: float) -> None:
    frames = variants(seed)
    assert_same(fast(frames, threshold), brute(frames, threshold))


def test_a_value_exactly_at_the_threshold_is_no_pair() -> None:
    frames = variants(7)
    values = brute(frames, 0.2)
    for value in sorted(set(values.values()) - {1.0})[::12]:
        below = float(np.nextafter(value, 0))
        assert_same(fast(frames, value), {p: s for p, s in values.items() if s > value})
        assert_same(fast(frames, below), {p: s for p, s in values.items() if s > below})


@given(
    frames=hnp.arrays(
        np.uint8,
        st.tuples(st.integers(2, 4), st.integers(7, 34), st.integers(7, 34)),
        elements=st.sampled_from([0, 1, 2, 100, 101, 254, 255]),
        fill=st.sampled_from([0, 100, 255]),
    ),
    threshold=st.floats(0.01, 0.9999),
)
@settings(max_examples=60, deadline=None)
def test_equals_scikit_image_on_anything(frames: np.ndarray, threshold: float) -> None:
    assert_same(fast(frames, threshold), brute(frames, threshold))


@pytest.mark.parametrize("shape", [(7, 7), (7, 90), (33, 31), (60, 8)])
def test_bounds_never_exceed_the_sum_and_the_sum_is_scikit_images(
    shape: tuple[int, int],
) -> None:
    step = 8
    blocks = [-(-(side - 6) // step) for side in shape]
    frames = [frame.copy() for frame in variants(3, (60, 90))]
    frames = check_frames([frame[: shape[0], : shape[1]] for frame in frames])
    for x, y in itertools.combinations(frames, 2):
        sums = np.empty((2, 4, *blocks))
        summarise(x, step, sums[0])
        summarise(y, step, sums[1])
        constants = np.ones_like(sums[0]) * np.array([0, 1, 0, 1])[:, None, None]
        total = pair_sum(x, y, sums[0] + constants, sums[1] + constants, step, 1e18)
        ssim = 1 - total / n_windows(x.shape)
        assert abs(ssim - mean_ssim(x, y)) <= rounding_band(x.shape, min(ssim, 0.0))


def test_scikit_image_still_means_what_the_proof_says(rng: np.random.Generator) -> None:
    x, y = rng.integers(0, 256, (2, 9, 11), dtype=np.uint8)
    values = []
    for row, column in itertools.product(range(3), range(5)):
        a = x[row : row + 7, column : column + 7].ravel().astype(float)
        b = y[row : row + 7, column : column + 7].ravel().astype(float)
        c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
        cov = np.cov(a, b)
        mean = (2 * a.mean() * b.mean() + c1) / (a.mean() ** 2 + b.mean() ** 2 + c1)
        values.append(mean * (2 * cov[0, 1] + c2) / (cov[0, 0] + cov[1, 1] + c2))
    assert mean_ssim(x, y) == pytest.approx(np.mean(values), abs=1e-12)


def test_few_pairs_are_left_to_scikit_image(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = variants(1)
    expected = fast(frames, 0.9)
    monkeypatch.setattr("training.duplicates.exact.exact_chunks", None)
    found = find_similar_pairs(frames, 0.9)
    assert np.array_equal(found.i, expected.i)
    assert np.array_equal(found.j, expected.j)


@pytest.mark.parametrize("source", [exact_chunks, reference_chunks])
def test_compares_only_within_labels_in_any_order(source: Any) -> None:
    frames = variants(2)
    labels = [(None, "2", 1)[k % 3] for k in range(len(frames))]
    checked = check_frames(frames)
    digests = frame_digests(checked, Progress("", len(checked)))
    found = join_frames(checked, digests, 0.9, within=labels, source=source)
    expected = {
        pair: ssim
        for pair, ssim in brute(frames, 0.9).items()
        if labels[pair[0]] == labels[pair[1]]
    }
    assert_same(found, expected)
    assert found.n_compared == sum(a == b for a, b in itertools.combinations(labels, 2))


def test_frames_of_unequal_sizes_are_never_compared() -> None:
    mixed = [
        f for pair in zip(variants(4), variants(4, (56, 40)), strict=True) for f in pair
    ]
    assert_same(fast(mixed, 0.9), brute(mixed, 0.9))


def test_memory_mapped_and_strided_frames(tmp_path: Path) -> None:
    frames = np.stack(variants(5))
    np.save(tmp_path / "frames.npy", frames)
    mapped = np.load(tmp_path / "frames.npy", mmap_mode="r")
    assert_same(fast(mapped, 0.9), brute(list(frames), 0.9))
    flipped = frames[:, ::-1, ::2]
    assert_same(fast(flipped, 0.9), brute(list(flipped), 0.9))


def test_identical_frames_are_pairs_of_ssim_one_and_share_their_pairs() -> None:
    a, b = smooth_frame(1, SHAPE), smooth_frame(2, SHAPE)
    near = a.copy()
    near[3, 3] ^= 1
    frames = [a, b, near, a, b, a]
    found = fast(frames, 0.99)
    assert_same(found, brute(frames, 0.99))
    assert found.groups == [[0, 2, 3, 5], [1, 4]]
    assert set(found.ssim[(found.i == 0) & (found.j == 3)]) == {1.0}


@pytest.mark.parametrize("max_pairs", [0, 5, 40])
def test_past_max_pairs_groups_stay_exact(max_pairs: int) -> None:
    rng = np.random.default_rng(0)
    bases = [smooth_frame(k, SHAPE) for k in range(3)]
    frames = [
        np.clip(bases[k % 3] + rng.integers(0, 2, SHAPE), 0, 255).astype(np.uint8)
        for k in range(45)
    ]
    frames += [frames[0], frames[0], frames[1]]
    whole, cut = fast(frames, 0.99), fast(frames, 0.99, max_pairs=max_pairs)
    assert len(whole) > 100 and whole.complete and not cut.complete
    assert cut.groups == whole.groups
    assert len(cut) == len(frames) - len(cut.groups)
    values = brute(frames, 0.99)
    for i, j, ssim in zip(cut.i, cut.j, cut.ssim, strict=True):
        assert ssim == pytest.approx(values[i, j], abs=1e-6)


def test_a_clip_of_one_picture_takes_no_comparison_and_linear_memory() -> None:
    found = fast(np.zeros((4000, 16, 16), np.uint8), 0.99)
    assert not found.complete
    assert len(found) == 3999
    assert found.groups == [list(range(4000))]


@pytest.mark.parametrize("source", [exact_chunks, reference_chunks])
def test_a_still_clip_under_noise_is_not_compared_to_the_end(
    source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.duplicates import kernels, reference

    calls: list[int] = []

    def counting(function: Any) -> Any:
        return lambda *given: calls.append(1) or function(*given)

    monkeypatch.setattr(kernels, "pair_sum", counting(kernels.pair_sum))
    monkeypatch.setattr(reference, "mean_ssim", counting(reference.mean_ssim))
    rng = np.random.default_rng(0)
    base = smooth_frame(0, (24, 24))
    frames = check_frames(
        [
            np.minimum(base, 254) + rng.integers(0, 2, base.shape, np.uint8)
            for _ in range(80)
        ]
    )
    digests = frame_digests(frames, Progress("", 80))
    found = join_frames(frames, digests, 0.99, source=source, max_pairs=10)
    assert found.groups == [list(range(80))]
    assert len(found) == 79 and not found.complete
    assert len(calls) < 80 * 79 / 2 / 2


def test_no_pair_at_all() -> None:
    found = fast([smooth_frame(1), smooth_frame(2)], 0.999)
    assert len(found) == 0 and found.groups == [] and found.complete


def test_progress_reaches_its_total() -> None:
    events: list[Event] = []
    fast(variants(0), 0.9, on_event=events.append)
    last = {event["stage"]: event for event in events}
    assert last["Comparing frames"]["done"] == last["Comparing frames"]["total"] > 0
    assert set(last) == {"Summarising frames", "Comparing frames"}


@pytest.mark.parametrize(
    ("source", "stage"),
    [
        (exact_chunks, "Summarising frames"),
        (exact_chunks, "Comparing frames"),
        (reference_chunks, "Comparing frames"),
    ],
)
def test_stops_when_asked(source: Any, stage: str) -> None:
    frames = check_frames(variants(0))
    digests = frame_digests(frames, Progress("", len(frames)))
    reached: list[str] = []
    with pytest.raises(Cancelled):
        join_frames(
            frames,
            digests,
            0.9,
            source=source,
            on_event=lambda event: reached.append(event["stage"]),
            should_stop=lambda: stage in reached,
        )


def test_an_error_in_a_thread_reaches_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> float:
        raise RuntimeError("no pixels")

    monkeypatch.setattr("training.duplicates.exact.mean_ssim", broken)
    frames = [smooth_frame(1), smooth_frame(2)]
    with pytest.raises(RuntimeError, match="no pixels"):
        fast(frames, mean_ssim(*frames))


FRAMES = [np.zeros((8, 8), np.uint8)] * 2


@pytest.mark.parametrize(
    ("frames", "more", "sentence"),
    [
        (
            [np.zeros((8, 8))] * 2,
            {},
            "Frame 0 is 2-D float64; duplicates are searched among 2-D uint8 frames, "
            "so convert it to 8-bit grey levels first.",
        ),
        (
            [*FRAMES, np.zeros((8, 8), np.uint16)],
            {},
            "Frame 2 is 2-D uint16; duplicates are searched among 2-D uint8 frames, so "
            "convert it to 8-bit grey levels first.",
        ),
        (
            np.zeros((3, 8, 8, 3), np.uint8),
            {},
            "Frame 0 is 3-D uint8; duplicates are searched among 2-D uint8 frames, so "
            "convert it to 8-bit grey levels first.",
        ),
        (
            [np.zeros((8, 6), np.uint8)] * 2,
            {},
            "Frame 0 is 8 x 6 pixels, smaller than the 7 x 7 window of SSIM; leave it "
            "out.",
        ),
        (
            FRAMES[:1],
            {},
            "A search for duplicates needs at least two frames, not 1.",
        ),
        *(
            (
                FRAMES,
                {"threshold": threshold},
                f"The threshold is {threshold}; SSIM thresholds lie between 0 and 1, "
                "both excluded (0.99 is usual).",
            )
            for threshold in (0, 1, 1.5, -0.5, float("nan"))
        ),
        (
            FRAMES,
            {"window": "gaussian"},
            "There is no SSIM window 'gaussian'; use 'uniform7' (7 x 7).",
        ),
        (
            FRAMES,
            {"within": ["1"]},
            "`within` has 1 labels for 2 frames; give one for each.",
        ),
        (FRAMES, {"max_pairs": -1}, "max_pairs is -1; it cannot be negative."),
    ],
)
def test_bad_input_is_one_sentence(
    frames: Any, more: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError) as caught:
        find_similar_pairs(frames, **more)
    assert str(caught.value) == sentence


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


def test_compiles_anew_where_no_folder_can_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import numba

    from training.duplicates import kernels

    asked: list[bool] = []

    def njit(*, cache: bool = False, **_: Any) -> Any:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)
    assert kernels._compiled(mean_ssim) is mean_ssim
    assert asked == [True, False]
