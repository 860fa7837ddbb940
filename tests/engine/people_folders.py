"""Folders as other people have them, with what is the truth about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from tests.toys import disc

SHAPE = (48, 64)


def picture(seed: int) -> np.ndarray:
    """Return a frame with every grey from 0 to 255, (48, 64) uint8."""
    rng = np.random.default_rng(seed)
    wave = np.linspace(0, 255, SHAPE[0] * SHAPE[1]).reshape(SHAPE)
    noise = rng.normal(0, 6, SHAPE)
    found = np.clip(np.roll(wave, 7 * seed, 1) + noise, 0, 255).astype(np.uint8)
    found[0, :2] = 0, 255
    return found


def nerve(seed: int) -> np.ndarray:
    """Return the mask of a frame, (48, 64) bool, another one for each seed."""
    return disc(SHAPE, (14 + seed % 9, 16 + 2 * (seed % 11)), 7)


def white(mask: np.ndarray, on: int = 255) -> np.ndarray:
    return mask.astype(np.uint8) * np.uint8(on)


def write(path: Path, pixels: np.ndarray, **how: Any) -> Path:
    """Write TIFF, PNG or JPEG by the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() in (".tif", ".tiff"):
        tifffile.imwrite(path, pixels, **({"photometric": "minisblack"} | how))
    else:
        Image.fromarray(pixels).save(path, **how)
    return path


@dataclass
class Truth:
    """What a folder is to give.

    Attributes
    ----------
    masks
        FrameId to mask; None is a missing one.
    subjects
        FrameId to subject; without an entry there is none.
    problems
        Kinds of problems that must be named, and no others.
    frames
        FrameId to pixels, where they are compared.
    """

    masks: Mapping[str, np.ndarray | None]
    subjects: Mapping[str, str] = field(default_factory=dict)
    problems: frozenset[str] = frozenset()
    frames: Mapping[str, np.ndarray] = field(default_factory=dict)
