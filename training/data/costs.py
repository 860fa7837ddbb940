"""What a frame may cost: how large it may be, and how many are decoded at once.

Bytes are limited and not pixels, and before a decoder has made room for any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .problems import BadFile

#: A picture that says to be larger is damaged; Pillow has the same kind of limit.
MOST_PIXELS = 1 << 28

#: A frame whose decoding would take more bytes is not decoded; see `cost_of`.
MOST_BYTES = 1 << 29

#: Bytes that all frames may take that are decoded at the same time.
AT_ONCE = 1 << 29

#: Strips or tiles of a page; there are that many of 16 x 16 in 8,192 x 8,192 pixels.
MOST_PIECES = 1 << 18

#: Numbers that are computed with at once: 8 MB in double precision.
AT_ONCE_COMPUTED = 1 << 20

#: Frames of a file: more than an hour at 30 a second.
MOST_PAGES = 1 << 17


def cost_of(height: int, width: int, n_bytes: int) -> int:
    """Return the bytes that decoding a frame takes at its height.

    Parameters
    ----------
    height, width
        Of what is decoded, with what reaches over the edges.
    n_bytes
        Bytes of a pixel, all samples.

    Returns
    -------
    int
        Counted are the pixels twice, as they come and turned upright, and one number
        of eight bytes a pixel, for whatever is computed from them next.
    """
    return height * width * (2 * n_bytes + 8)


T = TypeVar("T", bound=np.generic)


def by_rows(
    convert: Callable[[NDArray[Any]], NDArray[T]], image: NDArray[Any]
) -> NDArray[T]:
    """Convert an image some rows at a time, so that what comes between stays small.

    Parameters
    ----------
    convert
        Makes an array of any number of rows, of each row by itself.
    image
        (H, ...) numbers.
    """
    if image.size <= AT_ONCE_COMPUTED or len(image) < 2:
        return convert(image)
    rows = max(1, AT_ONCE_COMPUTED * len(image) // image.size)
    return np.concatenate(
        [convert(image[at : at + rows]) for at in range(0, len(image), rows)]
    )


def too_large(path: Path, height: int, width: int) -> BadFile:
    """Say that a frame would take more memory than one may."""
    return BadFile(
        path,
        "unreadable",
        f"speaks of {height} x {width} pixels, which take more than the "
        f"{MOST_BYTES >> 20} MB that a frame may: export it smaller, or copy it again "
        "from its source.",
    )


class _Room:
    """Memory that decoders share; a thread must not ask twice."""

    def __init__(self, size: int) -> None:
        self._size, self._taken, self._changed = size, 0, Condition()

    @contextmanager
    def taken(self, cost: int) -> Iterator[None]:
        """Wait until there is room for ``cost`` bytes, or nobody is in it."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._taken == 0 or self._taken + cost <= self._size
            )
            self._taken += cost
        try:
            yield
        finally:
            with self._changed:
                self._taken -= cost
                self._changed.notify_all()


#: Where every frame is decoded.
ROOM = _Room(AT_ONCE)
