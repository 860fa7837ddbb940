"""Pixel accuracy, and the line that must stand beside it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ._pairs import as_pair


def pixel_accuracy(a: ArrayLike, b: ArrayLike) -> float:
    """Return the share of pixels on which two masks agree, in [0, 1].

    A nerve covers about 3 % of the frames that show one, so a blank mask scores
    about 0.99: print `accuracy_warning` beside every accuracy.

    Parameters
    ----------
    a, b
        Two (H, W) bool masks of one shape with at least one pixel; two empty masks
        agree everywhere (1).

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Maier-Hein, L. et al. Metrics reloaded. Nature Methods 21 (2024).
    https://doi.org/10.1038/s41592-023-02151-z
    """
    first, second = as_pair(a, b)
    return int(np.count_nonzero(first == second)) / first.size


def accuracy_warning(blank: float) -> str:
    """Say why pixel accuracy misleads, with the accuracy of blank masks."""
    return (
        "Pixel accuracy misleads, because most pixels are background: blank masks "
        f"have {blank:.3f} on these frames."
    )
