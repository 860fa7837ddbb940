"""The command line in this process, and a data set for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.toys import disc, smooth_frame, write_kaggle
from training.cli import main

SHAPE = (64, 80)


def run(*words: str | Path) -> int:
    """Run ``nerveseg`` in this process."""
    return main([str(word) for word in words])


def listing(folder: Path) -> list[str]:
    """Everything below a folder, to compare before and after."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with what is in it, to compare before and after."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def write_subjects(folder: Path) -> Path:
    """Write five subjects of four frames; 1_1 and 1_2 differ in their masks alone."""
    nerve, empty = disc(SHAPE, (30, 40), 12), np.zeros(SHAPE, bool)
    frames = {
        f"{subject}_{index}": (
            smooth_frame(10 * subject + index, SHAPE),
            nerve if index % 2 else empty,
        )
        for subject in range(1, 6)
        for index in range(1, 5)
    }
    frames["1_2"] = (frames["1_1"][0].copy(), empty)
    frames["1_2"][0][0, 0] ^= 1
    return write_kaggle(folder, frames)
