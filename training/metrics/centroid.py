"""How far apart two masks lie: whether a nerve is located, whatever its outline."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._pairs import as_pair


def centroid_distance(a: ArrayLike, b: ArrayLike) -> float:
    """Return the distance of two masks' centres of mass, in pixels.

    Parameters
    ----------
    a, b
        Two (H, W) bool masks of one shape; the order does not matter.

    Returns
    -------
    float
        Pixels; NaN if either mask is empty.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Reinke, A. et al. Understanding metric-related pitfalls in image analysis
    validation. Nature Methods 21 (2024). https://doi.org/10.1038/s41592-023-02150-0
    """
    first, second = as_pair(a, b)
    if not first.any() or not second.any():
        return float("nan")
    return math.dist(_centre(first), _centre(second))


def _centre(mask: NDArray[np.bool_]) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return float(rows.mean()), float(columns.mean())
