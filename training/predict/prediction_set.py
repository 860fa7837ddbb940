"""Reads predictions back: a folder of ours, of masks, or a table of run lengths."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from ..data import rle
from ..data.csv_table import read_table
from ..data.images import read_image
from ..errors import InputError
from ..networks.decision import DecisionRule, Mask, Probability
from .layout import PROBABILITIES, TABLE, UNCERTAINTY, has_our_table, mask_name
from .maps import MapsReader
from .mask_folder import MaskFolder, MasksOnly, image_files

ShapeOf = Callable[[str], tuple[int, int]]


class PredictionSet(Protocol):
    """Predicted masks by frame, wherever they come from."""

    @property
    def path(self) -> Path:
        """Where the predictions lie."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The frames that have a prediction, in the order written."""

    @property
    def checkpoint_sha256(self) -> str | None:
        """The hash of the checkpoint file that predicted, if known."""

    @property
    def rule(self) -> DecisionRule | None:
        """What cut the masks; None if it is not known."""

    @property
    def errors(self) -> Mapping[str, str]:
        """Why a frame that was to be predicted has no prediction."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What else was found that people should know."""

    def mask(self, frame: str, shape: tuple[int, int] | None = None) -> Mask | None:
        """Return the (H, W) bool mask as written, or None without a prediction.

        ``shape`` is the frame's size, which a submission does not hold.
        """

    def probability(self, frame: str) -> Probability | None:
        """Return the (H, W) uint8 map, or None if none was kept."""

    def uncertainty(self, frame: str) -> Probability | None:
        """Return how far views or members differ, (H, W) uint8, if it was asked for."""

    def frame_uncertainty(self, frame: str) -> float | None:
        """Return its mean where nerve may be, in [0, 1], if it was asked for."""

    def presence(self, frame: str) -> float | None:
        """Return the probability that the frame shows a nerve, if known."""

    def frame_sha256(self, frame: str) -> str | None:
        """Return the `pixel_digest` of the frame that was predicted, if known."""


def changed_frames(
    predictions: PredictionSet, sha256_of: Callable[[str], str | None]
) -> list[str]:
    """Return the frames whose pictures are no longer those that were predicted.

    Parameters
    ----------
    predictions
        Those without probability maps hold no hashes: nothing is known to differ.
    sha256_of
        Gives a frame's `pixel_digest` as it is today, such as a scan's; None for a
        frame that is not there or cannot be read, which is passed over.
    """
    changed = []
    for frame in predictions.ids:
        then = predictions.frame_sha256(frame)
        today = None if then is None else sha256_of(frame)
        if today is not None and today != then:
            changed.append(frame)
    return changed


