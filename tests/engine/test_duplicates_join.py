"""The join's sets, labels, limits, progress, and how it refuses bad input."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.engine.duplicate_toys import SHAPE, assert_same, brute, joined, variants
from tests.toys import smooth_frame
from training.duplicates import find_similar_pairs
from training.duplicates.exact import exact_chunks
from training.duplicates.frames import ANY_LABEL
from training.duplicates.join import reference_chunks
from training.duplicates.threads import for_each
from training.duplicates.window import WINDOWS, Uniform7
from training.errors import Cancelled, InputError
from training.events import Event, Progress


def test_few_pairs_are_left_to_scikit_image(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = variants(1)
    expected = joined(frames, 0.9)
    monkeypatch.setattr("training.duplicates.exact.exact_chunks", None)
    found = find_similar_pairs(frames, 0.9)
    assert np.array_equal(found.i, expected.i)
    assert np.array_equal(found.j, expected.j)


@pytest.mark.parametrize("source", [exact_chunks, reference_chunks])
def test_compares_only_within_labels_in_any_order(source: Any) -> None:
    frames = variants(2)
    labels = [(None, "2", 1)[k % 3] for k in range(len(frames))]
    found = joined(frames, 0.9, within=labels, compare=source)
    expected = {
        pair: ssim
        for pair, ssim in brute(frames, 0.9).items()
        if labels[pair[0]] == labels[pair[1]]
    }
    assert_same(found, expected)
    assert found.n_compared == sum(a == b for a, b in itertools.combinations(labels, 2))


@pytest.mark.parametrize("source", [exact_chunks, reference_chunks])
def test_frames_of_any_label_are_compared_with_all(source: Any) -> None:
    frames = [*variants(2), *variants(2)[:9], *(f[:30] for f in variants(3))]
    labels = [(ANY_LABEL, "2", 1, "2")[k * k % 7 % 4] for k in range(len(frames))]

    def may(a: int, b: int) -> bool:
        return labels[a] == labels[b] or ANY_LABEL in (labels[a], labels[b])

    expected = {pair: ssim for pair, ssim in brute(frames, 0.9).items() if may(*pair)}
    found = joined(frames, 0.9, within=labels, compare=source)
    assert_same(found, expected)
    of_a_size = [
        (a, b)
        for a, b in itertools.combinations(range(len(frames)), 2)
        if frames[a].shape == frames[b].shape
    ]
    assert found.n_compared == sum(may(*pair) for pair in of_a_size)
    few = joined(frames, 0.9, within=labels, compare=source, max_pairs=5)
    assert not few.complete and few.groups == found.groups


def test_frames_of_unequal_sizes_are_never_compared() -> None:
    mixed = [
        f for pair in zip(variants(4), variants(4, (56, 40)), strict=True) for f in pair
    ]
    assert_same(joined(mixed, 0.9), brute(mixed, 0.9))


def test_memory_mapped_and_strided_frames(tmp_path: Path) -> None:
    frames = np.stack(variants(5))
    np.save(tmp_path / "frames.npy", frames)
    mapped = np.load(tmp_path / "frames.npy", mmap_mode="r")
    assert_same(joined(mapped, 0.9), brute(list(frames), 0.9))
    flipped = frames[:, ::-1, ::2]
    assert_same(joined(flipped, 0.9), brute(list(flipped), 0.9))


def test_identical_frames_are_pairs_of_ssim_one_and_share_their_pairs() -> None:
    a, b = smooth_frame(1, SHAPE), smooth_frame(2, SHAPE)
    near = a.copy()
    near[3, 3] ^= 1
    frames = [a, b, near, a, b, a]
    found = joined(frames, 0.99)
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
    whole, cut = joined(frames, 0.99), joined(frames, 0.99, max_pairs=max_pairs)
    assert len(whole) > 100 and whole.complete and not cut.complete
    assert cut.groups == whole.groups
    assert len(cut) == len(frames) - len(cut.groups)
    values = brute(frames, 0.99)
    for i, j, ssim in zip(cut.i, cut.j, cut.ssim, strict=True):
        assert ssim == pytest.approx(values[i, j], abs=1e-6)


def test_a_clip_of_one_picture_takes_no_comparison_and_linear_memory() -> None:
    found = joined(np.zeros((4000, 16, 16), np.uint8), 0.99)
    assert not found.complete
    assert len(found) == 3999
    assert found.groups == [list(range(4000))]


def test_two_clips_of_one_picture_are_tied_in_linear_memory() -> None:
    clip = np.zeros((3000, 16, 16), np.uint8)
    found = joined(clip, 0.99, other=[*clip[:2500], smooth_frame(0, (16, 16))])
    assert not found.complete and found.n_compared == 3000 * 2501
    assert found.groups == [list(range(5500))]
    assert len(found) == 5499 and set(found.ssim) == {1.0}


def test_past_max_pairs_two_sets_keep_their_groups() -> None:
    left, right = variants(3), [*variants(3)[2:], *variants(3)[2:]]
    whole = joined(left, 0.9, other=right)
    cut = joined(left, 0.9, other=right, max_pairs=10)
    assert whole.complete and not cut.complete and len(cut) < len(whole)
    assert cut.groups == whole.groups
    values = brute(left, 0.9, right)
    for i, j, ssim in zip(cut.i, cut.j, cut.ssim, strict=True):
        assert ssim == pytest.approx(values[i, j], abs=1e-6)


def test_labels_of_two_sets_follow_each_other() -> None:
    frames = variants(2)
    labels = [k % 3 for k in range(2 * len(frames))]
    found = joined(frames, 0.9, other=frames, within=labels)
    expected = {
        (i, j): ssim
        for (i, j), ssim in brute(frames, 0.9, frames).items()
        if labels[i] == labels[len(frames) + j]
    }
    assert_same(found, expected)


@pytest.mark.parametrize("source", [exact_chunks, reference_chunks])
def test_a_still_clip_under_noise_is_not_compared_to_the_end(
    source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.duplicates import uniform

    calls: list[int] = []

    def counting(function: Any) -> Any:
        return lambda *given: calls.append(1) or function(*given)

    monkeypatch.setattr(uniform, "pair_sum", counting(uniform.pair_sum))
    monkeypatch.setattr(Uniform7, "mean_ssim", counting(Uniform7.mean_ssim))
    rng = np.random.default_rng(0)
    base = smooth_frame(0, (24, 24))
    frames = [
        np.minimum(base, 254) + rng.integers(0, 2, base.shape, np.uint8)
        for _ in range(80)
    ]
    found = joined(frames, 0.99, compare=source, max_pairs=10)
    assert found.groups == [list(range(80))]
    assert len(found) == 79 and not found.complete
    assert len(calls) < 80 * 79 / 2 / 2


def test_a_still_clip_is_known_for_one_by_its_first_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from training.duplicates import uniform

    calls: list[int] = []
    whole = uniform.pair_sum
    monkeypatch.setattr(
        uniform, "pair_sum", lambda *given: calls.append(1) or whole(*given)
    )
    monkeypatch.setattr("training.duplicates.exact._TASK_PAIRS", 3000)
    rng = np.random.default_rng(0)
    base = np.minimum(smooth_frame(0, (24, 24)), 254)
    frames = [base + rng.integers(0, 2, base.shape, np.uint8) for _ in range(1500)]
    found = joined(frames, 0.99, max_pairs=400_000)  # of 1,124,250
    assert not found.complete and found.groups == [list(range(1500))]
    assert len(calls) < 10 * len(frames)


def test_no_pair_at_all() -> None:
    found = joined([smooth_frame(1), smooth_frame(2)], 0.999)
    assert len(found) == 0 and found.groups == [] and found.complete


def test_progress_reaches_its_total() -> None:
    events: list[Event] = []
    joined(variants(0), 0.9, on_event=events.append)
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
    reached: list[str] = []
    with pytest.raises(Cancelled):
        joined(
            variants(0),
            0.9,
            compare=source,
            on_event=lambda event: reached.append(event["stage"]),
            should_stop=lambda: stage in reached,
        )


def test_a_stop_does_not_wait_for_a_thread_that_compiles() -> None:
    compiled = threading.Event()
    threads = threading.active_count()

    def compile_for_ever(*_: object) -> None:
        compiled.wait(60)

    progress = Progress("Summarising frames", 9, None, lambda: True)
    started = time.monotonic()
    with pytest.raises(Cancelled):
        list(for_each(range(9), compile_for_ever, progress))
    assert time.monotonic() - started < 5  # half a second, on a machine at rest
    assert threading.active_count() > threads
    compiled.set()


def test_an_error_in_a_thread_reaches_the_caller(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> float:
        raise RuntimeError("no pixels")

    frames = [smooth_frame(1), smooth_frame(2)]
    threshold = WINDOWS["uniform7"].mean_ssim(*frames)
    monkeypatch.setattr(Uniform7, "mean_ssim", broken)
    with pytest.raises(RuntimeError, match="no pixels"):
        joined(frames, threshold)


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
            {"window": "box"},
            "There is no SSIM window 'box'; use 'uniform7' (7 x 7, equal weights) or "
            "'gaussian' (11 x 11, Gaussian weights of sigma 1.5).",
        ),
        (
            FRAMES,
            {"window": "gaussian"},
            "Frame 0 is 8 x 8 pixels, smaller than the 11 x 11 window of SSIM; leave "
            "it out.",
        ),
        (
            FRAMES,
            {"other": []},
            "A search between two sets needs a frame in each; these have 2 and 0.",
        ),
        (
            FRAMES,
            {"other": [np.zeros((8, 8))]},
            "Other frame 0 is 2-D float64; duplicates are searched among 2-D uint8 "
            "frames, so convert it to 8-bit grey levels first.",
        ),
        *(
            (
                FRAMES,
                {"roi": roi},
                f"The roi is {roi}; give top, bottom, left, right in pixels, from 0 "
                "on, 7 rows and columns or more.",
            )
            for roi in ((-1, 7, 0, 7), (0, 6, 0, 8), (0, 8, 5, 8))
        ),
        (
            FRAMES,
            {"roi": (0, 8, 1, 9)},
            "Frame 0 is 8 x 8 pixels (height x width), and the roi reaches to row 8 "
            "and column 9; choose one that lies inside every frame.",
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


def test_compiles_anew_where_no_folder_can_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import numba

    from training.duplicates.compiling import compiled

    asked: list[bool] = []

    def njit(*, cache: bool = False, **_: Any) -> Any:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)
    assert compiled(brute) is brute
    assert asked == [True, False]
