"""The loss of a batch from the terms of its parts.

The means add up by each part's share. Dice does not add up, but the two sums that it
is a fraction of do, and once they are known for the whole batch, so is its slope along
each: weighted with the slopes, the parts' sums have exactly the gradient of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from .losses import dice_loss, dice_slopes, dice_sums, pixel_loss, presence_loss


@dataclass(frozen=True)
class Terms:
    """What one part adds to the loss of its batch.

    Attributes
    ----------
    means
        Scalar: cross-entropies, weighted with the part's share of the batch.
    sums
        (L, 2): what Dice is made of, for each of the network's L outputs.
    """

    means: Tensor
    sums: Tensor

    def numbers(self) -> list[float]:
        """Return them as plain numbers, which add up to the whole batch's."""
        joined = torch.cat([self.means[None], self.sums.flatten()])
        return [float(number) for number in joined.tolist()]

    def descend(self, whole: Sequence[float]) -> None:
        """Add this part's gradient of the whole batch's loss to the parameters'.

        Parameters
        ----------
        whole
            The `numbers` of all parts, added up.
        """
        pairs = _pairs(whole)
        slopes = [
            [weight * slope for slope in dice_slopes(*pair)]
            for weight, pair in zip(level_weights(len(pairs)), pairs, strict=True)
        ]
        loss = self.means + (self.sums * self.sums.new_tensor(slopes)).sum()
        loss.backward()  # type: ignore[no-untyped-call]


def measure(
    outputs: Sequence[Tensor],
    presence: Tensor,
    target: Tensor,
    presence_weight: float,
    share: float,
) -> Terms:
    """Measure one part of a batch.

    Parameters
    ----------
    outputs
        Logits (B, 1, h, w): the network's, then those of its deeper levels, which
        learn from the truth at their own size.
    presence
        (B,) float, before the sigmoid.
    target
        (B, 1, H, W) float in [0, 1]: share of nerve in each pixel.
    presence_weight
        Weight of the presence term; 0 leaves it out.
    share
        Of the frames of the whole batch; 0 if these are not of it.

    Source of the deeper levels' weights: F. Isensee et al., "nnU-Net", Nature Methods
    18 (2021), doi:10.1038/s41592-020-01008-z.
    """
    means = presence_weight * presence_loss(presence, target) if presence_weight else 0
    sums: list[Tensor] = []
    for weight, logits in zip(level_weights(len(outputs)), outputs, strict=True):
        height, width = logits.shape[-2:]
        truth = adaptive_avg_pool2d(target, (height, width)) if sums else target
        means = means + weight * pixel_loss(logits, truth)
        sums.append(dice_sums(logits, truth))
    assert isinstance(means, Tensor)
    return Terms(share * means, torch.stack(sums) * float(share > 0))


def whole_loss(whole: Sequence[float]) -> float:
    """Return the loss of a batch from the `Terms.numbers` of its parts, added up."""
    pairs = _pairs(whole)
    weights = level_weights(len(pairs))
    dice = [w * dice_loss(*pair) for w, pair in zip(weights, pairs, strict=True)]
    return whole[0] + sum(dice)


def level_weights(levels: int) -> list[float]:
    """Return the weight of each output: half of the one before, one together."""
    weights = [0.5**level for level in range(levels)]
    return [weight / sum(weights) for weight in weights]


def _pairs(whole: Sequence[float]) -> list[tuple[float, float]]:
    return list(zip(whole[1::2], whole[2::2], strict=True))
