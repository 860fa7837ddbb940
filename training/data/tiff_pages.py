"""Where the pages of a TIFF begin, without decoding anything.

A frame of a multi-page file must not cost a walk along all pages before it, and
a listing must not build a TIFF object per file to learn that it has one page.
"""

from __future__ import annotations

import os
import struct
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from .problems import BadFile

TIFF_SUFFIXES = frozenset({".tif", ".tiff"})


def page_offsets(path: Path) -> tuple[int, ...]:
    """Return the byte offset of every page's directory in a TIFF file.

    Raises
    ------
    BadFile
        If the file cannot be opened, has zero bytes, or its chain of pages is
        damaged.
    """
    try:
        stat = path.stat()
        return _offsets(path, stat.st_size, (stat.st_mtime_ns, stat.st_ctime_ns))
    except OSError as error:
        raise cannot_open(path, error) from error


def cannot_open(path: Path, error: OSError) -> BadFile:
    """Say why the system did not open ``path``."""
    why = (os.strerror(error.errno) if error.errno else str(error)).lower()
    return BadFile(
        path,
        "unreadable",
        f"cannot be opened ({why}): check that it is there and that you may read it.",
    )


@lru_cache(maxsize=64)
def _offsets(path: Path, size: int, _times: tuple[int, int]) -> tuple[int, ...]:
    if size == 0:
        raise zero_bytes(path)
    with path.open("rb") as file:
        try:
            return tuple(_walk(file, size))
        except (struct.error, ValueError) as error:
            raise damaged(path, f"its chain of pages is broken: {error}") from error


def zero_bytes(path: Path) -> BadFile:
    """Say that a file is empty."""
    return BadFile(path, "zero-bytes", "has zero bytes: copy it again from its source.")


def damaged(path: Path, detail: str) -> BadFile:
    """Say that a file is no readable image."""
    return BadFile(
        path,
        "unreadable",
        f"cannot be read as an image ({detail}): copy it again from its source.",
    )


def _walk(file: BinaryIO, size: int) -> list[int]:
    header = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(header[:2])
    if order is None:
        raise ValueError("not a TIFF file")
    (version,) = struct.unpack_from(f"{order}H", header, 2)
    if version == 42:
        (offset,) = struct.unpack_from(f"{order}I", header, 4)
        count, link, tag = f"{order}H", f"{order}I", 12
    elif version == 43:  # BigTIFF
        (offset,) = struct.unpack_from(f"{order}Q", header, 8)
        count, link, tag = f"{order}Q", f"{order}Q", 20
    else:
        raise ValueError(f"unknown TIFF version {version}")
    offsets: dict[int, None] = {}
    while offset:
        if offset in offsets or offset >= size:
            raise ValueError(f"page {len(offsets)} points to nowhere")
        offsets[offset] = None
        file.seek(offset)
        (tags,) = struct.unpack(count, file.read(struct.calcsize(count)))
        file.seek(tags * tag, os.SEEK_CUR)
        (offset,) = struct.unpack(link, file.read(struct.calcsize(link)))
    if not offsets:
        raise ValueError("it has no page")
    return list(offsets)
