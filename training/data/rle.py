"""Run-length masks as the Kaggle competition wrote them.

A mask is a list of ``start length`` pairs over the pixels in column-major order
(down the first column, then the next), counted from 1.
Source: kaggle.com/c/ultrasound-nerve-segmentation, "Evaluation".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .frame_ids import natural_key
from .rle_table import is_training_csv, match_rows, read_csv, write_rows

__all__ = [
    "decode",
    "encode",
    "is_training_csv",
    "match_rows",
    "read_csv",
    "write_csv",
    "write_rows",
]

#: FrameIds of which the subject can be parted and put back again.
_WITH_SUBJECT = re.compile(r"[0-9]+_[0-9]+(#[0-9]+)?", re.ASCII)


def encode(mask: NDArray[Any]) -> str:
    """Return the run-length text of a (H, W) mask; an empty mask gives ``""``."""
    flat = np.asarray(mask, bool).ravel(order="F")
    edges = np.flatnonzero(np.diff(flat, prepend=False, append=False))
    starts, ends = edges[::2], edges[1::2]
    runs = np.stack([starts + 1, ends - starts], axis=1)
    return " ".join(map(str, runs.ravel().tolist()))


def decode(text: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the (H, W) bool mask of a run-length text.

    Parameters
    ----------
    text
        ``start length start length ...``, 1-based and column-major, in any order.
    shape
        (H, W) of the frame.

    Raises
    ------
    InputError
        If the text has an odd count, a word that is no number, overlapping runs,
        or a run that leaves the frame.
    """
    runs = _runs(text)
    starts, lengths = runs[:, 0] - 1, runs[:, 1]
    size = shape[0] * shape[1]
    inside = (starts >= 0) & (lengths >= 1) & (starts < size)
    if not (inside & (lengths <= size - starts)).all():
        raise InputError(
            f"A run leaves the frame of {shape[0]} x {shape[1]} pixels: "
            "check that the mask belongs to this frame."
        )
    steps = np.zeros(size + 1, np.int64)
    np.add.at(steps, starts, 1)
    np.add.at(steps, starts + lengths, -1)
    depth = np.cumsum(steps[:-1])
    if (depth > 1).any():
        raise InputError("Two runs overlap: write the mask's runs again.")
    return (depth > 0).reshape(shape, order="F")


def _runs(text: str) -> NDArray[np.int64]:
    try:
        numbers = np.array([int(word) for word in text.split()], np.int64)
    except (ValueError, OverflowError):
        raise InputError(
            "Run-length text holds something that is no number: "
            "write pairs of start and length."
        ) from None
    if len(numbers) % 2:
        raise InputError(
            "Run-length text ends in the middle of a pair: "
            "write pairs of start and length."
        )
    return numbers.reshape(-1, 2)


def write_csv(path: Path, masks: Mapping[str, NDArray[Any]]) -> None:
    """Write masks so that `read_csv` reads them back.

    Parameters
    ----------
    path
        The file; it is written whole or not at all.
    masks
        FrameId to (H, W) mask. The columns are ``subject,img,pixels`` if every
        FrameId is ``subject_img`` of two numbers, else ``img,pixels``; lines are in
        natural order.
    """
    by_subject = bool(masks) and all(map(_WITH_SUBJECT.fullmatch, masks))
    rows: list[tuple[str, ...]]
    rows = [("subject", "img", "pixels") if by_subject else ("img", "pixels")]
    for frame in sorted(masks, key=natural_key):
        names = frame.split("_") if by_subject else [frame]
        rows.append((*names, encode(masks[frame])))
    write_rows(path, rows)
