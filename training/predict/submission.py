"""The competition's submission: one line a frame, its mask as run lengths.

Source: Kaggle, "Ultrasound Nerve Segmentation", 2016,
kaggle.com/c/ultrasound-nerve-segmentation: the columns ``img,pixels``, images in
ascending order, pixels counted from 1 down the columns, an empty mask an empty text.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..data import natural_key, rle
from ..data.dataset import DataSet
from ..errors import Failure, InputError
from ..files import real_path
from ..networks.decision import Mask
from .prediction_set import PredictionSet

_HEADER = ("img", "pixels")


def check_submission_path(path: Path, dataset: DataSet) -> Path:
    """Return where a submission really goes, if it may be written there.

    Raises
    ------
    InputError
        If it is a folder, has none to lie in, or lies in the data folder.
    """
    path = real_path(path)
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"--rle {path}: name a file in a folder that exists.")
    root = dataset.root.resolve()
    if dataset.layout != "file" and path.is_relative_to(root):
        raise InputError(
            f"--rle {path} lies in the data folder, which is only read: name a file "
            "outside."
        )
    return path


def write_submission(
    path: Path, predictions: PredictionSet, frames: Sequence[str]
) -> None:
    """Write masks as the competition takes them, and check the file by reading it.

    Parameters
    ----------
    path
        The CSV file; written whole or not at all.
    predictions
        Where the masks are.
    frames
        Every frame that gets a line; one without a prediction gets an empty mask.

    Raises
    ------
    Failure
        If the file does not give back the masks.
    """
    ordered = sorted(frames, key=natural_key)
    rows = [_HEADER]
    for frame in ordered:
        mask = predictions.mask(frame)
        rows.append((frame, "" if mask is None else rle.encode(mask)))
    rle.write_rows(path, rows)
    _check(path, predictions, ordered)


def _check(path: Path, predictions: PredictionSet, frames: Sequence[str]) -> None:
    read = rle.read_csv(path)
    if list(read) != list(frames):
        raise Failure(f"{path} does not give back the frames: write it again.")
    for frame in frames:
        mask = predictions.mask(frame)
        if not _same(read[frame], mask):
            raise Failure(
                f"{path} does not give back the mask of frame {frame}: write it again."
            )


def _same(text: str, mask: Mask | None) -> bool:
    if mask is None:
        return not text
    height, width = mask.shape
    return bool(np.array_equal(rle.decode(text, (height, width)), mask))
