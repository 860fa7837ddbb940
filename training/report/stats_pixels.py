"""One look at the pixels of a frame and its mask: grey levels, area, place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .stats_figures import Box

Counts = NDArray[np.int64]

#: Rows and columns of the map of where nerves lie: a fourth of Kaggle's frames.
HEAT_SHAPE = (105, 145)

#: The size, high and wide, that several published U-Nets bring Kaggle's frames to.
SHRUNK = (256, 256)


@dataclass(frozen=True)
class PixelStatistics:
    """What the pixels of one frame say.

    Attributes
    ----------
    levels, nerve_levels
        (256,) int64: how many pixels have each grey level, in the frame and in the
        nerve.
    area
        The nerve's pixels; None if there is no mask.
    box
        The nerve's bounding box; None if there is no nerve.
    heat
        `HEAT_SHAPE` float32: the share of nerve in each cell; None if there is none.
    shrunk_share
        The nerve's share of the frame if a resized mask counts wherever it is above
        zero; None if there is no nerve.
    """

    levels: Counts
    nerve_levels: Counts
    area: int | None
    box: Box | None = None
    heat: NDArray[np.float32] | None = None
    shrunk_share: float | None = None


def look_at(
    frame: NDArray[np.uint8], mask: NDArray[np.bool_] | None
) -> PixelStatistics:
    """Count a (H, W) frame's grey levels, and find the nerve in its mask."""
    levels = _levels(frame)
    if mask is None:
        return PixelStatistics(levels, np.zeros_like(levels), None)
    rows = _span(np.asarray(mask.any(1)))
    columns = _span(np.asarray(mask.any(0)))
    if rows is None or columns is None:
        return PixelStatistics(levels, np.zeros_like(levels), 0)
    part = mask[rows, columns]
    height, width = mask.shape
    box = (
        rows.start / height,
        columns.start / width,
        rows.stop / height,
        columns.stop / width,
    )
    return PixelStatistics(
        levels,
        _levels(frame[rows, columns][part]),
        int(np.count_nonzero(part)),
        box,
        _heat(part, box),
        _shrunk_share(mask),
    )


def _levels(pixels: NDArray[np.uint8]) -> Counts:
    return np.bincount(pixels.ravel(), minlength=256)


def _span(there: NDArray[np.bool_]) -> slice | None:
    found = np.flatnonzero(there)
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else None


def _heat(part: NDArray[np.bool_], box: Box) -> NDArray[np.float32]:
    """Return how much of each cell the part of a mask inside its box covers."""
    n_rows, n_columns = HEAT_SHAPE
    binned = _binned(part.astype(np.float32), box[0] * n_rows, box[2] * n_rows, n_rows)
    return _binned(binned.T, box[1] * n_columns, box[3] * n_columns, n_columns).T


def _binned(
    values: NDArray[np.float32], first: float, last: float, cells: int
) -> NDArray[np.float32]:
    """Spread (n, m) pixels that reach from ``first`` to ``last`` over (cells, m).

    By sums up to each cell's edge: a product of matrices this small costs more in
    threads that wait for one another.
    """
    n = len(values)
    sums = np.zeros((n + 2, values.shape[1]), np.float32)
    np.cumsum(values, axis=0, out=sums[1:-1])
    sums[-1] = sums[-2]
    edges = np.clip((np.arange(cells + 1) - first) * (n / (last - first)), 0, n)
    below = edges.astype(int)
    part = (edges - below).astype(np.float32)[:, None]
    upto = sums[below] * (1 - part) + sums[below + 1] * part
    covered: NDArray[np.float32] = np.diff(upto, axis=0) * ((last - first) / n)
    return covered


def _shrunk_share(mask: NDArray[np.bool_]) -> float:
    """Return the share of pixels above zero after a smooth resize to 256 x 256."""
    from PIL import Image

    grey = Image.fromarray(mask.astype(np.uint8) * np.uint8(255))
    shrunk = np.asarray(grey.resize(SHRUNK, Image.Resampling.BILINEAR))
    return float(np.count_nonzero(shrunk) / shrunk.size)
