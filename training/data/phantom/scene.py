"""The picture in the making: what scatters and what mirrors, on a coarse grid.

Anatomy is drawn in reference pixels, those of a frame 420 high and 580 wide, so
that a small frame shows the same scene as a large one. It is drawn on a grid of
every second pixel: the point-spread function is wider than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

#: The size that anatomy is measured in, (H, W) pixels.
REFERENCE = (420, 580)

#: Pixels beyond the frame's edge that the circular convolution may spoil.
MARGIN = 6


@dataclass(frozen=True)
class Canvas:
    """The grids of one frame size.

    Attributes
    ----------
    size : (H, W)
        Pixels of the finished frame.
    """

    size: tuple[int, int]

    @cached_property
    def padded(self) -> tuple[int, int]:
        """(H, W) of the field to convolve: margins on, and quick to transform."""
        from scipy import fft

        step = 2 * self.coarseness
        height, width = (
            step * fft.next_fast_len(-(-(side + 2 * MARGIN) // step), real=False)
            for side in self.size
        )
        return height, width

    @property
    def coarseness(self) -> int:
        """Pixels per grid step of the anatomy."""
        return 2 if min(self.size) >= 256 else 1

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of this frame per reference pixel, down and across."""
        return self.size[0] / REFERENCE[0], self.size[1] / REFERENCE[1]

    @cached_property
    def y(self) -> Float:
        """Depth of the grid's rows, reference pixels, (h, 1)."""
        return self._axis(0)[:, None]

    @cached_property
    def x(self) -> Float:
        """Position of the grid's columns, reference pixels, (1, w)."""
        return self._axis(1)[None, :]

    def _axis(self, axis: int) -> Float:
        count = self.padded[axis] // self.coarseness
        pixels = (np.arange(count) + 0.5) * self.coarseness - 0.5 - self._before(axis)
        return (pixels / self.scale[axis]).astype(np.float32)

    def _before(self, axis: int) -> int:
        return (self.padded[axis] - self.size[axis]) // 2

    def fine(self, field: Float) -> Float:
        """Bring a coarse field (h, w) to the padded pixels (H, W)."""
        for axis in (0, 1):
            field = np.repeat(field, self.coarseness, axis=axis)
        return field

    def crop(self, field: Float) -> Float:
        """Cut the frame (H, W) out of a padded field."""
        top, left = self._before(0), self._before(1)
        return field[top : top + self.size[0], left : left + self.size[1]]


@dataclass
class Scene:
    """What lies in one probe plane.

    Attributes
    ----------
    y, x : (h, 1) and (1, w) float32
        Reference pixels.
    scatter : (h, w) float32
        Diffuse echo, dB.
    mirror : (h, w) float32
        Coherent echo of smooth surfaces, amplitude, 1.0 is 0 dB.
    """

    y: Float
    x: Float
    scatter: Float
    mirror: Float


def step(values: Float, width: float) -> Float:
    """Rise from 0 to 1 over ``-width … width``, straight."""
    rise: Float = np.clip(values * np.float32(0.5 / width) + np.float32(0.5), 0, 1)
    return rise
