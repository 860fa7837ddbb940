"""Frames in small, with their mask on them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QColor, QIcon, QImage, QPixmap
from scipy.ndimage import binary_dilation

from .. import _engine
from . import colours

#: (width, height) of a thumbnail in pixels.
SIZE = (96, 68)


def untinted(picture: QPixmap) -> QIcon:
    """Return an icon that a selected row does not tint: it shows grey levels."""
    icon = QIcon(picture)
    icon.addPixmap(picture, QIcon.Mode.Selected)
    return icon


def thumbnail(session: Any, frame: str, colour: str = colours.GROUND_TRUTH) -> QPixmap:
    """Return a frame in small with the outline of its mask; grey if it is unreadable.

    Parameters
    ----------
    session
        The document.
    frame
        The frame.
    colour
        Of the outline.
    """
    try:
        pixels = session.frame(frame)
    except _engine.InputError:
        blank = QPixmap(*SIZE)
        blank.fill(QColor("#555555"))
        return blank
    return draw(pixels, session.mask(frame), colour)


def draw(
    pixels: NDArray[np.uint8],
    mask: NDArray[np.bool_] | None,
    colour: str = colours.GROUND_TRUTH,
) -> QPixmap:
    """Return (H, W) grey levels in small, with the outline of ``mask``."""
    step = max(1, -(-pixels.shape[1] // SIZE[0]), -(-pixels.shape[0] // SIZE[1]))
    rgb = np.repeat(pixels[::step, ::step, np.newaxis], 3, axis=2)
    if mask is not None and mask.any():
        small = _shrunk(mask, step, rgb.shape[:2])
        outline = binary_dilation(small) & ~small
        tint = QColor(colour)
        rgb[outline] = tint.red(), tint.green(), tint.blue()
    height, width = rgb.shape[:2]
    shown = np.ascontiguousarray(rgb)
    image = QImage(shown.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image.copy())


def _shrunk(
    mask: NDArray[np.bool_], step: int, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return which blocks of ``step`` pixels hold any of the mask: small ones stay."""
    height, width = mask.shape
    padded = np.zeros((shape[0] * step, shape[1] * step), dtype=bool)
    padded[:height, :width] = mask
    blocks = padded.reshape(shape[0], step, shape[1], step)
    return np.asarray(blocks.any(axis=(1, 3)))
