"""Random numbers that depend on nothing but (seed, epoch, sample index).

No generator has a state that a resumed or reordered training would have to restore,
every sample's numbers can be computed anywhere, and a whole batch's at once on its
device.

Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators",
OOPSLA 2014, doi:10.1145/2660193.2660195 (SplitMix64).
"""

from __future__ import annotations

import torch
from torch import Tensor


def _signed(value: int) -> int:
    value %= 1 << 64
    return value - (1 << 64) if value >= 1 << 63 else value


_GOLDEN = _signed(0x9E3779B97F4A7C15)
_FIRST = _signed(0xBF58476D1CE4E5B9)
_SECOND = _signed(0x94D049BB133111EB)


def _shift(z: Tensor, bits: int) -> Tensor:
    # torch shifts int64 arithmetically; the mask drops the sign that came in.
    return (z >> bits) & ((1 << (64 - bits)) - 1)


def _mix(z: Tensor) -> Tensor:
    z = (z ^ _shift(z, 30)) * _FIRST
    z = (z ^ _shift(z, 27)) * _SECOND
    return z ^ _shift(z, 31)


def sample_keys(seed: int, epoch: int, indices: Tensor) -> Tensor:
    """Give every sample of an epoch its own key.

    Parameters
    ----------
    seed, epoch
        Whole numbers from 0.
    indices
        (B,) int64: the samples' places in the list of training frames.

    Returns
    -------
    Tensor
        (B,) int64 on the device of ``indices``.
    """
    key = torch.full_like(indices, _signed(seed))
    for part in (torch.full_like(indices, epoch), indices):
        key = _mix(key + _GOLDEN) + part
    return _mix(key + _GOLDEN)


def uniforms(keys: Tensor, count: int, stream: int = 0) -> Tensor:
    """Draw numbers in [0, 1) for every key.

    Parameters
    ----------
    keys
        (B,) int64 from `sample_keys`.
    count
        How many for each, below 2**32.
    stream
        Another one gives other numbers.

    Returns
    -------
    Tensor
        (B, count) float32 on the device of ``keys``.
    """
    place = torch.arange(1, count + 1, device=keys.device) + (stream << 32)
    drawn = _mix(keys[:, None] + place[None] * _GOLDEN)
    return _shift(drawn, 40).float() * 2.0**-24
