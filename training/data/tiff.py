"""TIFF files as they are stored: frames of any kind of stack."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .costs import MOST_BYTES, ROOM, too_large
from .orientation import upright, upright_shape
from .tiff_header import Directory, Tiff, damaged, open_tiff
from .tiff_pages import Plane, grey_planes, planes_of
from .tiff_pixels import page_pixels

#: What a TIFF's colours may be.
WHITE_IS_ZERO, PALETTE = 0, 3


class Raw(NamedTuple):
    """A decoded frame: ``pixels`` (H, W) or (H, W, C), upright, and how to show them.

    ``palette`` is (n, 3) uint8 where the pixels are indices into it, else None.
    ``inverted`` says that zero is white (TIFF's MINISWHITE). ``maybe_frames`` says
    that the channels may be grey frames that were saved as planes of one in RGB.
    ``orientation`` is what the file said (1 to 8, as in EXIF), already obeyed.
    """

    pixels: NDArray[Any]
    palette: NDArray[np.uint8] | None = None
    inverted: bool = False
    maybe_frames: bool = False
    orientation: int = 1


def read_tiff(path: Path, page: int | None) -> Raw:
    """Decode one frame of a TIFF; see `read_raw`."""
    planes = planes_of(path, page)
    with open_tiff(path) as tiff:
        pages = [_checked(tiff, path, plane) for plane in planes]
        first, cost = pages[0], sum(page.cost for page in pages)
        if cost > MOST_BYTES:
            raise too_large(path, *first.shape)
        with ROOM.taken(cost):
            parts = [
                _plane(tiff, page, plane, path)
                for page, plane in zip(pages, planes, strict=True)
            ]
            if len({part.shape for part in parts}) > 1:
                raise damaged(path, "the channels of a frame have different sizes")
            pixels = parts[0] if len(parts) == 1 else np.dstack(parts)
            palette = _palette(first, pixels, path) if len(parts) == 1 else None
            if palette is not None and pixels.dtype == np.bool_:
                pixels = pixels.astype(np.uint8)  # indices, not a choice
            return Raw(
                upright(pixels, first.orientation),
                palette,
                first.number(262, 1) == WHITE_IS_ZERO,
                grey_planes(first) > 0,
                first.orientation,
            )


def tiff_shape(path: Path, page: int | None) -> tuple[int, int]:
    """Return (H, W) of a frame that stands upright; see `image_shape`."""
    directory = _directory(path, planes_of(path, page)[0])
    return upright_shape(directory.shape, directory.orientation)


def tiff_orientation(path: Path, page: int | None) -> int:
    """Return what a frame's page says; see `orientation_of`."""
    return _directory(path, planes_of(path, page)[0]).orientation


def _directory(path: Path, plane: Plane) -> Directory:
    with open_tiff(path) as tiff:
        return _checked(tiff, path, plane)


def _checked(tiff: Tiff, path: Path, plane: Plane) -> Directory:
    if plane.offset == 0:
        raise damaged(path, "the page that its description speaks of is not there")
    directory = tiff.directory(plane.offset)
    directory.check(path)
    return directory


def _plane(tiff: Tiff, page: Directory, plane: Plane, path: Path) -> NDArray[Any]:
    pixels = page_pixels(tiff, page, plane.nth, path)
    return (
        pixels if plane.sample < 0 else np.ascontiguousarray(pixels[..., plane.sample])
    )


def _palette(
    page: Directory, pixels: NDArray[Any], path: Path
) -> NDArray[np.uint8] | None:
    if page.number(262, 1) != PALETTE or not page.count(320):
        return None
    if pixels.dtype.kind not in "bu":
        raise damaged(path, "it has a palette, and no whole numbers to look up in it")
    colours = np.array(page.numbers(320), np.uint16).reshape(3, -1)
    return (colours.T >> 8).astype(np.uint8)
