"""The loss: cross-entropy and Dice over the whole batch, and presence.

Dice alone has next to no gradient on a frame without a nerve; over the whole batch it
has, and the cross-entropies always do.

Source: F. Milletari, N. Navab, S.-A. Ahmadi, "V-Net", 3DV 2016,
doi:10.1109/3DV.2016.79 (Dice loss); M. Drozdzal et al., "The Importance of Skip
Connections in Biomedical Image Segmentation", DLMIA 2016,
doi:10.1007/978-3-319-46976-8_19 (over the batch, joined with cross-entropy).
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

#: Pixels added to both sides of the fraction, so that an empty batch has a Dice.
_SMOOTH = 1.0


def segmentation_loss(
    logits: Tensor, presence: Tensor, target: Tensor, presence_weight: float
) -> Tensor:
    """Measure how far logits are from the truth.

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
    logits = logits.float()
    loss = binary_cross_entropy_with_logits(logits, target)
    loss = loss + batch_dice_loss(logits.sigmoid(), target)
    if presence_weight:
        nerve = (target.amax(dim=(1, 2, 3)) >= 0.5).float()
        presence_loss = binary_cross_entropy_with_logits(presence.float(), nerve)
        loss = loss + presence_weight * presence_loss
    return loss


def batch_dice_loss(probability: Tensor, target: Tensor) -> Tensor:
    """Return one minus the soft Dice of all pixels of the batch taken together."""
    overlap = (probability * target).sum()
    total = probability.sum() + target.sum()
    return 1 - (2 * overlap + _SMOOTH) / (total + _SMOOTH)
