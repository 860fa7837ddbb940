"""What a conflict costs a perfect model, and what labels allow a score to be."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.toys import disc, smooth_frame, write_kaggle
from training.data import open_dataset
from training.duplicates import find_duplicates, mask_dice
from training.duplicates.conflicts import Patch
from training.duplicates.harm import best_answer, frame_losses
from training.report.label_noise import label_noise

SHAPE = (64, 80)
EMPTY = np.zeros(SHAPE, bool)
NERVE = disc(SHAPE, (30, 40), 12)
BESIDE = disc(SHAPE, (30, 44), 12)


def harm(masks: dict[str, np.ndarray | None], pairs: list[tuple[str, str]]) -> float:
    patches = {k: None if m is None else Patch.of(m) for k, m in masks.items()}
    return sum(frame_losses(patches, pairs).values())


def test_an_empty_twin_costs_one_frame_and_a_shape_less_than_its_dice_lacks() -> None:
    pair = [("a", "b")]
    assert harm({"a": EMPTY, "b": NERVE}, pair) == 1.0
    assert harm({"b": NERVE, "a": EMPTY}, pair) == 1.0
    assert harm({"a": EMPTY, "b": EMPTY}, pair) == 0.0
    assert harm({"a": NERVE, "b": NERVE}, pair) == 0.0
    assert harm({"a": NERVE, "b": None}, pair) == 0.0
    assert 0 < harm({"a": NERVE, "b": BESIDE}, pair) <= 1 - mask_dice(NERVE, BESIDE)


def test_the_majority_is_right_and_only_listed_pairs_count() -> None:
    masks = {"a": NERVE, "b": EMPTY, "c": NERVE}
    assert harm(masks, [("a", "b"), ("a", "c"), ("b", "c")]) == 1.0
    chain = [("a", "b"), ("b", "c")]  # c is unlike a; all see b, which stands alone
    assert harm({"a": NERVE, "b": NERVE, "c": NERVE}, chain) == 0.0
    assert harm({"a": EMPTY, "b": NERVE, "c": NERVE}, [("b", "c")]) == 0.0
    # a and c alone are undecided between two answers; one for all three costs one
    assert harm({"a": NERVE, "b": EMPTY, "c": NERVE}, chain) == 1.0


@given(st.lists(hnp.arrays(bool, (5, 6)), min_size=2, max_size=5))
def test_no_mask_that_people_drew_is_a_better_answer(masks: list[np.ndarray]) -> None:
    patches = [Patch.of(mask) for mask in masks]
    answer = best_answer(patches)

    def score(patch: Patch) -> float:
        full = np.zeros(patch.shape, bool)
        height, width = patch.pixels.shape
        full[patch.top : patch.top + height, patch.left : patch.left + width] = (
            patch.pixels
        )
        return sum(mask_dice(full, mask) for mask in masks)

    for other in [*patches, Patch.of(np.zeros((5, 6), bool))]:
        assert score(answer) >= score(other) - 1e-9
    names = [str(k) for k in range(len(masks))]
    every = list(itertools.combinations(names, 2))
    losses = frame_losses(dict(zip(names, patches, strict=True)), every)
    assert sum(losses.values()) == pytest.approx(len(masks) - score(answer))


def test_more_masks_than_can_be_tried_still_have_an_answer() -> None:
    masks = [Patch.of(NERVE)] * 60 + [Patch.of(EMPTY)] * 20
    assert best_answer(masks).area == NERVE.sum()


def _noisy_set(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    frames: dict[str, tuple[np.ndarray, np.ndarray | None]] = {}
    for subject in range(1, 5):
        for k in range(3):
            frame = smooth_frame(10 * subject + k, SHAPE)
            twin = frame.copy()
            twin[5, 5] ^= 1
            shift = int(rng.integers(0, 5))
            frames[f"{subject}_{2 * k}"] = (frame, NERVE)
            other = EMPTY if k == 2 else disc(SHAPE, (30, 40 + shift), 12)
            frames[f"{subject}_{2 * k + 1}"] = (twin, other)
    frames["9_1"] = (smooth_frame(99, SHAPE), NERVE)
    return write_kaggle(folder, frames)


def test_label_noise_is_the_agreement_of_twins(tmp_path: Path) -> None:
    dataset = open_dataset(_noisy_set(tmp_path / "data"))
    report = find_duplicates(dataset, dataset)
    noise = label_noise(dataset, dataset, report.stored)
    dices = [pair.dice for pair in report.pairs]
    assert (noise.n_pairs, noise.n_frames, noise.n_subjects) == (12, 24, 4)
    assert noise.agreement == pytest.approx(np.mean(dices))  # every frame has one twin
    assert noise.presence_agreement == pytest.approx(2 / 3)
    assert noise.nerve_agreement == pytest.approx(np.mean([d for d in dices if d]))
    assert noise.quantiles[0.5] == pytest.approx(np.median(dices))
    assert noise.ceiling == pytest.approx(1 - sum(g.harm for g in report.groups) / 24)
    assert noise.ceiling > noise.agreement
    low, high = noise.ceiling_ci or (1.0, 0.0)
    assert low <= noise.ceiling <= high
    value = noise.to_json()
    assert value["ceiling_ci"] == [low, high] and "similar frames" in value["how"]
    assert label_noise(dataset, dataset, report.stored).to_json() == value


def test_label_noise_leaves_out_what_does_not_count(tmp_path: Path) -> None:
    dataset = open_dataset(_noisy_set(tmp_path / "data"))
    stored = find_duplicates(dataset, dataset).stored
    (dataset.root / "1_0_mask.tif").write_bytes(b"no mask")
    noise = label_noise(
        dataset,
        dataset,
        stored,
        excluded={"2_0"},
        not_duplicates={frozenset({"3_0", "3_1"})},
    )
    assert noise.n_pairs == 9
    assert [w.split(":")[0] for w in noise.warnings] == [
        "The mask of 1_0 counts as missing"
    ]


def test_label_noise_of_no_pair_is_unknown(tmp_path: Path) -> None:
    frames = {str(k): (smooth_frame(k, SHAPE), NERVE) for k in range(3)}
    dataset = open_dataset(write_kaggle(tmp_path / "data", frames))
    noise = label_noise(dataset, dataset, find_duplicates(dataset, dataset).stored)
    assert noise.agreement is None and noise.ceiling is None and noise.n_pairs == 0
    assert noise.ceiling_ci is None and noise.quantiles == {}
