"""Image files as they are stored: the one place that calls a decoder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from .problems import BadFile
from .tiff_pages import TIFF_SUFFIXES, cannot_open, damaged, page_offsets, zero_bytes

if TYPE_CHECKING:
    import tifffile
    from PIL import Image

T = TypeVar("T")

# What is wrong with a file is said once and in words, by `BadFile`.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

#: What a data set reads.
IMAGE_SUFFIXES = TIFF_SUFFIXES | {".png", ".jpg", ".jpeg"}

#: A TIFF that says to be larger is damaged; Pillow has the same kind of limit.
MOST_PIXELS = 1 << 28


class Raw(NamedTuple):
    """A decoded page: ``pixels`` (H, W) or (H, W, C), and how to show them.

    ``palette`` is (n, 3) uint8 where the pixels are indices into it, else None.
    ``inverted`` says that zero is white (TIFF's MINISWHITE).
    """

    pixels: NDArray[Any]
    palette: NDArray[np.uint8] | None = None
    inverted: bool = False


def read_raw(path: Path, page: int | None = None) -> Raw:
    """Decode one page of an image file.

    Raises
    ------
    BadFile
        If the file is missing, empty, cut short, damaged or has no such page.
    """
    return _guarded(path, _tiff if _is_tiff(path) else _picture, page)


def image_shape(path: Path, page: int | None = None) -> tuple[int, int]:
    """Return (H, W) from an image file's header; raises as `read_raw`."""
    return _guarded(path, _tiff_shape if _is_tiff(path) else _picture_shape, page)


def _is_tiff(path: Path) -> bool:
    return path.suffix.lower() in TIFF_SUFFIXES


def _guarded(path: Path, read: Callable[[Path, int | None], T], page: int | None) -> T:
    try:
        return read(path, page)
    except BadFile:
        raise
    except Exception as error:  # a damaged file makes decoders raise anything
        raise _explained(path, error) from error


def _explained(path: Path, error: Exception) -> BadFile:
    try:
        if path.stat().st_size == 0:
            return zero_bytes(path)
        with path.open("rb"):
            pass
    except OSError as opening:
        return cannot_open(path, opening)
    if isinstance(error, MemoryError):
        return damaged(path, "it asks for more memory than there is")
    text = " ".join(str(error).split()).replace(str(path), path.name)
    return damaged(path, text.rstrip(".") or type(error).__name__)


def _tiff(path: Path, page: int | None) -> Raw:
    import tifffile

    offset = _offset(path, page)
    with tifffile.TiffFile(path) as file:
        found = _page_at(file, offset, page)
        _check_whole(found, path)
        pixels = _channels_last(found.asarray(), found.axes)
        colours = found.colormap
        kind = tifffile.PHOTOMETRIC(found.photometric)
    palette = None
    if kind == tifffile.PHOTOMETRIC.PALETTE and colours is not None:
        palette = (np.asarray(colours).T >> 8).astype(np.uint8)
    return Raw(pixels, palette, kind == tifffile.PHOTOMETRIC.MINISWHITE)


def _offset(path: Path, page: int | None) -> int | None:
    """Return where ``page`` begins; None stands for the first page."""
    if not page:
        return None
    offsets = page_offsets(path)
    if page >= len(offsets):
        raise BadFile(
            path,
            "unreadable",
            f"has no page {page}, its pages are 0 to {len(offsets) - 1}: "
            "list the folder again.",
        )
    return offsets[page]


def _page_at(file: tifffile.TiffFile, offset: int | None, page: int | None) -> Any:
    import tifffile

    if offset is None:
        return file.pages.first
    file.filehandle.seek(offset)
    return tifffile.TiffPage(file, index=page or 0)


def _check_whole(page: Any, path: Path) -> None:
    """Refuse a file that ends before its pixels: decoders fill in zeros."""
    if page.imagewidth * page.imagelength > MOST_PIXELS:
        raise damaged(path, f"its header speaks of {page.shape} pixels")
    size = path.stat().st_size
    ends = zip(page.dataoffsets, page.databytecounts, strict=True)
    if any(count == 0 or offset + count > size for offset, count in ends):
        raise damaged(path, "it is cut short")


def _channels_last(pixels: NDArray[Any], axes: str) -> NDArray[Any]:
    return np.moveaxis(pixels, 0, -1) if axes == "SYX" else pixels


def _tiff_shape(path: Path, page: int | None) -> tuple[int, int]:
    import tifffile

    offset = _offset(path, page)
    with tifffile.TiffFile(path) as file:
        found = _page_at(file, offset, page)
        return int(found.imagelength), int(found.imagewidth)


def _picture(path: Path, _page: int | None) -> Raw:
    from PIL import Image

    with Image.open(path) as image:
        if image.format == "PNG" and _is_deep_colour(path):
            return Raw(_deep_png(path))
        if image.mode == "P":
            return Raw(np.array(image), _palette(image))
        if image.mode not in {"1", "L", "LA", "I", "I;16", "F", "RGB", "RGBA"}:
            return Raw(np.array(image.convert("RGB")))
        return Raw(np.array(image))


def _palette(image: Image.Image) -> NDArray[np.uint8]:
    colours = np.zeros((256, 3), np.uint8)
    given = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
    colours[: len(given)] = given
    return colours


def _is_deep_colour(path: Path) -> bool:
    """Say whether a PNG has 16 bits and several channels: Pillow keeps only 8."""
    with path.open("rb") as file:
        depth, kind = file.read(26)[24:]
    return depth == 16 and kind != 0


def _deep_png(path: Path) -> NDArray[Any]:
    import imagecodecs

    return np.asarray(imagecodecs.png_decode(path.read_bytes()))


def _picture_shape(path: Path, _page: int | None) -> tuple[int, int]:
    from PIL import Image

    with Image.open(path) as image:
        return image.height, image.width
