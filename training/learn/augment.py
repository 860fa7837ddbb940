"""Augmentation in torch: a whole batch at once, on its device, seeded by sample.

Only what ultrasound frames really vary in. Attenuation with depth and speckle follow
the ideas of A. Tupper, C. Gagné, "Revisiting data augmentation for ultrasound images",
TMLR 2025 (arXiv:2501.13193).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from .randomness import sample_keys, uniforms

#: Largest rotation (radians), shift (share of the side), shear (tangent).
ROTATION, SHIFT, SHEAR = math.radians(12), 0.08, 0.1
#: Scale and gamma lie between one over this and this.
SCALE, GAMMA = 1.25, 1.4
#: Largest change of gain (share), of attenuation over the whole depth (nepers), and
#: of speckle (standard deviation as a share of the grey level).
GAIN, ATTENUATION, SPECKLE = 0.25, 0.6, 0.2

#: Numbers that one sample's warp and grey levels take.
_WARP_NUMBERS, _GREY_NUMBERS = 7, 4
_WARP, _GREY, _NOISE = range(3)


def augment(
    frames: Tensor, masks: Tensor, seed: int, epoch: int, indices: Tensor
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

    Returns
    -------
    tuple of Tensor
        Grey levels (B, 1, H, W) float32 in [0, 255], and masks in [0, 1].
    """
    keys = sample_keys(seed, epoch, indices)
    both = torch.cat([frames, masks], dim=1).float() / 255
    warped = _warp(both, uniforms(keys, _WARP_NUMBERS, _WARP))
    grey = _grey_levels(warped[:, :1], keys)
    return grey * 255, warped[:, 1:]


def _around_zero(numbers: Tensor, most: float) -> Tensor:
    return (2 * numbers - 1) * most


def _around_one(numbers: Tensor, most: float) -> Tensor:
    return torch.exp(_around_zero(numbers, math.log(most)))


def warp_matrices(numbers: Tensor, height: int, width: int) -> Tensor:
    """Turn numbers in [0, 1) into maps from warped to original places.

    Parameters
    ----------
    numbers
        (B, 7): flip, rotation, scale, shear, stretch in x, shift in x and in y.
    height, width
        In pixels; rotation and shear are true in pixels whatever the aspect.

    Returns
    -------
    Tensor
        (B, 2, 3) for ``torch.nn.functional.affine_grid``.
    """
    flip = torch.where(numbers[:, 0] < 0.5, -1.0, 1.0)
    angle = _around_zero(numbers[:, 1], ROTATION)
    scale = _around_one(numbers[:, 2], SCALE)
    shear = _around_zero(numbers[:, 3], SHEAR)
    stretch = _around_one(numbers[:, 4], SCALE**0.25)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    aspect = height / width
    rows = [
        cos * flip * stretch,
        (shear * cos - sin) * aspect,
        _around_zero(numbers[:, 5], 2 * SHIFT),
        sin * flip * stretch / aspect,
        shear * sin + cos,
        _around_zero(numbers[:, 6], 2 * SHIFT),
    ]
    return torch.stack(rows, dim=1).reshape(-1, 2, 3)


def _warp(images: Tensor, numbers: Tensor) -> Tensor:
    height, width = images.shape[-2:]
    matrices = warp_matrices(numbers, height, width)
    size = [len(images), 1, height, width]
    grid = functional.affine_grid(matrices, size, align_corners=False)
    # Outside the frame there is neither echo nor nerve: zeros for both.
    return functional.grid_sample(images, grid, align_corners=False)


def _grey_levels(grey: Tensor, keys: Tensor) -> Tensor:
    numbers = uniforms(keys, _GREY_NUMBERS, _GREY)[:, :, None, None, None]
    height, width = grey.shape[-2:]
    gamma = _around_one(numbers[:, 0], GAMMA)
    gain = 1 + _around_zero(numbers[:, 1], GAIN)
    depth = torch.linspace(-0.5, 0.5, height, device=grey.device)[:, None]
    attenuation = torch.exp(_around_zero(numbers[:, 2], ATTENUATION) * depth)
    noise = _speckle(keys, height, width) * (SPECKLE * numbers[:, 3])
    return (grey.pow(gamma) * (gain * attenuation) * (1 + noise)).clamp(0, 1)


def _speckle(keys: Tensor, height: int, width: int) -> Tensor:
    """Return (B, 1, H, W) noise of unit variance, two pixels a grain."""
    coarse = (-(-height // 2), -(-width // 2))
    flat = uniforms(keys, coarse[0] * coarse[1], _NOISE)
    grains = (flat.reshape(-1, 1, *coarse) - 0.5) * math.sqrt(12)
    return functional.interpolate(grains, (height, width), mode="bilinear")
