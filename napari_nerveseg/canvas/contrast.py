"""Other views of a frame's grey levels; the frame itself is never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

RAW, EQUALISED, CLAHE, GAMMA, SMOOTH = "raw", "equalised", "CLAHE", "gamma", "smooth"
#: The views in the order in which one key goes through them.
VIEWS = (RAW, EQUALISED, CLAHE, GAMMA, SMOOTH)


@dataclass(frozen=True)
class Contrast:
    """One view and the settings of all.

    Parameters
    ----------
    view
        One of `VIEWS`.
    clip
        How much CLAHE may stretch the grey levels of a tile, above 0 and up to 1.
    tile
        Side of CLAHE's tiles in pixels.
    gamma
        Exponent of the grey levels on a scale from 0 to 1; below 1 is brighter.
    window
        Side in pixels, odd, over which speckle is smoothed.
    """

    view: str = RAW
    clip: float = 0.01
    tile: int = 64
    gamma: float = 0.7
    window: int = 5

    def is_sound(self) -> bool:
        """Say whether a frame can be shown so."""
        return (
            self.view in VIEWS
            and 0 < self.clip <= 1
            and 0 < self.tile <= 4096
            and 0 < self.gamma <= 10
            and 0 < self.window <= 99
        )

    def words(self) -> str:
        """Return what is shown, in a few words with its settings."""
        return {
            RAW: "raw",
            EQUALISED: "histogram equalised",
            CLAHE: f"CLAHE, clip {self.clip:.3f}, tile {self.tile} px",
            GAMMA: f"gamma {self.gamma:.2f}",
            SMOOTH: f"speckle smoothed over {self.window} px",
        }[self.view]


def seen(frame: Picture, contrast: Contrast) -> Picture:
    """Return the frame as this view shows it.

    Parameters
    ----------
    frame
        (H, W) uint8.

    Returns
    -------
    ndarray
        (H, W) uint8; ``frame`` itself if it is shown raw.
    """
    if contrast.view == EQUALISED:
        return equalised(frame)
    if contrast.view == CLAHE:
        return clahe(frame, contrast.clip, contrast.tile)
    if contrast.view == GAMMA:
        return gamma(frame, contrast.gamma)
    if contrast.view == SMOOTH:
        return speckle_smoothed(frame, contrast.window)
    return frame


def equalised(frame: Picture) -> Picture:
    """Return ``frame`` with every grey level about equally frequent."""
    counts = np.bincount(frame.ravel(), minlength=256)
    rank = np.cumsum(counts) / frame.size
    return _grey(rank)[frame]


def clahe(frame: Picture, clip: float, tile: int) -> Picture:
    """Return ``frame`` equalised tile by tile, with limited contrast.

    Parameters
    ----------
    frame
        (H, W) uint8.
    clip
        scikit-image's ``clip_limit``, in (0, 1].
    tile
        Side of a tile in pixels.

    References
    ----------
    Zuiderveld (1994), "Contrast limited adaptive histogram equalization",
    Graphics Gems IV, 474-485.
    """
    from skimage.exposure import equalize_adapthist

    side = [min(tile, length) for length in frame.shape]
    shown = equalize_adapthist(frame, kernel_size=side, clip_limit=clip)
    return _grey(shown)


def gamma(frame: Picture, exponent: float) -> Picture:
    """Return ``frame`` with its grey levels, from 0 to 1, to the power ``exponent``."""
    return _grey(np.linspace(0, 1, 256) ** exponent)[frame]


def speckle_smoothed(frame: Picture, window: int) -> Picture:
    """Return ``frame`` with less speckle and its edges kept.

    A pixel comes the nearer to the mean of its window, the less the window varies
    beyond what multiplicative noise explains; the noise is that of the median window.

    Parameters
    ----------
    frame
        (H, W) uint8.
    window
        Side in pixels, odd.

    References
    ----------
    Lee (1980), "Digital image enhancement and noise filtering by use of local
    statistics", doi:10.1109/TPAMI.1980.4766994.
    """
    from scipy.ndimage import uniform_filter

    grey = frame.astype(np.float32)
    mean = uniform_filter(grey, window)
    variance = np.maximum(uniform_filter(grey * grey, window) - mean * mean, 0)
    relative = variance / np.maximum(mean * mean, 1)
    noise = np.median(relative) * mean * mean
    weight = np.maximum(variance - noise, 0) / np.maximum(variance, 1e-3)
    return _grey((mean + weight * (grey - mean)) / 255)


def _grey(share: npt.NDArray[Any]) -> Picture:
    """Return shares of white from 0 to 1 as grey levels."""
    levels: Picture = np.rint(255 * share).clip(0, 255).astype(np.uint8)
    return levels
