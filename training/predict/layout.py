"""What a folder of predictions holds, for its writer and its reader.

``<FrameId>_mask.png``
    uint8, 0 or 255, of the frame's own size. A page of a multi-page file keeps its
    id as it is, ``sweep#3_mask.png``: ``#`` is allowed in file names everywhere.
``predictions.csv``
    One row a frame: ``frame``, ``presence``, ``area`` (pixels), ``threshold``,
    ``uncertainty`` (0 to 1, see `Prediction.frame_uncertainty`; empty if it was not
    asked for), ``error``. A frame that could not be read has an error and no mask.
``probabilities.zarr`` (on request)
    A group with one uint8 array for each frame size, named ``420x580`` (height x
    width), of shape (N, H, W) with one chunk a frame; frame ``i`` of the group's
    attribute ``frames`` lies at index ``i`` of the array of its size, given in
    ``shapes`` (null if it could not be read). 0 to 255 stand for 0 to 1.
    Other attributes: ``presence`` and ``frame_sha256`` (of size and pixels, see
    `training.data.images.pixel_digest`), one a frame; ``checkpoint``,
    ``checkpoint_sha256``, and the decision rule: ``threshold``,
    ``presence_threshold``, ``min_area_share``, ``largest_component``,
    ``fill_holes``; and ``averaging``.
``uncertainty.zarr`` (on request)
    The same for `Prediction.uncertainty`, with the attributes ``frames`` and
    ``shapes``.
``progress.jsonl`` (if it may be continued)
    What is done, see `training.predict.journal`.
"""

from __future__ import annotations

import contextlib
import csv
import shutil
from collections.abc import Iterable
from pathlib import Path

from ..errors import Failure
from ..files import is_still
from ..guarded import open_regular
from ..leftovers import meant_name

TABLE = "predictions.csv"
COLUMNS = ("frame", "presence", "area", "threshold", "uncertainty", "error")
PROBABILITIES = "probabilities.zarr"
UNCERTAINTY = "uncertainty.zarr"
PROGRESS = "progress.jsonl"
MASK_SUFFIX = "_mask.png"


def mask_name(frame: str) -> str:
    """Return the name of the frame's mask."""
    return frame + MASK_SUFFIX


class Standing:
    """A folder that must not be taken away while it is written.

    Who writes into it would make it anew, and it would hold the rest only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._was = folder, folder.stat()

    def check(self, frames: Iterable[str] = ()) -> None:
        """Raise `Failure` if it has gone, or lacks a mask of ``frames``."""
        there = is_still(self._folder, self._was)
        names = {one.name for one in self._folder.iterdir()} if there and frames else ()
        lost = sum(mask_name(frame) not in names for frame in frames)
        if lost or not there:
            what = f"has lost {lost} masks" if there else "has been taken away"
            raise Failure(
                f"{self._folder} {what} since they were predicted: predict again, and "
                "leave the folder alone meanwhile."
            )


def array_name(shape: tuple[int, int]) -> str:
    """Return the name of the Zarr array for frames of this size."""
    return f"{shape[0]}x{shape[1]}"


def is_ours(folder: Path) -> bool:
    """Say whether a folder holds predictions, all of them ours, and nothing else."""
    if not (has_our_table(folder) or (folder / PROGRESS).is_file()):
        return False
    return all(_is_our_name(entry.name) for entry in folder.iterdir())


def drop_ours(folder: Path) -> None:
    """Delete what a folder holds of predictions, as far as that can be deleted."""
    for entry in folder.iterdir():
        if not _is_our_name(entry.name):
            continue
        if entry.is_dir():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                entry.unlink()


def _is_our_name(name: str) -> bool:
    known = {TABLE, PROBABILITIES, UNCERTAINTY, PROGRESS}
    meant = meant_name(name)  # a killed process may have left it half-written
    return meant in known or meant.endswith(MASK_SUFFIX)


def has_our_table(folder: Path) -> bool:
    """Say whether a folder's table of predictions has our columns.

    Those of before uncertainty was known are ours too.
    """
    before = [name for name in COLUMNS if name != "uncertainty"]
    try:
        with open_regular(folder / TABLE) as file:
            head = file.readline(1 << 10).decode()
        return next(csv.reader([head]), None) in (list(COLUMNS), before)
    except (OSError, ValueError, csv.Error):
        return False
