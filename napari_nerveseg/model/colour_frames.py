"""Frames that are in colour, so that a person can say how to read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .._engine import DataSet, Scan


def frames_in_colour(dataset: DataSet, scan: Scan | None) -> int:
    """Return how many frames are left out because they are in colour.

    0 if colour is read as luminance already: what is left out then is so for
    another reason.
    """
    if scan is None or dataset.luminance:
        return 0
    in_colour = {p.frame for p in scan.problems if p.kind == "colour" and p.frame}
    # A mask in colour is a problem of the same kind, and its frame can be read.
    return sum(info.sha256 is None and info.id in in_colour for info in scan.frames)