def open_predictions(
    path: Path, shape_of: ShapeOf | None = None, ids: Iterable[str] | None = None
) -> PredictionSet:
    """Open a folder written by ``predict``, its Zarr, a submission, or mask files.

    Parameters
    ----------
    path
        The folder, its ``probabilities.zarr``, a CSV as `training.data.rle.read_csv`
        takes it, or another program's folder of masks, see `MaskFolder`.
    shape_of
        Gives a frame's (H, W), such as ``DataSet.shape``: a submission holds no
        sizes, and without this `PredictionSet.mask` must be told.
    ids
        The FrameIds there are: names of files, and in a submission, are matched to
        them. Without them a submission's names are taken as they are, and a folder
        must be of ``predict``.

    Raises
    ------
    InputError
        If it is none of these, or a frame is in it twice.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(
            f"{path} does not exist: name a folder that predict wrote, or a submission"
        )
    if path.is_file():
        rows = rle.read_csv(path)
        runs = rows if ids is None else rle.match_rows(rows, ids, path)
        return Submission(path, runs, shape_of)
    folder = path.parent if path.name == PROBABILITIES else path
    if has_our_table(folder):
        return PredictedFolder(folder)
    if ids is not None and (files := image_files(folder)):
        return MaskFolder(folder, files, ids)
    raise InputError(
        f"{folder} has no {TABLE} of ours: name a folder that predict wrote"
        + ("" if ids is None else ", or one of mask files")
    )


class PredictedFolder:
    """Predictions in a folder that ``predict`` wrote; a `PredictionSet`."""

    warnings: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        self.path = path
        rows = _rows(path)
        self._presence = {
            row["frame"]: _number(path, row, "presence")
            for row in rows
            if not row["error"]
        }
        self._uncertainty = {
            row["frame"]: _number(path, row, "uncertainty")
            for row in rows
            if row.get("uncertainty")
        }
        self.errors: Mapping[str, str] = {
            row["frame"]: row["error"] for row in rows if row["error"]
        }

    @property
    def ids(self) -> tuple[str, ...]:
        """The frames that have a prediction, in natural order."""
        return tuple(self._presence)

    def mask(self, frame: str, shape: tuple[int, int] | None = None) -> Mask | None:
        """Return the (H, W) bool mask as written, or None without a prediction.

        Raises
        ------
        InputError
            If the mask's file is missing or damaged.
        """
        del shape  # the file has its own
        if frame not in self._presence:
            return None
        image = read_image(self.path / mask_name(frame))
        if image.ndim != 2:
            raise InputError(
                f"{self.path / mask_name(frame)} is no grey mask: predict again"
            )
        mask: Mask = image > 0
        return mask

    def probability(self, frame: str) -> Probability | None:
        """Return the (H, W) uint8 map, or None if none was kept."""
        return None if self._maps is None else self._maps.map(frame)

    def uncertainty(self, frame: str) -> Probability | None:
        """Return how far views or members differ, (H, W) uint8, or None."""
        return None if self._unsure is None else self._unsure.map(frame)

    def frame_uncertainty(self, frame: str) -> float | None:
        """Return its mean where nerve may be, in [0, 1], or None."""
        return self._uncertainty.get(frame)

    def presence(self, frame: str) -> float | None:
        """Return the probability that the frame shows a nerve, or None."""
        return self._presence.get(frame)

    def frame_sha256(self, frame: str) -> str | None:
        """Return the hash of the frame that was predicted; None without maps."""
        if self._maps is None:
            return None
        known: str | None = self._maps.of_frame("frame_sha256", frame)
        return known

    @property
    def checkpoint_sha256(self) -> str | None:
        """The hash of the checkpoint file that predicted; None without maps."""
        if self._maps is None:
            return None
        known = self._maps.attributes.get("checkpoint_sha256")
        return None if known is None else str(known)

    @cached_property
    def rule(self) -> DecisionRule | None:
        """What cut the masks; None without maps."""
        return None if self._maps is None else _rule_of(self._maps)

    @cached_property
    def _maps(self) -> MapsReader | None:
        found = self._reader(PROBABILITIES)
        if found is not None:
            _rule_of(found)  # a damaged one is as bad as damaged maps
        return found

    @cached_property
    def _unsure(self) -> MapsReader | None:
        return self._reader(UNCERTAINTY)

    def _reader(self, name: str) -> MapsReader | None:
        return MapsReader(self.path / name) if (self.path / name).is_dir() else None


def _rule_of(maps: MapsReader) -> DecisionRule:
    try:
        return DecisionRule.from_json(maps.attributes)
    except ValueError as error:
        raise InputError(
            f"{maps.path} holds no maps that can be used ({error}): predict again."
        ) from error


class Submission(MasksOnly):
    """Predictions in the competition's format; a `PredictionSet`.

    Parameters
    ----------
    path
        The file.
    runs
        Run lengths by frame, as `training.data.rle` decodes them.
    shape_of
        Gives a frame's (H, W), if anything can.
    """

    def __init__(
        self, path: Path, runs: Mapping[str, str], shape_of: ShapeOf | None = None
    ) -> None:
        self.path, self._shape_of = path, shape_of
        self.errors: Mapping[str, str] = {}
        self.warnings: tuple[str, ...] = ()
        self._runs = runs

    @property
    def ids(self) -> tuple[str, ...]:
        """The frames that have a row, in the file's order."""
        return tuple(self._runs)

    def mask(self, frame: str, shape: tuple[int, int] | None = None) -> Mask | None:
        """Return the (H, W) bool mask, or None if the frame has no row.

        Raises
        ------
        ValueError
            If nothing says how large the frame is.
        InputError
            If the runs are damaged or leave the frame.
        """
        if frame not in self._runs:
            return None
        if shape is None and self._shape_of is not None:
            shape = self._shape_of(frame)
        if shape is None:
            raise ValueError(f"{self.path} does not say how large frame {frame} is")
        try:
            return np.asarray(rle.decode(self._runs[frame], shape), dtype=bool)
        except InputError as error:
            raise InputError(f"{self.path}, frame {frame}: {error}") from None


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the lines of the table, each with all of the columns.

    Raises
    ------
    InputError
        If it is damaged.
    """
    try:
        rows = read_table(path / TABLE)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(
            f"{path / TABLE} is damaged ({error}): predict again"
        ) from error
    for number, row in enumerate(rows, start=2):
        frame = row.get("frame")
        if not frame or "\0" in frame or None in row or None in row.values():
            raise InputError(
                f"{path / TABLE} is damaged at line {number}: predict again"
            )
    return rows


def _number(path: Path, row: Mapping[str, str], column: str) -> float:
    with contextlib.suppress(ValueError):
        number = float(row[column])
        if 0 <= number <= 1:
            return number
    raise InputError(
        f"{path / TABLE} is damaged at frame {row['frame']}: predict again"
    )
