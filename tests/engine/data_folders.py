"""Folders for the tests of frames on disk."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from tests.toys import disc, smooth_frame, write_kaggle

SHAPE = (64, 80)

#: Far enough in the past for a file system's clock (ns).
LONG_AGO = 1_600_000_000_000_000_000

FRAME = smooth_frame(0, SHAPE)
MASK = disc(SHAPE, (30, 40), 12)


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file's bytes and modification time: what must not change."""
    return {
        path.relative_to(folder).as_posix(): (
            path.read_bytes(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def three_frames(folder: Path, third: str) -> Path:
    """Write 1_1 with a nerve, 1_2 with an empty mask, and a third without a mask."""
    frames = {
        "1_1": (FRAME, MASK),
        "1_2": (smooth_frame(1), np.zeros(SHAPE, bool)),
        third: (smooth_frame(2), None),
    }
    return write_kaggle(folder, frames)


def save(path: Path, pixels: np.ndarray) -> Path:
    """Write a PNG or JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def save_mask(path: Path, mask: np.ndarray = MASK) -> Path:
    """Write a mask of 0 and 255."""
    return save(path, mask.astype(np.uint8) * np.uint8(255))


def save_palette(path: Path, labels: np.ndarray, colours: list[int]) -> Path:
    """Write a PNG of indices into ``colours`` (red, green, blue, red, ...)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(labels.astype(np.uint8))
    image.putpalette(colours)
    image.save(path)
    return path


def age(path: Path, mtime_ns: int = LONG_AGO) -> None:
    """Give a file a modification time."""
    os.utime(path, ns=(mtime_ns, mtime_ns))
