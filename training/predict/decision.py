"""From a probability map to a mask: one rule, used by every path."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .components import close_holes, keep_largest

Probability = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def decide(
    probability: Probability,
    presence: float,
    threshold: float = 0.5,
    presence_threshold: float = 0.0,
    min_area_share: float = 0.0,
    *,
    largest_component: bool = False,
    fill_holes: bool = False,
) -> Mask:
    """Return the mask that a prediction means.

    Parameters
    ----------
    probability
        (H, W) uint8, 0 to 255 for 0 to 1. It is quantised first so that a mask cut
        from a stored map equals the one cut when it was predicted.
    presence
        Probability that the frame shows a nerve, in [0, 1].
    threshold
        A pixel is nerve if its probability is this or more, in [0, 1]; one of
        probability 0 never is.
    presence_threshold
        Below this presence the mask is empty, in [0, 1].
    min_area_share
        A mask smaller than this share of the frame is emptied, in [0, 1]. It is the
        whole mask's area that counts, before the two settings below.
    largest_component
        Whether only the largest connected part of the mask stays.
    fill_holes
        Whether what the mask then encloses becomes part of it.

    Returns
    -------
    ndarray
        (H, W) bool.

    Raises
    ------
    ValueError
        If ``probability`` is not uint8 or a setting is outside [0, 1].
    """
    if probability.dtype != np.uint8:
        raise ValueError(f"probability is {probability.dtype}, not quantised to uint8")
    for value in (threshold, presence_threshold, min_area_share):
        if not 0 <= value <= 1:
            raise ValueError(f"{value} is no share between 0 and 1")
    mask: Mask = probability >= threshold_level(threshold)
    too_small = np.count_nonzero(mask) < min_area_share * mask.size
    if presence < presence_threshold or too_small:
        return np.zeros_like(mask)
    if largest_component:
        mask = keep_largest(mask)
    return close_holes(mask) if fill_holes else mask


def threshold_level(threshold: float) -> int:
    """Return the lowest uint8 level that counts as nerve, 1 to 255.

    Rounded first, lest 0.2 * 255, a little more than 51 in binary, ask for 52.
    """
    return max(1, math.ceil(round(threshold * 255, 6)))
