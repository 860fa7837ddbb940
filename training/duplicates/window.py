"""The similarity that everything here means: scikit-image's SSIM, 7 x 7, uint8.

`mean_ssim` is the judge. The constants are those of the paper [1]_ and of
scikit-image's defaults (uniform window, sample covariance, ``data_range=255``),
scaled so that the compiled loops can work with sums over a window's 49 pixels.

References
----------
.. [1] Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli: Image quality
   assessment: from error visibility to structural similarity. IEEE Transactions on
   Image Processing 13(4), 600-612, 2004. doi:10.1109/TIP.2003.819861
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Frame = NDArray[np.uint8]

#: The one window that there is so far, as reports name it.
WINDOW = "uniform7"
#: Side of the window and its number of pixels.
SIDE = 7
PIXELS = SIDE * SIDE
#: C1 in units of (sum over the window)^2, C2 in units of PIXELS (PIXELS - 1) var.
C1_SUMS = (0.01 * 255) ** 2 * PIXELS**2
C2_SUMS = (0.03 * 255) ** 2 * PIXELS * (PIXELS - 1)


def mean_ssim(a: Frame, b: Frame) -> float:
    """Return scikit-image's mean SSIM of two (H, W) uint8 frames, in float64."""
    from skimage.metrics import structural_similarity

    compare: Any = structural_similarity
    return float(compare(a, b, win_size=SIDE, data_range=255))


def n_windows(shape: tuple[int, int]) -> int:
    """Return how many windows lie wholly inside a frame of ``shape`` (H, W)."""
    return (shape[0] - SIDE + 1) * (shape[1] - SIDE + 1)


def rounding_band(shape: tuple[int, int], threshold: float) -> float:
    """Return how far our mean SSIM and scikit-image's may lie apart near a threshold.

    Ours sums non-negative float32 terms, each with a relative error below 32 2^-24,
    along rows of W terms at most: (W + 32) 2^-24 of 1 - SSIM, taken twice.
    scikit-image's comes from SciPy's running sums in float64, whose error grows with
    the side of the frame: at most 2 (H + W) 2^-53 255^2 in a mean of squares, which
    enters divided by C2 = 58.5 at most eight times.
    """
    height, width = shape
    ours = 2 * (width + 32) * 2.0**-24 * (1 - threshold)
    theirs = 16 * (height + width) * 2.0**-53 * 255**2 / 58.5
    return ours + theirs + 1e-9
