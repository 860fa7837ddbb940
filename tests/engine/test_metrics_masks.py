"""Dice, IoU, distances and accuracy of two masks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from tests.toys import disc
from training.metrics import (
    accuracy_warning,
    centroid_distance,
    dice,
    hausdorff,
    iou,
    pixel_accuracy,
)

SHAPE = (20, 30)
NOTHING = np.zeros(SHAPE, bool)
A = disc(SHAPE, (9, 12), 5)
B = disc(SHAPE, (10, 15), 6)

masks = arrays(bool, (6, 7))


def test_dice_of_known_masks() -> None:
    left, right = np.zeros((2, 4), bool), np.zeros((2, 4), bool)
    left[0], right[0, :2] = True, True
    assert dice(left, right) == 2 * 2 / (4 + 2)
    assert iou(left, right) == 2 / 4


@pytest.mark.parametrize("measure", [dice, iou])
def test_two_empty_masks_by_each_rule(measure) -> None:
    assert measure(NOTHING, NOTHING) == 1
    assert measure(NOTHING, NOTHING, empty="zero") == 0
    assert math.isnan(measure(NOTHING, NOTHING, empty="nan"))
    with pytest.raises(ValueError, match="empty='two' is none of one, zero, nan"):
        measure(NOTHING, NOTHING, empty="two")


@pytest.mark.parametrize("measure", [dice, iou])
def test_one_stray_pixel_on_an_empty_frame_is_zero(measure) -> None:
    stray = NOTHING.copy()
    stray[3, 4] = True
    assert measure(NOTHING, stray) == 0


@given(masks, masks)
def test_dice_is_symmetric_bounded_and_tied_to_iou(a, b) -> None:
    assert dice(a, b) == dice(b, a)
    assert 0 <= iou(a, b) <= dice(a, b) <= 1
    assert dice(a, b) == pytest.approx(2 * iou(a, b) / (1 + iou(a, b)))
    assert dice(a, a) == 1


@pytest.mark.parametrize(
    "measure", [dice, iou, hausdorff, centroid_distance, pixel_accuracy]
)
def test_masks_of_different_sizes_are_refused(measure) -> None:
    with pytest.raises(ValueError, match=r"\(20, 30\) and \(30, 20\)"):
        measure(A, A.T)


def test_hausdorff_of_a_shift_is_the_shift() -> None:
    moved = np.roll(A, 4, axis=1)
    assert hausdorff(A, moved, percentile=100) == 4
    assert hausdorff(A, moved) <= 4
    assert hausdorff(A, A) == 0


def test_hd95_forgives_a_stray_pixel_and_hd100_does_not() -> None:
    big = disc((60, 80), (30, 30), 20)
    stray = big.copy()
    stray[30, 79] = True
    assert hausdorff(big, stray) < 1
    assert hausdorff(big, stray, percentile=100) == pytest.approx(79 - 50)


def test_distances_to_an_empty_mask_are_undefined() -> None:
    for measure in (hausdorff, centroid_distance):
        assert math.isnan(measure(A, NOTHING))
        assert math.isnan(measure(NOTHING, A))
        assert math.isnan(measure(NOTHING, NOTHING))


def test_centroid_distance_in_pixels() -> None:
    assert centroid_distance(A, np.roll(A, (3, 4), axis=(0, 1))) == pytest.approx(5)


def test_blank_masks_look_accurate() -> None:
    small = disc((100, 100), (50, 50), 10)
    accuracy = pixel_accuracy(small, np.zeros_like(small))
    assert accuracy == 1 - small.sum() / 10_000
    assert accuracy_warning(accuracy) == (
        "Pixel accuracy misleads, because most pixels are background: blank masks "
        "have 0.968 on these frames."
    )


@pytest.mark.filterwarnings("ignore")  # theirs, while MONAI is imported
def test_agreement_with_monai(rng) -> None:
    import torch
    from monai.metrics import DiceMetric, compute_hausdorff_distance

    discs = [disc((40, 50), rng.uniform(10, 30, 2), rng.uniform(3, 9)) for _ in "abcd"]
    pairs = [*zip(discs[:2], discs[2:], strict=True)]
    empty = np.zeros((40, 50), bool)
    pairs += [(empty, empty), (empty, discs[0]), (discs[1], empty)]
    truth, said = (
        torch.tensor(np.stack(side)[:, None]).float()
        for side in zip(*pairs, strict=True)
    )
    theirs = DiceMetric(ignore_empty=False)(y_pred=said, y=truth).numpy().ravel()
    np.testing.assert_allclose([dice(a, b) for a, b in pairs], theirs, rtol=1e-6)
    distances = compute_hausdorff_distance(
        said[:2], truth[:2], include_background=True, percentile=95
    )
    ours = [hausdorff(a, b) for a, b in pairs[:2]]
    np.testing.assert_allclose(ours, distances.numpy().ravel(), rtol=1e-5)
