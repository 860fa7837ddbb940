"""Image files as they are stored: the one place that calls a decoder."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from .costs import MOST_BYTES, MOST_PIXELS, ROOM, cost_of, too_large
from .orientation import check_jpeg, picture_orientation, upright, upright_shape
from .problems import BadFile
from .tiff import Raw, read_tiff, tiff_orientation, tiff_shape
from .tiff_header import (
    TIFF_BEGINNINGS,
    cannot_open,
    check_regular,
    damaged,
    open_tiff,
    zero_bytes,
)
from .tiff_pages import TIFF_SUFFIXES, grey_planes

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "IMAGE_SUFFIXES",
    "MOST_PIXELS",
    "Raw",
    "frames_in_colours",
    "image_shape",
    "orientation_of",
    "read_raw",
]

T = TypeVar("T")

# What is wrong with a file is said once and in words, by `BadFile`.
for _decoder in ("tifffile", "imagecodecs", "PIL"):
    logging.getLogger(_decoder).addHandler(logging.NullHandler())

#: What is opened whatever it is called, TIFF aside. Pillow knows many more: some of
#: them hold several pictures, and one is run by another program.
FORMATS = ("PNG", "JPEG", "BMP")

#: Bytes of a pixel in Pillow's modes of more than eight bits.
_N_BYTES = {"I;16": 2, "I": 4, "F": 4}

#: What a data set reads.
IMAGE_SUFFIXES = TIFF_SUFFIXES | {".png", ".jpg", ".jpeg"}


def read_raw(path: Path, page: int | None = None) -> Raw:
    """Decode one frame of an image file, and turn it upright.

    Parameters
    ----------
    path
        A TIFF, PNG or JPEG file.
    page
        The frame of a TIFF, from 0, in the order that `n_frames` counts (time before
        depth); None is the first. Its channels are the last axis.

    Raises
    ------
    BadFile
        If the file is missing, empty, cut short, damaged, no regular file, or has no
        such page, or if decoding would take more than `MOST_BYTES`.
    """
    return _guarded(path, page, read_tiff, _picture)


def image_shape(path: Path, page: int | None = None) -> tuple[int, int]:
    """Return (H, W) of an upright frame from its header; raises as `read_raw`."""
    return _guarded(path, page, tiff_shape, _picture_shape)


def orientation_of(path: Path, page: int | None = None) -> int:
    """Return the EXIF orientation in a file's header, which `read_raw` obeys.

    Returns
    -------
    int
        1 to 8; 1 is upright, and stands for anything that is not defined.

    Raises
    ------
    BadFile
        If the file cannot be opened, or is no TIFF in spite of its name.
    """
    return _guarded(path, page, tiff_orientation, _picture_orientation)


def frames_in_colours(path: Path) -> int:
    """Return how many grey frames a file may hold as planes of one in colour, or 0."""
    try:
        with open_tiff(path) as tiff:
            return grey_planes(tiff.directory(tiff.first))
    except BadFile:
        return 0


def _guarded(
    path: Path,
    page: int | None,
    tiff: Callable[[Path, int | None], T],
    picture: Callable[[Path], T],
) -> T:
    try:
        check_regular(path, path.stat().st_mode)
        return tiff(path, page) if _is_tiff(path) else picture(path)
    except BadFile:
        raise
    except Exception as error:  # a damaged file makes decoders raise anything
        raise _explained(path, error) from error


def _is_tiff(path: Path) -> bool:
    """Say whether it is a TIFF: by its name, or inside in spite of its name."""
    if path.suffix.lower() in TIFF_SUFFIXES:
        return True
    with path.open("rb") as file:
        return file.read(4) in TIFF_BEGINNINGS


def _explained(path: Path, error: Exception) -> BadFile:
    try:
        if path.stat().st_size == 0:
            return zero_bytes(path)
        with path.open("rb"):
            pass
    except OSError as opening:
        return cannot_open(path, opening)
    except ValueError as name:  # of a file that there cannot be
        return damaged(path, str(name))
    if isinstance(error, MemoryError):
        return damaged(path, "it asks for more memory than there is")
    text = " ".join(str(error).split()).replace(str(path), path.name)
    return damaged(path, text.rstrip(".") or type(error).__name__)


def _picture(path: Path) -> Raw:
    data = _read_whole(path)
    turn = picture_orientation(io.BytesIO(data))
    with _opened(path, io.BytesIO(data)) as image:
        n_bytes = _N_BYTES.get(image.mode, len(image.getbands()))
        if deep := image.format == "PNG" and _is_deep_colour(data):
            n_bytes *= 2
        cost = cost_of(image.height, image.width, n_bytes)
        if cost > MOST_BYTES:
            raise too_large(path, image.height, image.width)
        with ROOM.taken(cost):
            raw = Raw(_deep_png(data)) if deep else _as_stored(image)
            pixels = upright(raw.pixels, turn)
    return raw._replace(pixels=pixels, orientation=turn)


def _read_whole(path: Path) -> bytes:
    """Return a picture's bytes; no more are read than it may have decoded."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if not data:
        raise zero_bytes(path)
    if len(data) > MOST_BYTES:
        raise damaged(path, f"it has more than {MOST_BYTES >> 20} MB")
    if data[:2] == b"\xff\xd8":
        check_jpeg(data)
    return data


def _opened(path: Path, source: BinaryIO) -> Image.Image:
    from PIL import Image, UnidentifiedImageError

    quiet = ("ignore", None, Warning, re.compile(r"PIL\."), 0)
    if quiet not in warnings.filters:  # to set it anew empties Python's caches
        warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        image = Image.open(source, formats=FORMATS)
    except UnidentifiedImageError:
        kinds = ", ".join(("TIFF", *FORMATS[:-1]))
        why = f"it is no {kinds} or {FORMATS[-1]} inside"
        raise damaged(path, why) from None
    except Image.DecompressionBombError:
        why = "its header speaks of more pixels than a frame may have"
        raise damaged(path, why) from None
    pages = getattr(image, "n_frames", 1)
    if image.format == "PNG" and pages > 1:
        image.close()
        raise BadFile(
            path, "unreadable", f"holds {pages} pictures: save them as a TIFF's pages."
        )
    return image


def _as_stored(image: Image.Image) -> Raw:
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


def _is_deep_colour(data: bytes) -> bool:
    """Say whether a PNG has 16 bits and several channels: Pillow keeps only 8."""
    depth, kind = data[24:26]
    return depth == 16 and kind != 0


def _deep_png(data: bytes) -> NDArray[Any]:
    import imagecodecs

    return np.asarray(imagecodecs.png_decode(data))


def _picture_shape(path: Path) -> tuple[int, int]:
    with path.open("rb") as file:
        turn = picture_orientation(file)
        file.seek(0)
        with _opened(path, file) as image:
            return upright_shape((image.height, image.width), turn)


def _picture_orientation(path: Path) -> int:
    with path.open("rb") as file:
        return picture_orientation(file)
