"""Frames looked at twice: mirrored back, averaged, and compared."""

from __future__ import annotations

import pytest
import torch

from training.networks.averaging import agreement, infer_averaged, spread

FRAMES = torch.arange(2 * 4 * 6, dtype=torch.uint8).reshape(2, 1, 4, 6)


def looks_left(frames):
    """Stand for a network that sees nerve in the left half only, whatever is there."""
    logits = torch.full(frames.shape, -8.0)
    logits[..., : frames.shape[-1] // 2] = 8.0
    return logits, frames.float().mean((1, 2, 3)) / 100


def follows(frames):
    """Stand for a network that mirrors what it says when the frame is mirrored."""
    return frames.float() / 10 - 2, frames.float().mean((1, 2, 3)) / 100


def test_no_averaging_is_the_network_itself():
    found = infer_averaged(looks_left, FRAMES)
    assert torch.equal(found.logits, looks_left(FRAMES)[0])
    assert torch.equal(found.presence, looks_left(FRAMES)[1].sigmoid())
    assert found.uncertainty is None


@pytest.mark.parametrize("averaging", ["flip", "agreement"])
def test_a_network_that_mirrors_with_its_frame_is_sure(averaging):
    found = infer_averaged(follows, FRAMES, averaging, uncertainty=True)
    torch.testing.assert_close(found.logits, follows(FRAMES)[0], rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(found.presence, follows(FRAMES)[1].sigmoid())
    assert found.uncertainty.max() < 1e-6


def test_views_that_differ_meet_halfway():
    found = infer_averaged(looks_left, FRAMES, "flip", uncertainty=True)
    torch.testing.assert_close(found.logits.sigmoid(), torch.full(FRAMES.shape, 0.5))
    assert found.uncertainty.min() > 0.99
    torch.testing.assert_close(found.presence, looks_left(FRAMES)[1].sigmoid())


def test_disagreement_takes_presence_away():
    found = infer_averaged(looks_left, FRAMES, "agreement")
    assert found.presence.max() < 0.01


def test_uncertainty_alone_changes_no_map():
    plain = infer_averaged(looks_left, FRAMES)
    unsure = infer_averaged(looks_left, FRAMES, uncertainty=True)
    assert torch.equal(plain.logits, unsure.logits)
    assert torch.equal(plain.presence, unsure.presence)
    assert unsure.uncertainty.shape == FRAMES.shape


def test_agreement_is_soft_dice_of_each_frame():
    first, second = torch.rand(3, 1, 4, 5), torch.rand(3, 1, 4, 5)
    found = agreement(torch.stack([first, second]))
    for k in range(3):
        p, q = first[k], second[k]
        expected = 2 * (p * q).sum() / (p.square() + q.square()).sum()
        torch.testing.assert_close(found[k], expected)
    torch.testing.assert_close(agreement(torch.stack([first] * 4)), torch.ones(3))


def test_spread_of_two_is_their_distance():
    first, second = torch.rand(4, 5), torch.rand(4, 5)
    torch.testing.assert_close(spread([first, second]), (first - second).abs())


def test_spread_of_more_is_twice_their_deviation():
    views = torch.rand(3, 4, 5)
    expected = 2 * (views - views.mean(0)).square().mean(0).sqrt()
    torch.testing.assert_close(spread(views), expected)
