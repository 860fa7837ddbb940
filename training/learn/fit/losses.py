"""The loss: cross-entropy and Dice over the whole batch, and presence.

Dice alone has next to no gradient on a frame without a nerve; over the whole batch it
has, and the cross-entropies always do.

Source: F. Milletari, N. Navab, S.-A. Ahmadi, "V-Net", 3DV 2016,
doi:10.1109/3DV.2016.79 (Dice loss); M. Drozdzal et al., "The Importance of Skip
Connections in Biomedical Image Segmentation", DLMIA 2016,
doi:10.1007/978-3-319-46976-8_19 (over the batch, joined with cross-entropy).
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

Number = TypeVar("Number", float, Tensor)

#: Pixels added to both sides of the fraction, so that an empty batch has a Dice.
_SMOOTH = 1.0


def segmentation_loss(
    logits: Tensor, presence: Tensor, target: Tensor, presence_weight: float
) -> Tensor:
    """Measure how far a whole batch's logits are from the truth.

    Parameters
    ----------
    logits
        (B, 1, H, W) float, before the sigmoid, which is applied once, here.
    presence
        (B,) float, before the sigmoid.
    target
        (B, 1, H, W) float in [0, 1]: share of nerve in each pixel.
    presence_weight
        Weight of the presence term; 0 leaves it out.

    Returns
    -------
    Tensor
        A float32 scalar.
    """
    sums = dice_sums(logits, target)
    loss = pixel_loss(logits, target) + dice_loss(sums[0], sums[1])
    if presence_weight:
        loss = loss + presence_weight * presence_loss(presence, target)
    return loss


def pixel_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross-entropy of the pixels, a float32 scalar."""
    return binary_cross_entropy_with_logits(logits.float(), target)


def presence_loss(presence: Tensor, target: Tensor) -> Tensor:
    """Return the mean cross-entropy of the presences, a float32 scalar."""
    nerve = (target.amax(dim=(1, 2, 3)) >= 0.5).float()
    return binary_cross_entropy_with_logits(presence.float(), nerve)


def dice_sums(logits: Tensor, target: Tensor) -> Tensor:
    """Return what the Dice of a batch is made of, and what its parts' add up to.

    Returns
    -------
    Tensor
        (2,) float32: the pixels in common, and those of both sides together.
    """
    probability = logits.float().sigmoid()
    overlap = (probability * target).sum()
    return torch.stack([overlap, probability.sum() + target.sum()])


def dice_loss(overlap: Number, total: Number) -> Number:
    """Return one minus the soft Dice of all pixels of the batch taken together."""
    return 1 - (2 * overlap + _SMOOTH) / (total + _SMOOTH)


def dice_slopes(overlap: float, total: float) -> tuple[float, float]:
    """Return how fast `dice_loss` changes with each of a whole batch's sums."""
    below = total + _SMOOTH
    return -2 / below, (2 * overlap + _SMOOTH) / below**2
