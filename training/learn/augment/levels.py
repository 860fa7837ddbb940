"""Grey levels that every machine and every setting changes.

Gain, gamma, attenuation with depth (A. Østvik et al., "Myocardial function imaging in
echocardiography using deep learning", IEEE TMI 40 (2021) 1340-1351,
doi:10.1109/TMI.2021.3054566) and multiplicative speckle (A. Tupper, C. Gagné,
"Revisiting data augmentation for ultrasound images", TMLR 2025, arXiv:2501.13193).
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..settings.augmentation import Augmentation
from .draws import Stream, around_one, either_way, grains
from .randomness import uniforms


def change_levels(grey: Tensor, keys: Tensor, strengths: Augmentation) -> Tensor:
    """Apply gamma, gain and attenuation to (B, 1, H, W) grey levels, 0 to 255.

    The product may be above 255; the caller cuts it off, once for all effects.
    """
    numbers = uniforms(keys, 3, Stream.LEVELS)[:, :, None, None, None]
    if strengths.gamma > 1:
        gamma = around_one(numbers[:, 0], strengths.gamma)
        # 255 (g / 255)^gamma, the division taken out of the pixels.
        grey = grey.pow(gamma) * 255 ** (1 - gamma)
    factor = 1 + either_way(numbers[:, 1], strengths.gain)
    if strengths.attenuation:
        depth = torch.linspace(-0.5, 0.5, grey.shape[-2], device=grey.device)
        nepers = either_way(numbers[:, 2], strengths.attenuation)
        factor = factor * torch.exp(nepers * depth[:, None])
    return grey * factor if strengths.gain or strengths.attenuation else grey


def speckle(grey: Tensor, keys: Tensor, most: float) -> Tensor:
    """Multiply (B, 1, H, W) grey levels by noise around one."""
    if not most:
        return grey
    strength = uniforms(keys, 1, Stream.SPECKLE)[:, :, None, None] * most
    noise = grains(keys, grey.shape, Stream.SPECKLE_GRAINS)
    # Strong noise goes below minus one, and there is no echo darker than none.
    return torch.addcmul(grey, grey, noise.mul_(strength).clamp_(min=-1))
