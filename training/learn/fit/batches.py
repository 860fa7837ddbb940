"""From frames that are held to what a network learns from, a batch at a time."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...networks.frames import normalise
from ..augment.batch import augment
from ..preloaded import PreloadedFrames
from ..settings.config import TrainConfig
from .epoch_order import epoch_order

#: Share of a GPU's free memory that held frames may take; the network needs the rest.
_DEVICE_SHARE = 0.4


class Batches:
    """Orders frames and cuts batches from them, on the device.

    Frames and masks stay on the device as uint8 if they fit there, so that a batch is
    one indexing and a few operations on all its frames at once. Everything depends on
    (seed, epoch, sample) only: an epoch can be repeated, and any part of a batch cut
    anywhere.

    Parameters
    ----------
    config
        Every setting.
    held
        The training frames.
    device
        Where batches are wanted.
    """

    def __init__(
        self, config: TrainConfig, held: PreloadedFrames, device: torch.device
    ) -> None:
        self._config, self._device, self._held = config, device, held
        self._frames, self._masks = _brought(held, device)

    def __len__(self) -> int:
        """Return the number of samples in an epoch."""
        return len(self._held)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the samples of an epoch, in the order in which they are learned from.

        Returns
        -------
        ndarray
            (N,) int64 indices of held frames; see `epoch_order`.
        """
        held = self._held
        return epoch_order(self._config, held.subjects, held.nerve, epoch)

    def cut(self, chosen: NDArray[np.int64], epoch: int) -> tuple[Tensor, Tensor]:
        """Take frames, change them, and make them a network's input.

        Parameters
        ----------
        chosen
            (B,) int64 indices of held frames.
        epoch
            Counted from 1.

        Returns
        -------
        tuple of Tensor
            Inputs (B, 1, H, W) float32, channels last, and the share of nerve in each
            pixel (B, 1, H, W) float32 in [0, 1]; both on the device.
        """
        config = self._config
        indices = torch.from_numpy(chosen).to(self._frames.device)
        frames = self._frames[indices].to(self._device)
        masks = self._masks[indices].to(self._device)
        if config.augment:
            keys = indices.to(self._device)
            grey, target = augment(
                frames, masks, config.seed, epoch, keys, config.augmentation
            )
        else:
            grey, target = frames, masks.float() / 255
        inputs = normalise(grey).contiguous(memory_format=torch.channels_last)
        return inputs, target


def _brought(held: PreloadedFrames, device: torch.device) -> tuple[Tensor, Tensor]:
    """Bring frames and masks to the device, if they leave room there."""
    needed = held.frames.nbytes + held.masks.nbytes
    if needed > _DEVICE_SHARE * _free_memory(device):
        return held.frames, held.masks
    return held.frames.to(device), held.masks.to(device)


def _free_memory(device: torch.device) -> int:
    """Return the bytes that a device of its own memory has left; 0 for others."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        limit: int = torch.mps.recommended_max_memory()
        return limit - torch.mps.driver_allocated_memory()
    return 0
