"""Run-length masks as the Kaggle competition wrote them.

A mask is a list of ``start length`` pairs over the pixels in column-major order
(down the first column, then the next), counted from 1.
Source: kaggle.com/c/ultrasound-nerve-segmentation, "Evaluation".
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..files import write_whole
from .frame_ids import natural_key, subject_of

#: The two headers that are read, and how many columns come before the pixels.
HEADERS = {"subject,img,pixels": 2, "img,pixels": 1}


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


def is_training_csv(path: Path) -> bool:
    """Say whether a file begins as the competition's training masks do.

    ``img,pixels`` does not count: that is a submission, often a sample of one.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            return HEADERS.get(_header(file.readline(64))) == 2
    except (OSError, UnicodeDecodeError):
        return False


def _header(line: str) -> str:
    return ",".join(word.strip(' "\r\n').lower() for word in line.split(","))


def read_csv(path: Path) -> dict[str, str]:
    """Read ``subject,img,pixels`` or ``img,pixels``.

    Returns
    -------
    dict
        FrameId (``subject_img``, or ``img`` alone) to run-length text; an empty
        text is an empty mask.

    Raises
    ------
    InputError
        If the file cannot be read, has another header, a short line, or one frame
        twice.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise InputError(
            f"{path} does not exist: give a CSV file of run-length masks."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read as text: give a CSV file of run-length masks."
        ) from error
    columns = HEADERS.get(_header(lines[0])) if lines else None
    if columns is None:
        raise InputError(
            f"{path} is no file of run-length masks: "
            "its first line must be subject,img,pixels or img,pixels."
        )
    return _rows(path, lines, columns)


def _rows(path: Path, lines: list[str], columns: int) -> dict[str, str]:
    rows: dict[str, str] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        # Not the csv module: it refuses a field of more than 131,072 characters.
        # From the right: run-length text has no comma, a file's name may have one.
        words = [word.strip(' "') for word in line.rsplit(",", columns)]
        frame = "_".join(words[:columns])
        if len(words) != columns + 1 or not all(words[:columns]):
            raise InputError(f"{path}, line {number}, lacks a column: add it.")
        if frame in rows:
            raise InputError(
                f"{path}, line {number}, has frame {frame} again: keep one line."
            )
        rows[frame] = words[columns]
    return rows


def write_csv(path: Path, masks: Mapping[str, NDArray[Any]]) -> None:
    """Write masks so that `read_csv` reads them back.

    Parameters
    ----------
    path
        The file; it is written whole or not at all.
    masks
        FrameId to (H, W) mask. The columns are ``subject,img,pixels`` if every
        FrameId names a subject, else ``img,pixels``; lines are in natural order.
    """
    by_subject = bool(masks) and all(subject_of(frame) for frame in masks)
    lines = ["subject,img,pixels" if by_subject else "img,pixels"]
    for frame in sorted(masks, key=natural_key):
        name = frame.replace("_", ",") if by_subject else frame
        lines.append(f"{name},{encode(masks[frame])}")
    write_whole(path, "\n".join(lines) + "\n")
