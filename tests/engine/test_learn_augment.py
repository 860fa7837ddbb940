from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.engine.learn_toys import bright_nerve
from training.learn.augment.batch import augment
from training.learn.augment.randomness import sample_keys, uniforms
from training.learn.fit.losses import dice_loss, dice_sums, segmentation_loss
from training.networks import resize_mask


def batch(n: int = 6):
    pairs = [bright_nerve(seed) for seed in range(n)]
    frames = torch.from_numpy(np.stack([frame for frame, _ in pairs]))[:, None]
    masks = [resize_mask(mask, mask.shape) for _, mask in pairs]
    return frames, torch.from_numpy(np.stack(masks))[:, None], torch.arange(n)


def test_numbers_depend_on_seed_epoch_and_index_only():
    keys = sample_keys(1, 2, torch.arange(8))
    torch.testing.assert_close(keys.flip(0), sample_keys(1, 2, torch.arange(8).flip(0)))
    others = [(1, 3), (2, 2), (2, 1)]
    assert all((sample_keys(*o, torch.arange(8)) != keys).all() for o in others)


def test_numbers_are_uniform_and_uncorrelated():
    keys = sample_keys(0, 1, torch.arange(2000))
    drawn = uniforms(keys, 20).double()
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert drawn.mean().item() == pytest.approx(0.5, abs=0.005)
    assert drawn.var().item() == pytest.approx(1 / 12, abs=0.002)
    correlation = torch.corrcoef(drawn.T) - torch.eye(20)
    assert correlation.abs().max() < 0.1
    other = uniforms(keys, 20, stream=1)
    assert (other != drawn).double().mean() > 0.999


def test_splitmix64_gives_the_published_numbers():
    # First outputs for the state 1234567, as in the reference implementation's tests.
    from training.learn.augment.randomness import _GOLDEN, _mix

    state = torch.tensor([1234567]) + torch.arange(1, 4) * _GOLDEN
    drawn = [value % 2**64 for value in _mix(state).tolist()]
    assert drawn == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_a_sample_is_the_same_alone_and_in_any_batch():
    frames, masks, indices = batch()
    together = augment(frames, masks, 5, 3, indices)
    part = torch.tensor([4, 1])
    alone = augment(frames[part], masks[part], 5, 3, part)
    for a, b in zip(together, alone, strict=True):
        torch.testing.assert_close(a[part], b)
    again = augment(frames, masks, 5, 4, indices)
    assert not torch.allclose(again[0], together[0])


def test_ranges_and_size_are_kept():
    frames, masks, indices = batch()
    grey, target = augment(frames, masks, 0, 1, indices)
    assert grey.shape == target.shape == frames.shape
    assert grey.dtype == target.dtype == torch.float32
    assert grey.min() >= 0
    assert grey.max() <= 255
    assert target.min() >= 0
    assert target.max() <= 1


def test_image_and_mask_are_warped_alike():
    # The nerve is the one bright thing, and grey levels keep their order by and large.
    frames, masks, indices = batch()
    grey, target = augment(frames, masks, 2, 7, indices)
    for own, mask in zip(grey, target, strict=True):
        inside = mask > 0.9
        outside = mask < 0.1
        assert inside.sum() > 50
        assert own[inside].mean() > own[outside].mean() + 30


def test_empty_masks_stay_empty():
    frames, masks, indices = batch()
    _, target = augment(frames, torch.zeros_like(masks), 2, 7, indices)
    assert not target.any()


def test_the_loss_has_a_gradient_on_empty_frames():
    logits = torch.zeros(2, 1, 8, 8, requires_grad=True)
    presence = torch.zeros(2, requires_grad=True)
    segmentation_loss(logits, presence, torch.zeros(2, 1, 8, 8), 0.2).backward()
    assert (logits.grad > 1e-4).all()
    assert (presence.grad > 1e-3).all()


def test_the_sigmoid_is_applied_once():
    target = torch.zeros(1, 1, 4, 4)
    target[..., :2] = 1
    sure = (target - 0.5) * 60
    assert segmentation_loss(sure, torch.tensor([30.0]), target, 1.0).item() < 1e-6


def test_batch_dice_is_over_all_pixels_of_the_batch():
    logits = torch.tensor([[1.0, 1.0], [-1.0, -1.0]]).reshape(2, 1, 1, 2) * 50
    target = torch.tensor([[1.0, 0.0], [1.0, 0.0]]).reshape(2, 1, 1, 2)
    expected = 1 - (2 * 1 + 1) / (2 + 2 + 1)
    assert dice_loss(*dice_sums(logits, target)).item() == pytest.approx(expected)
