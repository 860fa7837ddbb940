"""Frames of any size for networks that halve them several times."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import pad


def pad_to_multiple(frames: Tensor, multiple: int) -> Tensor:
    """Repeat the last row and column until both sizes are multiples.

    Parameters
    ----------
    frames
        (B, C, H, W).
    multiple
        How many pixels one pixel of the lowest level stands for.

    Returns
    -------
    Tensor
        (B, C, H', W') of at least two multiples each: normalising the lowest level
        needs more than one pixel.
    """
    below, right = (_missing(length, multiple) for length in frames.shape[-2:])
    return pad(frames, (0, right, 0, below), mode="replicate")


def _missing(length: int, multiple: int) -> int:
    return max(-(-length // multiple), 2) * multiple - length
