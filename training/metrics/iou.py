"""Intersection over union of two masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ._pairs import Empty, as_pair, both_empty


def iou(a: ArrayLike, b: ArrayLike, *, empty: Empty = "one") -> float:
    """Return ``|A and B| / |A or B|``, in [0, 1], also called the Jaccard index.

    Parameters
    ----------
    a, b
        Two (H, W) bool masks of one shape; the order does not matter.
    empty
        The value if both are empty: ``one``, ``zero`` or ``nan``.

    Raises
    ------
    ValueError
        If the shapes differ or ``empty`` is no rule.

    References
    ----------
    Jaccard, P. The distribution of the flora in the alpine zone. New Phytologist 11
    (1912). https://doi.org/10.1111/j.1469-8137.1912.tb05611.x
    """
    first, second = as_pair(a, b)
    union = int(np.count_nonzero(first | second))
    if union == 0:
        return both_empty(empty)
    return int(np.count_nonzero(first & second)) / union
