"""Small data sets that a test can read at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tifffile
from scipy.ndimage import gaussian_filter

Frame = np.ndarray
Mask = np.ndarray


def smooth_frame(seed: int, shape: tuple[int, int] = (64, 80)) -> Frame:
    """Return a (H, W) uint8 frame of seeded, smoothed noise over the full range."""
    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 3)
    noise -= noise.min()
    return (255 * noise / noise.max()).astype(np.uint8)


def disc(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> Mask:
    """Return a (H, W) bool mask that is true inside a circle."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 <= radius**2


def write_kaggle(folder: Path, frames: Mapping[str, tuple[Frame, Mask | None]]) -> Path:
    """Write ``S_I.tif`` and, where there is a mask, ``S_I_mask.tif`` (0 and 255)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (frame, mask) in frames.items():
        tifffile.imwrite(folder / f"{name}.tif", frame)
        if mask is not None:
            tifffile.imwrite(
                folder / f"{name}_mask.tif", mask.astype(np.uint8) * np.uint8(255)
            )
    return folder
