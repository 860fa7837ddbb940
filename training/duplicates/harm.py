"""What a conflict costs: the competition Dice that a perfect model loses by it.

A *perfect model* answers by the picture alone, and knows what people draw on it. For
frame i it gives the one mask that agrees best with the masks of i and of the frames
listed as similar to i: of the empty mask, these masks themselves (if they are 50 at
most), and the pixels in all, in more than half and in any of them, the one with the
greatest sum of Dice (both empty counts 1, as in the competition; of equals the one that
agrees best with the frames two steps away, then the first). Its *loss* on frame i is
1 - Dice of that answer and i's own mask. The *harm* of a group is the sum of the
losses of its frames, in frames; over the frames with masks of the whole data set it
is the Dice that the score loses. A pair of an empty mask and a nerve costs one frame;
two nerves of Dice d at most 1 - d.

Only listed pairs count: the ends of a slow sweep are different pictures, for which
different masks are right. No model can be asked for more than the answer above, and
on pairs this one has seen the very masks that it is held against, so the harm is a
floor of what a trained network loses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from .conflicts import Patch, patch_dice

#: Two sums of Dice nearer than this are equal.
_EQUAL = 1e-12
#: With more masks than this around a frame none of them is tried as an answer itself.
_MANY = 50


def frame_losses(
    patches: Mapping[str, Patch | None], pairs: Iterable[tuple[str, str]]
) -> dict[str, float]:
    """Return what a perfect model loses on each frame that has a similar one.

    Parameters
    ----------
    patches
        Each frame's mask; frames with None (or not named) count for nothing.
    pairs
        The similar frames.

    Returns
    -------
    dict
        Frame to loss, 0 to 1; for frames with a mask and a neighbour with one.
    """
    around: dict[str, set[str]] = {}
    for a, b in pairs:
        if patches.get(a) is not None and patches.get(b) is not None:
            around.setdefault(a, {a}).add(b)
            around.setdefault(b, {b}).add(a)
    masks = {name: mask for name, mask in patches.items() if mask is not None}
    answers: dict[tuple[frozenset[str], frozenset[str]], Patch] = {}
    losses = {}
    for frame, near in around.items():
        beyond = frozenset().union(*(around[name] for name in near))
        key = (frozenset(near), beyond)
        if key not in answers:
            answers[key] = best_answer(
                [masks[name] for name in masks if name in near],
                [masks[name] for name in masks if name in beyond],
            )
        losses[frame] = 1 - patch_dice(answers[key], masks[frame])
    return losses


def group_harm(
    patches: Mapping[str, Patch | None], pairs: Iterable[tuple[str, str]]
) -> float:
    """Return the summed `frame_losses` of a group."""
    return float(sum(frame_losses(patches, pairs).values()))


def best_answer(masks: Sequence[Patch], beyond: Sequence[Patch] = ()) -> Patch:
    """Return the mask of greatest summed Dice with these; see the module's text.

    Parameters
    ----------
    masks
        One or more, of one size.
    beyond
        Masks that decide between equals.
    """
    candidates = list(_candidates(masks))
    sums = _sums_of_dice(candidates, masks)
    equals = [
        one
        for one, total in zip(candidates, sums, strict=True)
        if total >= max(sums) - _EQUAL
    ]
    if len(equals) == 1:
        return equals[0]
    second = _sums_of_dice(equals, beyond)
    return next(
        one
        for one, total in zip(equals, second, strict=True)
        if total >= max(second) - _EQUAL
    )


def _sums_of_dice(candidates: Sequence[Patch], masks: Sequence[Patch]) -> list[float]:
    """Return each candidate's sum of Dice; of empty masks only the number matters."""
    nerves = [mask for mask in masks if mask.area]
    n_empty = len(masks) - len(nerves)
    return [
        sum(patch_dice(one, mask) for mask in nerves) if one.area else float(n_empty)
        for one in candidates
    ]


def _candidates(masks: Sequence[Patch]) -> Iterable[Patch]:
    shape = masks[0].shape
    yield Patch(shape, 0, 0, np.zeros((0, 0), bool), 0)
    nerves = [mask for mask in masks if mask.area]
    if len(masks) <= _MANY:
        yield from nerves
    if not nerves:
        return
    # Beyond the box around all of them nobody voted.
    top, left = min(mask.top for mask in nerves), min(mask.left for mask in nerves)
    bottom = max(mask.top + mask.pixels.shape[0] for mask in nerves)
    right = max(mask.left + mask.pixels.shape[1] for mask in nerves)
    votes = np.zeros((bottom - top, right - left), np.int32)
    for mask in nerves:
        height, width = mask.pixels.shape
        row, column = mask.top - top, mask.left - left
        votes[row : row + height, column : column + width] += mask.pixels
    for needed in (len(masks), len(masks) // 2 + 1, 1):
        yield Patch.of(votes >= needed).moved(top, left, shape)
