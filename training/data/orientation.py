"""How a picture has to be turned to stand upright, as cameras and scanners say it."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .tiff_header import Tiff

_PNG, _EXIF = b"\x89PNG\r\n\x1a\n", b"Exif\0\0"


def picture_orientation(path: Path) -> int:
    """Return the EXIF orientation of a JPEG or PNG, 1 to 8, reading no pixel.

    1 (upright) stands for a file that says nothing, or nothing that is defined.
    """
    with path.open("rb") as file:
        head = file.read(8)
        try:
            if head == _PNG:
                exif = _png_exif(file)
            else:
                exif = _jpeg_exif(file) if head[:2] == b"\xff\xd8" else b""
            exif = exif.removeprefix(_EXIF)
            tiff = Tiff(exif, len(exif))
            return tiff.directory(tiff.first).orientation
        except (ValueError, struct.error):
            return 1


def _png_exif(file: BinaryIO) -> bytes:
    while len(head := file.read(8)) == 8:  # before or behind the pixels
        length, kind = struct.unpack(">I4s", head)
        if kind == b"eXIf":
            return file.read(length)
        file.seek(length + 4, 1)
    return b""


def _jpeg_exif(file: BinaryIO) -> bytes:
    file.seek(2)
    while len(head := file.read(4)) == 4:
        while head[:2] == b"\xff\xff":  # markers may be padded
            head = head[1:] + file.read(1)
        mark, kind, length = struct.unpack(">BBH", head)
        if mark != 0xFF or kind in {0xD9, 0xDA} or length < 2:
            break
        data = file.read(length - 2)
        if kind == 0xE1 and data.startswith(_EXIF):
            return data
    return b""


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
