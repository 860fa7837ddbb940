"""Labels in masks that hold several, so that a person can say which is nerve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import _engine

if TYPE_CHECKING:
    from .._engine import DataSet, Scan

#: Mask files that are looked into, and labels above which it is no label mask.
FILES, MOST_LABELS = 8, 32

_KINDS = ("labels", "grey-levels")


def labels_to_choose(dataset: DataSet, scan: Scan | None) -> tuple[int, ...]:
    """Return the labels other than 0 of which one may be the nerve, rising.

    Empty if the masks have two levels as usual, or the nerve's label is known.
    """
    if scan is None or dataset.nerve_label is not None:
        return ()
    frames = [p.frame for p in scan.problems if p.kind in _KINDS and p.frame]
    found: set[int] = set()
    for frame in frames[:FILES]:
        found |= _labels(dataset, frame)
    return tuple(sorted(found - {0}))


def _labels(dataset: DataSet, frame: str) -> set[int]:
    entry = dataset.entry(frame)
    if entry.mask_path is None:
        return set()
    try:
        labels = _engine.labels_in(entry.mask_path, entry.mask_page)
    except _engine.InputError:
        return set()
    return labels if len(labels) <= MOST_LABELS else set()
