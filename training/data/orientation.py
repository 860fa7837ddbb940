"""How a picture has to be turned to stand upright, as cameras and scanners say it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .tiff_header import Tiff

_PNG, _EXIF, _LONGEST = b"\x89PNG\r\n\x1a\n", b"Exif\0\0", 1 << 20

#: Parts of a PNG, or of a JPEG before its pixels; a decoder takes long for each.
MOST_PARTS = 1 << 16

#: Times that a JPEG may go over its picture; programs write about ten.
MOST_SCANS = 100

#: Markers of a JPEG that end what comes before its pixels, and that have no length.
_LAST, _BARE = {0xD9, 0xDA}, {0x00, 0x01, 0xFF, *range(0xD0, 0xD9)}


def picture_orientation(file: BinaryIO) -> int:
    """Return the EXIF orientation of a JPEG or PNG, 1 to 8, reading no pixel.

    1 (upright) stands for a file that says nothing, or nothing that is defined.

    Raises
    ------
    ValueError
        If the file has more than `MOST_PARTS`.
    """
    file.seek(0)
    head = file.read(8)
    if head == _PNG:
        parts = _png_parts(file)
    else:
        parts = _jpeg_parts(file) if head[:2] == b"\xff\xd8" else iter(())
    found = b""
    for number, part in enumerate(parts):
        if number > MOST_PARTS:
            raise ValueError(f"it has more than {MOST_PARTS} parts")
        found = found or part
    exif = found.removeprefix(_EXIF)
    try:
        tiff = Tiff(exif, len(exif))
        return tiff.directory(tiff.first).orientation
    except (ValueError, struct.error):
        return 1


def check_jpeg(data: bytes) -> None:
    """Refuse a JPEG that a decoder would be at for minutes; raise ValueError."""
    if data.count(b"\xff\xda") > MOST_SCANS:
        raise ValueError(f"it draws its picture more than {MOST_SCANS} times")
    picture_orientation(io.BytesIO(data))


def _png_parts(file: BinaryIO) -> Iterator[bytes]:
    """Yield the EXIF of each chunk, which may lie before or behind the pixels."""
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        kept = min(length, _LONGEST) if kind == b"eXIf" else 0
        yield file.read(kept)
        file.seek(length - kept + 4, 1)


def _jpeg_parts(file: BinaryIO) -> Iterator[bytes]:
    """Yield the EXIF of each segment."""
    file.seek(2)
    while len(head := file.read(4)) == 4:
        mark, kind, length = struct.unpack(">BBH", head)
        if mark != 0xFF or kind in _LAST:
            break
        if kind in _BARE:  # markers may be padded
            file.seek(-3 if kind == 0xFF else -2, 1)
            yield b""
            continue
        if length < 2:
            break
        data = file.read(length - 2)
        yield data if kind == 0xE1 and data.startswith(_EXIF) else b""


def upright(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn and flip (H, W) or (H, W, C) pixels as an EXIF orientation asks for."""
    if orientation == 1:
        return pixels
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def upright_shape(shape: tuple[int, int], orientation: int) -> tuple[int, int]:
    """Return the (H, W) of `upright` pixels."""
    return shape[::-1] if orientation >= 5 else shape
