"""The numbers that define both SSIM windows; see `training.duplicates.window`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Frame = NDArray[np.uint8]

#: The paper's constants, in squared grey levels.
C1 = (0.01 * 255) ** 2
C2 = (0.03 * 255) ** 2
#: Side of the uniform window and its number of pixels.
SIDE = 7
PIXELS = SIDE * SIDE
#: C1 in units of (sum over the window)^2, C2 in units of PIXELS (PIXELS - 1) var.
C1_SUMS = C1 * PIXELS**2
C2_SUMS = C2 * PIXELS * (PIXELS - 1)
#: Standard deviation of the Gaussian window, in pixels, and how far it reaches.
SIGMA = 1.5
RADIUS = 5


def gaussian_weights() -> tuple[float, ...]:
    """Return the 11 weights of `Gaussian` along one axis; their sum is 1."""
    places = np.arange(-RADIUS, RADIUS + 1)
    weights = np.exp(-0.5 / SIGMA**2 * places**2)
    return tuple((weights / weights.sum()).tolist())
