"""Assigns frames to folds so that what belongs together stays together.

Frames of one subject look alike, and so do near-duplicates: they form one part. Parts
are assigned whole, so that every fold gets its share of frames with a nerve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...data.parallel import in_threads
from ...errors import InputError
from ...events import OnEvent, Progress, ShouldStop


def clusters(names: Iterable[str], links: Iterable[Sequence[str]]) -> list[list[str]]:
    """Join names that are linked, directly or over others.

    Returns
    -------
    list of list
        Every name once, in the order given; names in ``links`` only are left out.
    """
    leader = {name: name for name in names}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for link in links:
        known = [name for name in link if name in leader]
        for name in known[1:]:
            leader[find(name)] = find(known[0])
    found: dict[str, list[str]] = {}
    for name in leader:
        found.setdefault(find(name), []).append(name)
    return list(found.values())


def independent_parts(
    ids: Sequence[str],
    subject: Mapping[str, str | None],
    groups: Sequence[Sequence[str]],
) -> tuple[list[list[str]], bool]:
    """Part frames into what shares neither subject nor duplicate group.

    Parameters
    ----------
    ids
        The frames.
    subject
        Of each.
    groups
        Duplicate groups, as frame ids. Subjects that share one make one part.

    Returns
    -------
    parts
        Every frame once. Where subjects make one part only, or none is known, the
        duplicate groups.
    by_subject
        Whether every part is made of whole, known subjects.
    """
    people: dict[str, list[str]] = {}
    for name in ids:
        if (whose := subject[name]) is not None:
            people.setdefault(whose, []).append(name)
    parts = clusters(ids, [*people.values(), *groups])
    if not people or len(parts) < 2:
        return clusters(ids, groups), False
    return parts, sum(map(len, people.values())) == len(ids)


def assign_parts(
    parts: Sequence[Sequence[str]], k: int, seed: int, is_nerve: Mapping[str, bool]
) -> list[list[str]]:
    """Assign parts to ``k`` folds, alike in size and in share of nerve frames.

    Parameters
    ----------
    parts
        Lists of frame ids, at least ``k``; each stays whole.
    k
        Two or more.
    seed
        Of the choice among equals.
    is_nerve
        Whether a frame shows a nerve; one that is not in it does not.

    Returns
    -------
    list of list of str
        ``k`` lists of frame ids, none of them empty.

    References
    ----------
    scikit-learn's ``StratifiedGroupKFold``.
    """
    names = [name for part in parts for name in part]
    part_of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    nerve = np.array([is_nerve.get(name, False) for name in names])
    fold = _stratified(part_of, nerve, k, seed)
    fold = _none_empty(fold, np.array([len(part) for part in parts]), k)
    order = np.random.default_rng([seed, len(parts)]).permutation(k)
    return [
        [
            name
            for part, own in zip(parts, fold, strict=True)
            if own == one
            for name in part
        ]
        for one in order
    ]


def _stratified(
    part_of: NDArray[np.int64], nerve: NDArray[np.bool_], k: int, seed: int
) -> NDArray[np.int64]:
    """Return the fold of each part."""
    from sklearn.model_selection import StratifiedGroupKFold

    # A class with fewer frames than folds cannot be stratified: then only sizes are.
    rare = min(nerve.sum(), (~nerve).sum()) < k
    classes = np.zeros_like(nerve) if rare else nerve
    folds = StratifiedGroupKFold(k, shuffle=True, random_state=seed % 2**32)
    fold = np.zeros(part_of.max() + 1, np.int64)
    for number, (_, held) in enumerate(folds.split(nerve, classes, part_of)):
        fold[part_of[held]] = number
    return fold


def _none_empty(
    fold: NDArray[np.int64], sizes: NDArray[np.int64], k: int
) -> NDArray[np.int64]:
    """Move the smallest part of the fullest fold to a fold that got none."""
    fold = fold.copy()
    for empty in set(range(k)) - set(fold.tolist()):
        counts = np.bincount(fold, minlength=k)
        fullest = np.flatnonzero(fold == counts.argmax())
        fold[fullest[sizes[fullest].argmin()]] = empty
    return fold


def nerve_frames(
    ids: Sequence[str],
    mask_of: Callable[[str], NDArray[np.bool_] | None],
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> dict[str, bool]:
    """Look which frames show a nerve; no frame is decoded, only its mask.

    Parameters
    ----------
    ids
        The frames to look at.
    mask_of
        Gives a frame's mask, or None.

    Returns
    -------
    dict
        For each frame whose mask can be read whether it has a pixel.

    Raises
    ------
    Cancelled
        If asked to stop.
    """

    def look(name: str) -> bool | None:
        try:
            mask = mask_of(name)
        except InputError:
            return None  # is told of where it is missed
        return None if mask is None else bool(mask.any())

    progress = Progress("Looking for nerves", len(ids), on_event, should_stop)
    found: dict[str, bool] = {}
    for name, shows in in_threads(look, ids):
        if shows is not None:
            found[name] = shows
        progress.step()
    return found
