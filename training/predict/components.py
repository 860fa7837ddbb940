"""Parts and holes of a mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def keep_largest(mask: Mask) -> Mask:
    """Return the largest connected part, corners touching; the first among equals.

    Parameters
    ----------
    mask
        (H, W) bool.
    """
    from scipy.ndimage import label

    parts, count = label(mask, structure=np.ones((3, 3)))
    if count < 2:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    largest: Mask = parts == sizes.argmax()
    return largest


def close_holes(mask: Mask) -> Mask:
    """Fill what is enclosed by the mask; corners do not let the outside in.

    Parameters
    ----------
    mask
        (H, W) bool.
    """
    from scipy.ndimage import label

    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return mask
    inside = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # With a margin all of the outside hangs together, and is part 1.
    outside, _count = label(~np.pad(mask[inside], 1))
    filled = mask.copy()
    filled[inside] = outside[1:-1, 1:-1] != 1
    return filled
