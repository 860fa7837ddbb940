"""The random numbers of the augmentations: each effect has a stream of its own.

So an effect that is switched off or made stronger leaves the others as they were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import IntEnum

import torch
from torch import Tensor

from .randomness import uniforms


class Stream(IntEnum):
    """Which numbers an effect takes; a new one goes to the end."""

    FLIP = 0
    AFFINE = 1
    ELASTIC = 2
    LEVELS = 3
    SPECKLE = 4
    SPECKLE_GRAINS = 5
    SHADOW = 6
    HAZE = 7
    HAZE_GRAINS = 8
    BLUR = 9
    RESOLUTION = 10


def either_way(numbers: Tensor, most: float) -> Tensor:
    """Turn numbers in [0, 1) into ones between ``-most`` and ``most``."""
    return (2 * numbers - 1) * most


def around_one(numbers: Tensor, most: float) -> Tensor:
    """Turn numbers in [0, 1) into factors from ``1 / most`` to ``most``; 0 gives 1."""
    return torch.exp(either_way(numbers, math.log(most or 1.0)))


def grains(keys: Tensor, shape: Sequence[int], stream: Stream) -> Tensor:
    """Return noise of about two pixels a grain, as speckle has it after scaling.

    Parameters
    ----------
    keys
        (B,) int64.
    shape
        Ends in height and width, in pixels.

    Returns
    -------
    Tensor
        (B, 1, H, W) float32 in (-1.8, 1.8), of mean 0 and, between the grains, unit
        variance.
    """
    height, width = shape[-2:]
    rows, columns = -(-height // 2), -(-width // 2)
    flat = uniforms(keys, rows * columns, stream).sub_(0.5).mul_(math.sqrt(12))
    coarse = flat.reshape(-1, 1, rows, columns)
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")
