"""The join by torch finds what the fast join finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.engine.duplicate_toys import assert_same, brute, joined, variants
from training.duplicates import find_similar_pairs, torch_join
from training.duplicates.torch_join import mean_ssims, torch_chunks, torch_compare
from training.duplicates.window import WINDOWS
from training.errors import Cancelled, InputError

CPU = torch.device("cpu")
windows = pytest.mark.parametrize("window", list(WINDOWS))


def by_torch(job: Any) -> None:
    torch_chunks(job, CPU)


@windows
@pytest.mark.parametrize("threshold", [0.5, 0.99, 0.999])
def test_torch_equals_scikit_image(
    threshold: float, window: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch_join, "_BATCH_PIXELS", 10_000)
    monkeypatch.setattr(torch_join, "_KEPT_BYTES", 20_000)
    frames = variants(1)
    found = joined(frames, threshold, window=window, compare=by_torch)
    assert_same(found, brute(frames, threshold, window=window))
    two = joined(frames[:9], threshold, other=frames, window=window, compare=by_torch)
    assert_same(two, brute(frames[:9], threshold, frames, window))


@windows
def test_torch_values_are_scikit_images_to_the_last_digits(window: str) -> None:
    frames = np.stack(variants(2))
    shifted = np.roll(frames, 1, 0)
    values = mean_ssims(
        torch.from_numpy(frames), torch.from_numpy(shifted), WINDOWS[window]
    )
    pairs = zip(frames, shifted, strict=True)
    expected = [WINDOWS[window].mean_ssim(a, b) for a, b in pairs]
    assert np.abs(values.numpy() - expected).max() < 1e-9


def test_torch_ends_early_where_all_is_joined_and_can_be_stopped() -> None:
    frames = [np.full((16, 16), 9, np.uint8) for _ in range(6)]
    for k, frame in enumerate(frames):
        frame[0, 0] = k
    found = joined(frames, 0.9, compare=by_torch, max_pairs=2)
    assert not found.complete and found.groups == [list(range(6))]
    reached: list[str] = []
    with pytest.raises(Cancelled):
        joined(
            frames,
            0.9,
            compare=by_torch,
            on_event=lambda event: reached.append(event["stage"]),
            should_stop=lambda: "Comparing frames" in reached,
        )


@pytest.mark.parametrize("device", ["abacus", "cuda:99"])
def test_a_device_that_is_not_there_is_one_sentence(device: str) -> None:
    with pytest.raises(InputError, match=r"cannot be used here .*; use 'cpu'\.$"):
        torch_compare(device)
    with pytest.raises(InputError, match="cannot be used here"):
        find_similar_pairs(variants(0), device=device)
