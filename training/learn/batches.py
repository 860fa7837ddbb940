"""From frames that are held to what a network learns from, a batch at a time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..networks.frames import normalise
from .augment import augment
from .config import TrainConfig
from .held import Held


class Batches:
    """Orders frames and cuts batches from them, on the device.

    Everything depends on (seed, epoch, sample) only: an epoch can be repeated, and
    any part of a batch cut anywhere.

    Parameters
    ----------
    config
        Every setting.
    held
        The training frames.
    device
        Where batches are wanted.
    """

    def __init__(self, config: TrainConfig, held: Held, device: torch.device) -> None:
        self._config, self._device = config, device
        self._frames, self._masks = held.frames, held.masks

    def __len__(self) -> int:
        """Return the number of samples in an epoch."""
        return len(self._frames)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the samples of an epoch, in the order in which they are learned from.

        Returns
        -------
        ndarray
            (N,) int64 indices of held frames.
        """
        rng = np.random.default_rng([self._config.seed, epoch])
        return rng.permutation(len(self)).astype(np.int64)

    def cut(self, chosen: NDArray[np.int64], epoch: int) -> tuple[Tensor, Tensor]:
        """Take frames, change them, and make them a network's input.

        Parameters
        ----------
        chosen
            (B,) int64 indices of held frames.

        Returns
        -------
        tuple of Tensor
            Inputs (B, 1, H, W) float32, channels last, and the share of nerve in each
            pixel (B, 1, H, W) float32 in [0, 1]; both on the device.
        """
        indices = torch.from_numpy(chosen)
        frames = self._frames[indices].to(self._device)
        masks = self._masks[indices].to(self._device)
        if self._config.augment:
            seed, keys = self._config.seed, indices.to(self._device)
            grey, target = augment(frames, masks, seed, epoch, keys)
        else:
            grey, target = frames, masks.float() / 255
        inputs = normalise(grey).contiguous(memory_format=torch.channels_last)
        return inputs, target
