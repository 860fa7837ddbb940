"""From what reflects to what the scanner shows: speckle, compression, grey levels.

Fully developed speckle is the envelope of many scatterers seen through the
probe's point-spread function. The radio-frequency signal is kept at base band
(complex scatterers, a real Gaussian for the point-spread function), which gives
the same envelope as a carrier would and needs one Fourier transform each way.

References
----------
R. F. Wagner et al., Statistics of speckle in ultrasound B-scans, IEEE
Transactions on Sonics and Ultrasonics 30 (1983), doi:10.1109/T-SU.1983.31404.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Complex = NDArray[np.complex64]

#: How far, in pixels, two planes of scatterers may lie apart in the one tile
#: that they are cut from.
SPREAD = 224

#: Echo in dB that becomes a grey level: the scanner's curve, fitted once to the
#: grey levels of real frames. Between the knots it is straight.
CURVE_DB = (-44.0, -35.2, -30.4, -26.6, -21.9, -16.7, -10.9, -3.1, 2.1)
CURVE_GREY = (0.0, 8.0, 21.0, 34.0, 55.0, 85.0, 130.0, 195.0, 255.0)

_STEPS_PER_DB = 16
_LOWEST, _HIGHEST = -70.0, 20.0


def grey_table() -> NDArray[np.uint8]:
    """Tabulate the scanner's curve, 16 entries per dB from -70 to 20 dB.

    Returns
    -------
    ndarray of uint8, shape (1441,)
    """
    count = int((_HIGHEST - _LOWEST) * _STEPS_PER_DB) + 1
    echo = np.linspace(_LOWEST, _HIGHEST, count)
    return np.interp(echo, CURVE_DB, CURVE_GREY).round().astype(np.uint8)


def compress(envelope: Float, table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn the envelope into grey levels: logarithm, then the scanner's curve.

    Parameters
    ----------
    envelope
        (H, W), 1.0 is 0 dB.
    table
        From `grey_table`.
    """
    echo = np.log10(np.maximum(envelope, np.float32(1e-6)))
    echo *= np.float32(20 * _STEPS_PER_DB)
    echo -= np.float32(_LOWEST * _STEPS_PER_DB)
    index = np.clip(echo, 0, len(table) - 1).astype(np.intp)
    return table.take(index)


@dataclass(frozen=True)
class Scatterers:
    """A volume of random scatterers, sliced at any probe position.

    The volume is one tile of complex noise; plane ``k`` is the tile seen at an
    offset drawn for ``k``, and a slice between planes mixes three of them with
    quadratic B-spline weights. So neighbouring positions share speckle, and
    positions three planes apart share none.

    Attributes
    ----------
    shape : (H, W)
        Pixels of a slice.
    seed : sequence of int
        What the noise and the offsets come from.
    spacing : float
        Distance of two planes, in units of probe position.
    """

    shape: tuple[int, int]
    seed: tuple[int, ...]
    spacing: float = 1.0

    @cached_property
    def tile(self) -> Complex:
        """The noise: (H + 224, W + 224) complex, unit power."""
        rng = np.random.default_rng(self.seed)
        shape = (self.shape[0] + SPREAD, self.shape[1] + SPREAD, 2)
        noise = rng.standard_normal(shape, dtype=np.float32)
        noise *= np.float32(np.sqrt(0.5))
        tile: Complex = noise.view(np.complex64)[..., 0]
        return tile

    def plane(self, k: int) -> Complex:
        """Give plane ``k``: a view of the tile, (H, W) complex."""
        rng = np.random.default_rng((*self.seed, k + 100_000))
        y, x = rng.integers(0, SPREAD, 2)
        return self.tile[y : y + self.shape[0], x : x + self.shape[1]]

    def slice(self, z: float) -> Complex:
        """Cut the volume at probe position ``z``: (H, W) complex, unit power."""
        nearest = round(z / self.spacing)
        u = z / self.spacing - nearest
        weights = np.array([0.5 * (0.5 - u) ** 2, 0.75 - u * u, 0.5 * (0.5 + u) ** 2])
        weights /= np.sqrt(np.sum(weights**2))
        first, middle, last = weights.astype(np.float32)
        mixed: Complex = self.plane(nearest) * middle
        mixed += self.plane(nearest - 1) * first
        mixed += self.plane(nearest + 1) * last
        return mixed


def point_spread(shape: tuple[int, int], axial: float, lateral: float) -> Float:
    """Give the transfer function of a Gaussian point-spread function.

    Parameters
    ----------
    shape
        (H, W) of the field to convolve.
    axial, lateral
        Standard deviations along depth and width, pixels.

    Returns
    -------
    ndarray of float32, shape (H, W)
        In `scipy.fft.fft2`'s order of frequencies, 1 at zero frequency.
    """
    down = np.fft.fftfreq(shape[0])[:, None] * axial
    across = np.fft.fftfreq(shape[1])[None, :] * lateral
    spread = np.exp(-2 * np.pi**2 * (down**2 + across**2))
    return spread.astype(np.float32)


def convolve(field: Complex, transfer: Float) -> Complex:
    """Convolve with the point-spread function (circular; the caller crops)."""
    from scipy import fft

    spectrum = fft.fft2(field, overwrite_x=True)
    spectrum *= transfer
    out: Complex = fft.ifft2(spectrum, overwrite_x=True)
    return out
