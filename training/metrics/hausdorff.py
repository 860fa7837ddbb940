"""Distance between the outlines of two masks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._pairs import as_pair


def hausdorff(a: ArrayLike, b: ArrayLike, *, percentile: float = 95) -> float:
    """Return the Hausdorff distance of two outlines, in pixels (HD95 by default).

    The larger of the two directed distances; a directed distance is the given
    percentile, over the outline pixels of one mask, of the distance to the nearest
    outline pixel of the other. A mask's outline is its pixels with a 4-neighbour
    outside the mask or the frame. This is also MONAI's definition.

    Parameters
    ----------
    a, b
        Two (H, W) bool masks of one shape; the order does not matter.
    percentile
        95 forgives the farthest twentieth of the outline, 100 nothing.

    Returns
    -------
    float
        Pixels; NaN if either mask is empty, for then there is no distance.

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Huttenlocher, D. P. et al. Comparing images using the Hausdorff distance. IEEE
    TPAMI 15 (1993). https://doi.org/10.1109/34.232073
    """
    first, second = as_pair(a, b)
    if not first.any() or not second.any():
        return float("nan")
    window = _bounding_box(first | second)
    outlines = _outline(first[window]), _outline(second[window])
    return max(
        _directed(outlines[0], outlines[1], percentile),
        _directed(outlines[1], outlines[0], percentile),
    )


def _bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, ...]:
    """Return the window that holds the mask: the rest of the frame costs time only."""
    spans = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return tuple(slice(int(span[0]), int(span[-1]) + 1) for span in spans)


def _outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy.ndimage import binary_erosion

    inside: NDArray[np.bool_] = binary_erosion(mask)
    return mask & ~inside


def _directed(
    source: NDArray[np.bool_], target: NDArray[np.bool_], percentile: float
) -> float:
    from scipy.ndimage import distance_transform_edt

    distance: NDArray[Any] = distance_transform_edt(~target)
    return float(np.percentile(distance[source], percentile))
