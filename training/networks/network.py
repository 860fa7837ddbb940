"""What every network of ours can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from torch import Tensor, nn


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
