"""When the masks of duplicate frames disagree, and how.

A *pair* conflicts if one mask is empty and the other is not
(``empty-versus-nerve``), or if both show a nerve and their Dice is below a setting
(``shape``). A *group* conflicts by its worst kind: ``empty-versus-nerve`` if any two
of its members are so, similar enough themselves or not (a chain from an empty frame
to a nerve passes such a pair or a frame without a mask, so somebody must look);
``shape`` only if two frames above the threshold are so, because along a slow sweep
the ends of a chain are different pictures with rightly different masks. A missing
mask is no opinion and conflicts with nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.store.words import FINAL, SHAPE_DICE
from ..errors import InputError

Mask = NDArray[Any]

EMPTY_VERSUS_NERVE = "empty-versus-nerve"
SHAPE = "shape"
#: The kinds of conflict, the worst first.
KINDS = (EMPTY_VERSUS_NERVE, SHAPE)
#: A group disagrees, or it is settled; see `state_of`.
OPEN, RESOLVED = "open", "resolved"


@dataclass(frozen=True)
class Patch:
    """A mask cut to its bounding box, so that thousands of them fit into memory."""

    shape: tuple[int, ...]
    top: int
    left: int
    pixels: Mask
    area: int

    @classmethod
    def of(cls, mask: Mask) -> Patch:
        """Cut a (H, W) mask, true (or not zero) inside."""
        inside = np.asarray(mask, bool)
        rows = np.flatnonzero(inside.any(axis=1))
        if rows.size == 0:
            return cls(inside.shape, 0, 0, np.zeros((0, 0), bool), 0)
        top = int(rows[0])
        band = inside[top : rows[-1] + 1]
        columns = np.flatnonzero(band.any(axis=0))
        left = int(columns[0])
        pixels = band[:, left : columns[-1] + 1].copy()
        return cls(inside.shape, top, left, pixels, int(np.count_nonzero(pixels)))

    def moved(self, top: int, left: int, shape: tuple[int, ...]) -> Patch:
        """Return the same pixels so far down and to the right in a frame of a shape."""
        return Patch(shape, self.top + top, self.left + left, self.pixels, self.area)

    def overlap(self, other: Patch) -> int:
        """Return the number of pixels inside both masks."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom = min(self.top + self.pixels.shape[0], other.top + other.pixels.shape[0])
        right = min(
            self.left + self.pixels.shape[1], other.left + other.pixels.shape[1]
        )
        if bottom <= top or right <= left:
            return 0
        mine = self._window(top, bottom, left, right)
        return int(np.count_nonzero(mine & other._window(top, bottom, left, right)))

    def _window(self, top: int, bottom: int, left: int, right: int) -> Mask:
        rows = slice(top - self.top, bottom - self.top)
        return self.pixels[rows, left - self.left : right - self.left]


def patch_dice(a: Patch, b: Patch) -> float:
    """Return 2 |A and B| / (|A| + |B|), and 1 if both are empty."""
    if a.shape != b.shape:
        raise InputError(
            f"Two masks of one size of frame are {a.shape} and {b.shape}; give each "
            "mask its frame's size."
        )
    both = a.area + b.area
    return 1.0 if both == 0 else 2 * a.overlap(b) / both


def compare_masks(
    areas: tuple[int | None, int | None],
    dice: Callable[[], float | None],
    shape_dice: float,
) -> tuple[str | None, float | None]:
    """Return how the masks of two duplicate frames disagree, and their Dice.

    Parameters
    ----------
    areas
        Their pixels; None for a missing mask.
    dice
        Asked only where both show a nerve; it may not know.
    shape_dice
        Two nerves conflict below this Dice, 0 to 1.

    Returns
    -------
    kind
        One of `KINDS`; None if they agree, or if that cannot be told.
    dice
        None if that cannot be told.
    """
    if None in areas:
        return None, None
    if 0 in areas:
        return (None, 1.0) if areas == (0, 0) else (EMPTY_VERSUS_NERVE, 0.0)
    found = dice()
    return (SHAPE if found is not None and found < shape_dice else None), found


def conflict_kind(
    mask_a: Mask | None, mask_b: Mask | None, shape_dice: float = SHAPE_DICE
) -> str | None:
    """Return how the masks of two duplicate frames disagree.

    Parameters
    ----------
    mask_a, mask_b
        (H, W) bool, or None for a missing mask.
    shape_dice
        Two nerves conflict below this Dice, 0 to 1.

    Returns
    -------
    str or None
        One of `KINDS`; None if the masks agree or one is missing.

    Raises
    ------
    InputError
        If the masks differ in size.
    """
    if mask_a is None or mask_b is None:
        return None
    a, b = Patch.of(mask_a), Patch.of(mask_b)
    dice = patch_dice(a, b)
    return compare_masks((a.area, b.area), lambda: dice, shape_dice)[0]


def mask_dice(mask_a: Mask, mask_b: Mask) -> float:
    """Return the Dice of two (H, W) masks, 1 if both are empty.

    Raises
    ------
    InputError
        If the masks differ in size.
    """
    return patch_dice(Patch.of(mask_a), Patch.of(mask_b))


def group_conflict(
    kinds: Iterable[str | None], areas: Iterable[int | None]
) -> str | None:
    """Return a group's kind of conflict; the module's text says what counts.

    Parameters
    ----------
    kinds
        Those of the group's pairs above the threshold.
    areas
        The pixels of the members' masks, None where one is missing.
    """
    found = set(kinds)
    if len({area == 0 for area in areas if area is not None}) > 1:
        found.add(EMPTY_VERSUS_NERVE)
    return next((kind for kind in KINDS if kind in found), None)


def state_of(kind: str | None, verdict: str | None) -> str:
    """Return whether a group is still to be decided.

    Parameters
    ----------
    kind
        What its masks disagree in now (excluded frames apart), see `group_conflict`.
    verdict
        The newest in effect on all of it. Only those of `FINAL` settle it whatever the
        masks say: with ``redraw`` it is open until somebody has drawn, with any other
        if a frame was edited since.

    Returns
    -------
    str
        `OPEN` or `RESOLVED`.
    """
    return RESOLVED if kind is None or verdict in FINAL else OPEN
