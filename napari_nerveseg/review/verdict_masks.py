"""What a verdict does to the masks of a duplicate group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .. import _engine
from .actions import Mask

Masks = Mapping[str, Mask | None]
Shape = tuple[int, int]

#: Verdicts that give every frame of the group one common mask.
COMMON = ("keep", "all-empty", "union", "intersection", "majority")


def common_masks(
    verdict: str, masks: Masks, shapes: Mapping[str, Shape], kept: str | None
) -> dict[str, Mask]:
    """Return the new mask of every frame of the group.

    Parameters
    ----------
    verdict
        One of `COMMON`. ``majority`` takes the pixels that more than half of the
        masks have; with two masks that is their intersection.
    masks
        The masks now, (H, W) bool; None where there is none. Those without one are
        not asked by union, intersection and majority, and get the result as well.
    shapes
        (H, W) of every frame.
    kept
        The frame whose mask all get, for ``keep``.

    Raises
    ------
    InputError
        If the masks cannot be combined: unequal sizes, or none there.
    """
    if verdict == "all-empty":
        return {frame: np.zeros(shapes[frame], dtype=bool) for frame in masks}
    _one_size(shapes)
    if verdict == "keep":
        common = _kept(masks, kept)
    else:
        common = _combined(verdict, [m for m in masks.values() if m is not None])
    return dict.fromkeys(masks, common)


def _one_size(shapes: Mapping[str, Shape]) -> None:
    names = list(shapes)
    for other in names[1:]:
        if shapes[other] != shapes[names[0]]:
            first, second = (f"{n} ({_size(shapes[n])})" for n in (names[0], other))
            raise _engine.InputError(
                f"The masks of {first} and {second} differ in size and cannot be"
                " combined; choose all-empty, redraw, exclude, not-duplicate or"
                " ambiguous."
            )


def _size(shape: Shape) -> str:
    return f"{shape[0]} x {shape[1]}"


def _kept(masks: Masks, kept: str | None) -> Mask:
    if kept is None or kept not in masks:
        raise _engine.InputError(
            f"The verdict keep needs one frame of {', '.join(masks)}; choose whose mask"
            " to keep."
        )
    mask = masks[kept]
    if mask is None:
        raise _engine.InputError(
            f"Frame {kept} has no mask that could be kept; paint one, or keep another"
            " frame's."
        )
    return mask


def _combined(verdict: str, masks: Sequence[Mask]) -> Mask:
    if not masks:
        raise _engine.InputError(
            f"No frame of the group has a mask, so there is nothing for {verdict};"
            " paint one first."
        )
    votes = np.stack(masks).sum(axis=0, dtype=np.int32)
    least = {
        "union": 1,
        "intersection": len(masks),
        "majority": len(masks) // 2 + 1,
    }[verdict]
    result: Mask = np.greater_equal(votes, least)
    return result
