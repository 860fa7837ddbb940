"""What spoils some frames: acoustic shadow, haze, blur, low resolution.

Sources: shadow: E. Smistad et al., "Highlighting nerves and blood vessels for
ultrasound-guided axillary nerve block procedures using neural networks", J. Med.
Imaging 5 (2018) 044004, doi:10.1117/1.JMI.5.4.044004, here cast from the probe
downwards. Haze: A. Østvik et al., IEEE TMI 40 (2021) 1340-1351,
doi:10.1109/TMI.2021.3054566. Low resolution: F. Isensee et al., "nnU-Net", Nature
Methods 18 (2021) 203-211, doi:10.1038/s41592-020-01008-z.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from .draws import Stream, grains
from .randomness import uniforms

#: The chance of each artefact: real frames mostly have none of them.
CHANCE = 0.25

#: Standard deviation of a shadow across the frame, as a share of its width.
_NARROW, _WIDE = 0.03, 0.12
#: Deepest start of a shadow, and how softly it starts, as shares of the height.
_START, _ONSET = 0.4, 0.04
#: Standard deviation of a haze in depth, as a share of the height.
_THIN, _THICK = 0.08, 0.25


def shadow(grey: Tensor, keys: Tensor, most: float) -> Tensor:
    """Darken a soft band of (B, 1, H, W) grey levels from some depth to the bottom."""
    if not most:
        return grey
    numbers = uniforms(keys, 5, Stream.SHADOW)[:, :, None, None, None]
    x, y = _places(grey, dim=-1), _places(grey, dim=-2)
    spread = _NARROW + (_WIDE - _NARROW) * numbers[:, 3]
    across = torch.exp(-0.5 * ((x - numbers[:, 2]) / spread) ** 2)
    start = _START * numbers[:, 4]
    below = torch.sigmoid((y - start) / _ONSET)
    return grey * (1 - (_sometimes(numbers, most) * below) * across)


def haze(grey: Tensor, keys: Tensor, most: float) -> Tensor:
    """Lighten a noisy layer of (B, 1, H, W) grey levels at some depth."""
    if not most:
        return grey
    numbers = uniforms(keys, 4, Stream.HAZE)[:, :, None, None, None]
    spread = _THIN + (_THICK - _THIN) * numbers[:, 3]
    layer = torch.exp(-0.5 * ((_places(grey, dim=-2) - numbers[:, 2]) / spread) ** 2)
    noise = grains(keys, grey.shape, Stream.HAZE_GRAINS)
    # From 0 to 1: the grains lie within 1.8 of zero.
    share = noise.mul_(1 / 3.6).add_(0.5).mul_(_sometimes(numbers, most) * layer)
    return torch.addcmul(grey, 255 - grey, share)


def blur(grey: Tensor, keys: Tensor, most: float) -> Tensor:
    """Smooth (B, 1, H, W) grey levels by a Gaussian of up to ``most`` pixels."""
    if not most:
        return grey
    sigma = _sometimes(uniforms(keys, 2, Stream.BLUR), most)
    # Beyond 2.5 sigma lies 1 % of the weight; edges are repeated once at most.
    radius = min(math.ceil(2.5 * most), min(grey.shape[-2:]) - 1)
    steps = torch.arange(radius + 1, device=grey.device)
    # Below a twentieth of a pixel the neighbours' weight is nothing, in float32 too.
    weights = torch.exp(-0.5 * (steps / sigma.clamp(min=0.05)[:, None]) ** 2)
    weights = weights / (2 * weights.sum(1, keepdim=True) - 1)
    across = _smooth(grey, weights, dim=-1)
    return _smooth(across, weights, dim=-2)


def _smooth(grey: Tensor, weights: Tensor, dim: int) -> Tensor:
    """Convolve along one axis; (B, R) weights of the middle and one side.

    By sums of shifted images: several times as fast on a processor as a convolution
    with one kernel a sample.
    """
    radius, n = weights.shape[1] - 1, grey.shape[dim]
    sides = (radius, radius, 0, 0) if dim == -1 else (0, 0, radius, radius)
    padded = functional.pad(grey, sides, mode="replicate")
    share = weights[:, None, None, None]
    total = grey * share[..., 0]
    for step in range(1, radius + 1):
        before = padded.narrow(dim, radius - step, n)
        after = padded.narrow(dim, radius + step, n)
        total.addcmul_(before + after, share[..., step])
    return total


def lower_resolution(grey: Tensor, keys: Tensor, most: float) -> Tensor:
    """Reduce (B, 1, H, W) grey levels, enlarge them, and mix some of that in.

    The reduction is by ``most`` for all, so that a batch is one image; how much of it
    a sample gets differs.
    """
    if most <= 1:
        return grey
    share = _sometimes(uniforms(keys, 2, Stream.RESOLUTION), 1.0)
    height, width = grey.shape[-2:]
    small = (max(1, round(height / most)), max(1, round(width / most)))
    reduced = functional.adaptive_avg_pool2d(grey, small)
    coarse = functional.interpolate(reduced, (height, width), mode="bilinear")
    return torch.lerp(grey, coarse, share[:, None, None, None])


def _sometimes(numbers: Tensor, most: float) -> Tensor:
    """Return up to ``most`` with `CHANCE`, else 0, from the first two numbers."""
    return torch.where(numbers[:, 0] < CHANCE, numbers[:, 1] * most, 0.0)


def _places(grey: Tensor, dim: int) -> Tensor:
    """Return the pixels' places along an axis, from 0 to 1, to broadcast."""
    n = grey.shape[dim]
    places = (torch.arange(n, device=grey.device) + 0.5) / n
    return places if dim == -1 else places[:, None]
