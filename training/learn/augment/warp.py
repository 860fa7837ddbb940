"""Where the pixels go: a mirror image, an affine map and a smooth elastic field.

Both maps are one set of control points, so that frame and mask are sampled once.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from ..settings.augmentation import Augmentation
from .draws import Stream, around_one, either_way
from .randomness import uniforms

#: Pieces of the elastic field over the height and the width of a frame, and the
#: control points that they need along each.
PIECES = 4
POINTS = PIECES + 3


def flip(images: Tensor, keys: Tensor, chance: float) -> Tensor:
    """Mirror some of (B, C, H, W) images, of any dtype, left for right."""
    if not chance:
        return images
    chosen = uniforms(keys, 1, Stream.FLIP) < chance
    return torch.where(chosen[:, :, None, None], images.flip(-1), images)


def warp(images: Tensor, keys: Tensor, strengths: Augmentation) -> Tensor:
    """Move the pixels of (B, C, H, W) float32 images, all channels alike.

    Where nothing comes from inside the frame there is neither echo nor nerve: zero.
    """
    if not (_moves(strengths) or strengths.elastic):
        return images
    height, width = images.shape[-2:]
    numbers = uniforms(keys, 6, Stream.AFFINE)
    matrices = warp_matrices(numbers, strengths, height, width)
    # Splines reproduce straight lines: the affine map of the control points is that
    # of the pixels, and cheaper than ``affine_grid``.
    control = matrices @ _lattice(images.device)
    control = control.reshape(-1, 2, POINTS, POINTS)
    if strengths.elastic:
        control = control + displacements(keys, strengths.elastic, height / width)
    return functional.grid_sample(
        images, spline_grid(control, height, width), align_corners=False
    )


def _moves(strengths: Augmentation) -> bool:
    if strengths.rotation or strengths.shift or strengths.shear:
        return True
    return strengths.scale > 1


def warp_matrices(
    numbers: Tensor, strengths: Augmentation, height: int, width: int
) -> Tensor:
    """Turn numbers in [0, 1) into maps from warped to original places.

    Parameters
    ----------
    numbers
        (B, 6): rotation, scale, shear, stretch in x, shift in x and in y.
    strengths
        Rotation, scale, shear and shift are taken; the stretch is the fourth root of
        the scale.
    height, width
        In pixels; rotation and shear are true in pixels whatever the aspect.

    Returns
    -------
    Tensor
        (B, 2, 3) for ``torch.nn.functional.affine_grid``.
    """
    angle = either_way(numbers[:, 0], math.radians(strengths.rotation))
    scale = around_one(numbers[:, 1], strengths.scale)
    shear = either_way(numbers[:, 2], strengths.shear)
    stretch = around_one(numbers[:, 3], strengths.scale**0.25)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    aspect = height / width
    rows = [
        cos * stretch,
        (shear * cos - sin) * aspect,
        either_way(numbers[:, 4], 2 * strengths.shift),
        sin * stretch / aspect,
        shear * sin + cos,
        either_way(numbers[:, 5], 2 * strengths.shift),
    ]
    return torch.stack(rows, dim=1).reshape(-1, 2, 3)


def displacements(keys: Tensor, most: float, aspect: float) -> Tensor:
    """Return by how much each control point is moved, drawn evenly.

    No pixel moves further than a control point does.

    Parameters
    ----------
    keys
        (B,) int64.
    most
        Along either axis, as a share of the frame's height.
    aspect
        The frame's height by its width.

    Returns
    -------
    Tensor
        (B, 2, POINTS, POINTS) float32: x and y in the units of ``grid_sample``, in
        which the frame is 2 wide and 2 high.
    """
    flat = uniforms(keys, 2 * POINTS * POINTS, Stream.ELASTIC)
    control = either_way(flat, 2 * most).reshape(-1, 2, POINTS, POINTS)
    return control * control.new_tensor([aspect, 1.0])[:, None, None]


def spline_grid(control: Tensor, height: int, width: int) -> Tensor:
    """Turn control points into a grid, a free-form deformation by cubic B-splines.

    Source: D. Rueckert et al., "Nonrigid registration using free-form deformations",
    IEEE TMI 18 (1999) 712-721, doi:10.1109/42.796284.

    Parameters
    ----------
    control
        (B, 2, POINTS, POINTS): where x and y of each point go.
    height, width
        In pixels.

    Returns
    -------
    Tensor
        (B, H, W, 2) for ``torch.nn.functional.grid_sample``.
    """
    down = _spline_weights(height, control.device)
    across = _spline_weights(width, control.device)
    return (down @ control @ across.mT).permute(0, 2, 3, 1)


def _lattice(device: torch.device) -> Tensor:
    """Return (3, POINTS**2): x, y and 1 of the control points before they move."""
    steps = torch.arange(-1, PIECES + 2, device=device) * (2 / PIECES) - 1
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    return torch.stack([x, y, torch.ones_like(x)]).reshape(3, -1)


def _spline_weights(pixels: int, device: torch.device) -> Tensor:
    """Return (pixels, POINTS): each control point's weight in each pixel."""
    places = (torch.arange(pixels, device=device) + 0.5) * (PIECES / pixels)
    centres = torch.arange(-1, PIECES + 2, device=device)
    apart = (places[:, None] - centres).abs()
    near = 2 / 3 - apart**2 + apart**3 / 2
    far = (2 - apart).clamp(min=0) ** 3 / 6
    return torch.where(apart < 1, near, far)
