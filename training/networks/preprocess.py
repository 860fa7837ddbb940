"""What may be done to a frame's grey levels before anything else.

Each takes a frame at its own size and depends on nothing but the frame, so that
training, validation and every prediction see the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]

#: Tiles of CLAHE along each side of a frame, at most.
_TILES = 8

#: The largest share of a tile's pixels that one level may have in its histogram.
_CLIP = 0.01


def preprocess_frame(frame: Frame, name: str) -> Frame:
    """Change a frame's grey levels as a checkpoint asks.

    Parameters
    ----------
    frame
        (H, W) uint8 of its own size.
    name
        One of `PREPROCESSES`: ``none``; ``histeq`` spreads the levels so that each
        is about as frequent as the others; ``clahe`` does so in tiles, with limited
        contrast.

    Returns
    -------
    ndarray
        (H, W) uint8; the frame itself for ``none``.

    Raises
    ------
    ValueError
        If there is no such name.
    """
    if name not in _BY_NAME:
        raise ValueError(f"{name!r} is none of {', '.join(PREPROCESSES)}")
    return _BY_NAME[name](frame)


def _none(frame: Frame) -> Frame:
    return frame


def _histeq(frame: Frame) -> Frame:
    counts = np.bincount(frame.ravel(), minlength=256)
    table = np.rint(np.cumsum(counts) * (255 / frame.size)).astype(np.uint8)
    equalised: Frame = table[frame]
    return equalised


def _clahe(frame: Frame) -> Frame:
    """Contrast-limited adaptive histogram equalisation.

    Source: K. Zuiderveld, "Contrast Limited Adaptive Histogram Equalization",
    Graphics Gems IV, 1994, doi:10.1016/B978-0-12-336156-1.50061-6.
    """
    tables = _tables(frame)
    top, bottom, low = _between(frame.shape[0], tables.shape[0])
    left, right, near = _between(frame.shape[1], tables.shape[1])
    out = np.empty_like(frame)
    for y, row in enumerate(frame):
        # One row lies between two rows of tiles: blend their tables, then look up.
        blended = tables[top[y]] + low[y] * (tables[bottom[y]] - tables[top[y]])
        here, there = blended[left, row], blended[right, row]
        out[y] = np.rint(here + near * (there - here))
    return out


def _tables(frame: Frame) -> NDArray[np.float32]:
    """Return each tile's new level for every level, (rows, columns, 256)."""
    edges = [
        np.linspace(0, length, min(_TILES, length) + 1).astype(int)
        for length in frame.shape
    ]
    tables = np.empty((len(edges[0]) - 1, len(edges[1]) - 1, 256), np.float32)
    for row, column in np.ndindex(tables.shape[:2]):
        rows = slice(edges[0][row], edges[0][row + 1])
        columns = slice(edges[1][column], edges[1][column + 1])
        tables[row, column] = _table(frame[rows, columns])
    return tables


def _table(tile: Frame) -> NDArray[np.float64]:
    counts = np.bincount(tile.ravel(), minlength=256)
    most = max(1.0, _CLIP * tile.size)
    clipped = np.minimum(counts, most)
    clipped += (tile.size - clipped.sum()) / 256  # what was cut off, to all alike
    table: NDArray[np.float64] = np.cumsum(clipped) * (255 / tile.size)
    return table


def _between(
    length: int, tiles: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Return, for each pixel, the tiles around it and how near it is to the second."""
    place = (np.arange(length) + 0.5) * tiles / length - 0.5
    place = np.clip(place, 0, tiles - 1)
    first = place.astype(np.intp)
    second = np.minimum(first + 1, tiles - 1)
    return first, second, (place - first).astype(np.float32)


_BY_NAME: Mapping[str, Callable[[Frame], Frame]] = {
    "none": _none,
    "histeq": _histeq,
    "clahe": _clahe,
}

#: The names that `preprocess_frame` knows.
PREPROCESSES = tuple(_BY_NAME)
