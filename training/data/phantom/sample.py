"""A handful of phantom frames in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .make import draw_mask
from .subject import Subject
from .sweep import TWIN_RATE, plan_sweep


def sample_stack(
    n: int = 12, seed: int = 0, *, size: tuple[int, int] = (420, 580)
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Make frames of one subject with their masks, none of them drawn wrong.

    Parameters
    ----------
    n
        Number of frames.
    seed
        What they follow from.
    size
        Height and width, pixels.

    Returns
    -------
    frames : ndarray of uint8, shape (N, H, W)
    masks : ndarray of bool, shape (N, H, W)
    """
    subject = Subject(seed, 1, size)
    positions = plan_sweep(subject, n, TWIN_RATE).positions
    frames = [subject.frame(z) for z in positions]
    masks = [draw_mask(subject, z, i, None).drawn for i, z in enumerate(positions)]
    return np.stack(frames), np.stack(masks)
