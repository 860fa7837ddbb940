"""The head that says whether a frame shows a nerve at all."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PresenceHead(nn.Linear):
    """One logit from the mean and the maximum of each channel.

    Parameters
    ----------
    channels
        Of the features it looks at, the lowest level of a U-Net.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(2 * channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Turn features (B, C, h, w) into presence logits (B,)."""
        mean, most = features.mean(dim=(2, 3)), features.amax(dim=(2, 3))
        return super().forward(torch.cat([mean, most], dim=1))[:, 0]
