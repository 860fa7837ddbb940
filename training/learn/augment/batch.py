"""Augmentation in torch: a whole batch at once, on its device, seeded by sample.

Only what ultrasound frames really vary in; the effects and their sources are in
`augment_warp`, `augment_levels` and `augment_artefacts`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..settings.augmentation import Augmentation
from .artefacts import blur, haze, lower_resolution, shadow
from .levels import change_levels, speckle
from .randomness import sample_keys
from .warp import flip, warp

#: The strengths that are taken if none are given.
DEFAULT = Augmentation()


def augment(
    frames: Tensor,
    masks: Tensor,
    seed: int,
    epoch: int,
    indices: Tensor,
    strengths: Augmentation = DEFAULT,
) -> tuple[Tensor, Tensor]:
    """Warp frames and masks once together, then change the frames' grey levels.

    Parameters
    ----------
    frames
        (B, 1, H, W) uint8.
    masks
        (B, 1, H, W) uint8, the share of nerve in each pixel times 255.
    seed, epoch, indices
        All that the random numbers depend on; ``indices`` is (B,) int64.
    strengths
        What is done, and how strongly.

    Returns
    -------
    tuple of Tensor
        Grey levels (B, 1, H, W) float32 in [0, 255], and masks in [0, 1].
    """
    keys = sample_keys(seed, epoch, indices)
    both = flip(torch.cat([frames, masks], dim=1), keys, strengths.flip)
    warped = warp(both.float(), keys, strengths)
    return _shade(warped[:, :1], keys, strengths), _share(warped[:, 1:])


def _shade(grey: Tensor, keys: Tensor, strengths: Augmentation) -> Tensor:
    """Change grey levels in the order of their making: tissue, echo, machine."""
    grey = speckle(grey, keys, strengths.speckle)
    grey = shadow(grey, keys, strengths.shadow)
    grey = haze(grey, keys, strengths.haze)
    grey = blur(grey, keys, strengths.blur)
    grey = lower_resolution(grey, keys, strengths.low_resolution)
    return change_levels(grey, keys, strengths).clamp(0, 255)


def _share(masks: Tensor) -> Tensor:
    # The weights of interpolation may add up to a little more than one.
    return (masks / 255).clamp_(max=1)
