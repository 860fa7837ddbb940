"""Dice coefficient of two masks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ._pairs import Empty, as_pair, both_empty


def dice(a: ArrayLike, b: ArrayLike, *, empty: Empty = "one") -> float:
    """Return ``2 |A and B| / (|A| + |B|)``, in [0, 1].

    Parameters
    ----------
    a, b
        Two (H, W) bool masks of one shape; the order does not matter.
    empty
        The value if both are empty: ``one`` (the rule of Kaggle's Ultrasound Nerve
        Segmentation, and of ``monai.metrics.DiceMetric(ignore_empty=False)``),
        ``zero`` or ``nan``.

    Raises
    ------
    ValueError
        If the shapes differ or ``empty`` is no rule.

    References
    ----------
    Dice, L. R. Measures of the amount of ecologic association between species.
    Ecology 26 (1945). https://doi.org/10.2307/1932409
    """
    first, second = as_pair(a, b)
    areas = int(np.count_nonzero(first)) + int(np.count_nonzero(second))
    if areas == 0:
        return both_empty(empty)
    return 2 * int(np.count_nonzero(first & second)) / areas
