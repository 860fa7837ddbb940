"""Groups of duplicates and their guarantee; conflicts between masks."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.toys import disc, smooth_frame
from training.duplicates import conflict_kind, group_pairs, mask_dice, min_ssim_bound
from training.duplicates import groups as groups_module
from training.duplicates.conflicts import group_conflict
from training.duplicates.groups import spanning_forest
from training.duplicates.window import WINDOWS
from training.errors import InputError

EMPTY = np.zeros((64, 80), bool)
mean_ssim = WINDOWS["uniform7"].mean_ssim


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=25))
def test_groups_are_the_connected_components(links: list[tuple[int, int]]) -> None:
    links = list({(min(p), max(p)) for p in links if p[0] != p[1]})
    parts = {k: {k} for k in range(15)}
    for a, b in links:
        union = parts[a] | parts[b]
        parts |= dict.fromkeys(union, union)
    expected = sorted({tuple(sorted(p)) for p in parts.values() if len(p) > 1})
    i, j = [a for a, _ in links], [b for _, b in links]
    assert group_pairs(15, i, j) == [list(p) for p in expected]


def test_a_chain_is_bound_by_the_sum_of_its_angles() -> None:
    assert min_ssim_bound([0], [1], [0.99]) == pytest.approx(0.99)
    assert min_ssim_bound([4, 7], [7, 9], [0.99, 0.99]) == pytest.approx(0.9602)
    angle = math.acos(0.995) + 2 * math.acos(0.991)
    chain = min_ssim_bound([0, 1, 2], [1, 2, 3], [0.991, 0.995, 0.991])
    assert chain == pytest.approx(math.cos(angle))


def test_the_best_path_counts() -> None:
    ring = min_ssim_bound([0, 1, 2, 0], [1, 2, 3, 3], [0.99] * 4)
    assert ring == pytest.approx(0.9602)
    shortcut = min_ssim_bound([0, 1, 0], [1, 2, 2], [0.99, 0.99, 0.995])
    assert shortcut == pytest.approx(0.99)


def test_identical_frames_have_no_angle_and_a_long_chain_has_minus_one() -> None:
    assert min_ssim_bound([0, 1], [1, 2], [1.0, 0.99]) == pytest.approx(0.99)
    assert min_ssim_bound([0], [1], [1.0]) == pytest.approx(1.0)
    assert min_ssim_bound(range(9), range(1, 10), [0.5] * 9) == -1.0


def test_a_large_group_gets_the_weaker_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    star = ([0] * 9, range(1, 10), [0.99] * 9)
    exact = min_ssim_bound(*star)
    monkeypatch.setattr(groups_module, "EXACT_MEMBERS", 5)
    assert min_ssim_bound(*star) == pytest.approx(exact)
    chain = (range(9), range(1, 10), [0.999] * 9)
    assert min_ssim_bound(*chain) <= math.cos(9 * math.acos(0.999)) + 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_no_two_frames_fall_short_of_the_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = smooth_frame(seed, (24, 30)).astype(float)
    frames = []
    for _ in range(9):
        base = base + rng.normal(0, 4, base.shape)
        frames.append(np.clip(base, 0, 255).astype(np.uint8))
    near = [(k, k + 1) for k in range(8)]
    ssim = [mean_ssim(frames[a], frames[b]) for a, b in near]
    bound = min_ssim_bound([a for a, _ in near], [b for _, b in near], ssim)
    every = itertools.combinations(frames, 2)
    assert bound <= min(mean_ssim(a, b) for a, b in every) + 1e-9


def test_a_forest_takes_the_most_similar_pairs() -> None:
    i, j = np.array([0, 0, 1, 3]), np.array([1, 2, 2, 4])
    keep = spanning_forest(5, i, j, np.array([0.991, 0.999, 0.995, 1.0]))
    assert keep.tolist() == [1, 2, 3]


masks = hnp.arrays(bool, (6, 9))


@given(masks, masks)
def test_dice_of_patches_is_dice_of_masks(a: np.ndarray, b: np.ndarray) -> None:
    both = a.sum() + b.sum()
    expected = 2 * (a & b).sum() / both if both else 1.0
    assert mask_dice(a, b) == pytest.approx(expected)
    assert mask_dice(b, a) == mask_dice(a, b)
    assert conflict_kind(a, b) == conflict_kind(b, a)


def test_kinds_of_conflict() -> None:
    nerve = disc(EMPTY.shape, (30, 30), 10)
    moved = disc(EMPTY.shape, (30, 36), 10)
    dice = mask_dice(nerve, moved)
    assert conflict_kind(nerve, EMPTY) == "empty-versus-nerve"
    assert conflict_kind(nerve, moved, shape_dice=dice) is None
    assert conflict_kind(nerve, moved, shape_dice=dice + 1e-9) == "shape"
    assert conflict_kind(nerve, nerve) is None
    assert conflict_kind(EMPTY, EMPTY, shape_dice=1.0) is None
    assert conflict_kind(None, nerve) is None
    assert conflict_kind(EMPTY, None) is None


def test_masks_of_unequal_size_are_refused() -> None:
    with pytest.raises(InputError, match="give each mask its frame's size"):
        conflict_kind(EMPTY, EMPTY[1:])


def test_a_group_conflicts_by_its_worst_kind() -> None:
    nerve, empty = int(disc(EMPTY.shape, (30, 30), 10).sum()), 0
    assert group_conflict([None, "shape"], [nerve, nerve]) == "shape"
    both = group_conflict(["shape", "empty-versus-nerve"], [nerve, nerve, empty])
    assert both == "empty-versus-nerve"
    # empty - missing - nerve: no pair of them can conflict, the group does
    assert group_conflict([None], [empty, None, nerve]) == "empty-versus-nerve"
    assert group_conflict([None], [empty, None]) is None
