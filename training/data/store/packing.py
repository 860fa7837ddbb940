"""Masks as compressed run lengths.

The runs count pixels row by row, beginning with background, as little-endian uint32;
the store keeps them compressed by zlib and the shape beside them.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass

import numpy as np

from ..costs import MOST_PIXELS
from .records import Mask


def runs_of(mask: Mask) -> bytes:
    """Return the run lengths of a (H, W) bool mask, uncompressed.

    Raises
    ------
    TypeError
        If ``mask`` is not a 2-D bool array.
    """
    if mask.ndim != 2 or mask.dtype != np.bool_:
        raise TypeError(f"a mask is a 2-D bool array, not {mask.ndim}-D {mask.dtype}")
    flat = mask.ravel()
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    bounds = np.concatenate([[0], turns, [flat.size]])
    runs = np.diff(bounds)
    if flat.size and flat[0]:
        runs = np.concatenate([[0], runs])
    return runs.astype("<u4").tobytes()


def digest_of(runs: bytes, shape: tuple[int, int]) -> str:
    """Return the sha256 that names a mask: of its shape and runs."""
    return hashlib.sha256(b"%dx%d:" % shape + runs).hexdigest()


def pack(runs: bytes) -> bytes:
    """Compress run lengths."""
    return zlib.compress(runs)


def is_frame(shape: tuple[int, int]) -> bool:
    """Say whether a frame can be of this (H, W): no image that we read is larger."""
    return min(shape) > 0 and shape[0] * shape[1] <= MOST_PIXELS


def unpack(blob: object, shape: tuple[int, int], digest: str | None = None) -> Mask:
    """Return the (H, W) bool mask that `runs_of` and `pack` wrote.

    Parameters
    ----------
    blob
        As it was found, which may be anything.
    shape
        (H, W).
    digest
        What `digest_of` gave; None proves nothing.

    Raises
    ------
    ValueError
        If the bytes are damaged. No more is taken out of them than such a mask needs.
    """
    if not isinstance(blob, bytes) or not is_frame(shape):
        raise ValueError("it holds no mask")
    size = shape[0] * shape[1]
    inside = _inflate(blob, min(4 * (size + 1), MOST_PIXELS))
    if digest is not None and digest_of(inside, shape) != digest:
        raise ValueError("it is not the mask that was written")
    runs = np.frombuffer(inside, dtype="<u4")
    if int(runs.sum(dtype=np.int64)) != size:
        raise ValueError("the runs do not fill the frame")
    values = np.zeros(runs.size, np.bool_)
    values[1::2] = True
    return np.repeat(values, runs).reshape(shape)


def _inflate(blob: bytes, most: int) -> bytes:
    unzip = zlib.decompressobj()
    try:
        inside = unzip.decompress(blob, most + 1)
    except zlib.error as error:
        raise ValueError("its bytes do not decompress") from error
    if len(inside) > most or not unzip.eof or unzip.unused_data:
        raise ValueError("its bytes do not decompress to a mask of its frame")
    return inside


@dataclass(frozen=True)
class PackedMask:
    """A mask in a few hundred bytes, so that thousands of them fit in memory.

    Attributes
    ----------
    runs
        As `pack` returns them.
    shape
        (H, W).
    digest
        As `digest_of` returns it.
    """

    runs: bytes
    shape: tuple[int, int]
    digest: str

    @classmethod
    def of(cls, mask: Mask) -> PackedMask:
        """Pack a (H, W) bool mask."""
        height, width = mask.shape
        runs = runs_of(mask)
        return cls(pack(runs), (height, width), digest_of(runs, (height, width)))

    def mask(self) -> Mask:
        """Return the (H, W) bool mask."""
        return unpack(self.runs, self.shape)
