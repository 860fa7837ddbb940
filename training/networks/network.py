"""What every network of ours can do, and the parts that all have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad


class Network(nn.Module, ABC):
    """A network from grey frames to pixel logits and presence logits.

    Attributes
    ----------
    deep_logits
        In training, the pixel logits of coarser levels of a network with deep
        supervision, each (B, 1, h, w), from fine to coarse; of others always empty.
    """

    def __init__(self) -> None:
        super().__init__()
        self.deep_logits: list[Tensor] = []

    @abstractmethod
    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        """Turn (B, 1, H, W) float into logits (B, 1, H, W) and (B,)."""

    @abstractmethod
    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the way down, which pretraining can give.

        Training may hold them fixed at first, and learn them at a lower rate.
        """

    def __call__(self, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Call `forward`, with the type that it returns."""
        found: tuple[Tensor, Tensor] = super().__call__(*args, **kwargs)
        return found


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


def pad_to_multiple(frames: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until both sizes are multiples.

    Parameters
    ----------
    frames
        (B, C, H, W).
    multiple
        How many pixels one pixel of the lowest level stands for.

    Returns
    -------
    Tensor
        (B, C, H', W') of at least two multiples each: normalising the lowest level
        needs more than one pixel.
    """
    below, right = (_missing(length, multiple) for length in frames.shape[-2:])
    return pad(frames, (0, right, 0, below), mode="replicate")


def _missing(length: int, multiple: int) -> int:
    return max(-(-length // multiple), 2) * multiple - length
