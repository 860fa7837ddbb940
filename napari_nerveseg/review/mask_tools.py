"""Tools that mend a whole mask at once; pure functions from mask to mask."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .actions import Mask

SMOOTH, GROW, SHRINK, FILL, LARGEST = (
    "smooth",
    "grow",
    "shrink",
    "fill-holes",
    "keep-largest",
)


def doubts(mask: Mask, share: float) -> str:
    """Return why a mask deserves a second look, as the end of a sentence, or nothing.

    Parameters
    ----------
    mask
        (H, W) bool.
    share
        Of the frame that a nerve may cover.
    """
    covered = float(mask.mean()) if mask.size else 0.0
    if covered > share:
        return f"covers {covered:.0%} of the frame"
    borders = (mask[0], mask[-1], mask[:, 0], mask[:, -1]) if mask.size else ()
    if borders and all(border.any() for border in borders):
        return "touches all four borders of the frame"
    return ""


def spills(before: Mask, after: Mask) -> bool:
    """Say whether a fill ran to a border of the frame: no closed outline held it.

    Parameters
    ----------
    before, after
        (H, W) bool, without and with what was filled.
    """
    new = after & ~before
    return bool(new[[0, -1]].any() or new[:, [0, -1]].any())


def smooth(mask: Mask, radius: int) -> Mask:
    """Return ``mask`` with an outline that has no detail finer than ``radius``.

    A pixel is inside if the larger part of a soft disc around it is; a mask that is
    not smaller than the disc keeps its place and about its area.

    Parameters
    ----------
    mask
        (H, W) bool.
    radius
        In pixels, at least 1; the standard deviation of the disc is half of it.
    """
    from scipy.ndimage import gaussian_filter

    soft = gaussian_filter(mask.astype(np.float32), radius / 2, mode="nearest")
    return np.asarray(soft > 0.5)


def grow(mask: Mask, radius: int) -> Mask:
    """Return the pixels that are ``radius`` or less away from ``mask``, (H, W) bool."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        return mask.copy()
    return np.asarray(distance_transform_edt(~mask) <= radius)


def shrink(mask: Mask, radius: int) -> Mask:
    """Return the pixels of ``mask`` farther than ``radius`` pixels from what is not.

    What lies beyond the frame counts as more of the same, so that a nerve that the
    frame cuts off is not eaten away at the cut.
    """
    return ~grow(~mask, radius)


def fill_holes(mask: Mask, _radius: int = 0) -> Mask:
    """Return ``mask`` with all that it encloses, (H, W) bool."""
    from scipy.ndimage import binary_fill_holes

    return np.asarray(binary_fill_holes(mask))


def keep_largest(mask: Mask, _radius: int = 0) -> Mask:
    """Return the largest connected part of ``mask``, corners touching; first of equals.

    An empty mask stays empty.
    """
    from scipy.ndimage import label

    parts, count = label(mask, structure=np.ones((3, 3)))
    if count < 2:
        return mask.copy()
    sizes = np.bincount(parts.ravel())[1:]
    return np.asarray(parts == 1 + int(sizes.argmax()))


#: The tools by the word that the history keeps; each takes mask and radius in pixels.
TOOLS: dict[str, Callable[[Mask, int], Mask]] = {
    SMOOTH: smooth,
    GROW: grow,
    SHRINK: shrink,
    FILL: fill_holes,
    LARGEST: keep_largest,
}
