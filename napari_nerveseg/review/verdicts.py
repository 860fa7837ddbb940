"""The verdicts on a duplicate group: what each is called, and does to the masks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .. import _engine
from .actions import Mask

Masks = Mapping[str, Mask | None]
Shape = tuple[int, int]


@dataclass(frozen=True)
class Verdict:
    """One thing that a reviewer may say of a group.

    Attributes
    ----------
    command, key
        Its name among the commands, and the key that it has until one is changed.
    name
        One of the engine's ``VERDICTS``.
    label, tip
        The words on its button, and the button's tooltip.
    words
        What it says of the group, for a message.
    masks
        Whether it gives every frame of the group one common mask.
    """

    command: str
    key: str
    name: str
    label: str
    tip: str
    words: str = ""
    masks: bool = False


# fmt: off
VERDICTS = (
    Verdict("verdict_keep_a", "Ctrl+1", "keep", "Keep A",
            "Keep the mask of A for all", masks=True),
    Verdict("verdict_keep_b", "Ctrl+2", "keep", "Keep B",
            "Keep the mask of B for all", masks=True),
    Verdict("verdict_all_empty", "Ctrl+3", "all-empty", "All empty",
            "No nerve in any of them", "all empty", masks=True),
    Verdict("verdict_union", "Ctrl+4", "union", "Union",
            "Union of the masks", "the union of the masks for all", masks=True),
    Verdict("verdict_intersection", "Ctrl+5", "intersection", "Intersection",
            "Intersection of the masks", "the intersection of the masks for all",
            masks=True),
    Verdict("verdict_majority", "Ctrl+6", "majority", "Majority",
            "Majority of the masks", "the majority of the masks for all", masks=True),
    Verdict("verdict_exclude", "Ctrl+7", "exclude", "Exclude all but A",
            "Exclude the chosen frames, or all but A"),
    Verdict("verdict_redraw", "Ctrl+8", "redraw", "Redraw",
            "Draw again: flag them and take the brush", "to be drawn again"),
    Verdict("verdict_ambiguous", "Ctrl+9", "ambiguous", "Ambiguous",
            "Ambiguous: leave out of training", "ambiguous, left out of training"),
    Verdict("verdict_not_duplicate", "Shift+N", "not-duplicate", "Not duplicates",
            "They are no duplicates", "not duplicates"),
)
# fmt: on

#: Verdicts that give every frame of the group one common mask.
COMMON = tuple(dict.fromkeys(one.name for one in VERDICTS if one.masks))


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
