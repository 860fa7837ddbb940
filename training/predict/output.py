"""Writes what `training.predict.layout` says into a folder."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.images import pixel_digest
from ..errors import InputError
from ..files import write_whole
from ..networks import CheckpointMeta
from .decision import Mask
from .layout import COLUMNS, PROBABILITIES, TABLE, array_name, is_ours, mask_name
from .predictor import Prediction


class Source(Protocol):
    """Who predicted: a `Predictor`, or several under one rule."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def sha256(self) -> str:
        """The hash of its weights."""

    @property
    def meta(self) -> CheckpointMeta:
        """Its decision rule, among other things."""


def check_replaceable(out: Path) -> None:
    """Refuse an output folder in which something else would be lost.

    Raises
    ------
    InputError
        If ``out`` holds anything but an earlier prediction.
    """
    if out.is_dir() and any(out.iterdir()) and not is_ours(out):
        raise InputError(
            f"{out} holds other files than predictions: name a new or empty folder"
        )


class PredictionFolder:
    """A folder of predictions in the making; see `training.predict.layout`.

    `add` may be called from several threads, each frame once; `finish` comes last.

    Parameters
    ----------
    folder
        Where it grows: a new, empty folder, which vanishes if anything fails.
    frames
        The N FrameIds, in order.
    predictor
        Whose decision rule and hash are written down.
    probabilities
        Whether to keep the probability maps too.
    """

    def __init__(
        self, folder: Path, frames: list[str], predictor: Source, probabilities: bool
    ) -> None:
        self._folder, self._frames = folder, frames
        self._predictor = predictor
        self._rows: list[dict[str, Any]] = [{"frame": frame} for frame in frames]
        self._maps = (
            _Maps(folder / PROBABILITIES, len(frames)) if probabilities else None
        )

    def prepare(self, index: int, frame: NDArray[np.uint8]) -> None:
        """Make room for the frame's map; called by one thread, before `add`."""
        if self._maps is not None:
            self._maps.prepare(index, frame)

    def add(self, index: int, prediction: Prediction) -> None:
        """Write frame ``index``'s mask, row and map."""
        path = self._folder / mask_name(self._frames[index])
        path.write_bytes(encode_png(prediction.mask))
        self._rows[index] |= {
            "presence": f"{prediction.presence:.9g}",
            "area": prediction.area,
            "threshold": self._predictor.meta.threshold,
        }
        if self._maps is not None:
            self._maps.add(index, prediction)

    def fail(self, index: int, error: str) -> None:
        """Note why frame ``index`` has no prediction."""
        self._rows[index]["error"] = error

    def finish(self) -> None:
        """Write the table, and what is known of the maps."""
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(self._rows)
        write_whole(self._folder / TABLE, text.getvalue())
        if self._maps is not None:
            self._maps.finish(self._frames, self._predictor)


class _Maps:
    """The probability maps of N frames, as Zarr."""

    def __init__(self, path: Path, n: int) -> None:
        import zarr

        self._n = n
        self._group = zarr.open_group(path, mode="w")
        self._arrays: dict[tuple[int, int], Any] = {}
        self._shapes: list[tuple[int, int] | None] = [None] * n
        self._presence: list[float | None] = [None] * n
        self._hashes: list[str | None] = [None] * n

    def prepare(self, index: int, frame: NDArray[np.uint8]) -> None:
        height, width = shape = frame.shape[0], frame.shape[1]
        self._shapes[index] = shape
        self._hashes[index] = pixel_digest(frame)
        if shape not in self._arrays:
            self._arrays[shape] = self._group.create_array(
                array_name(shape),
                shape=(self._n, height, width),
                chunks=(1, height, width),
                dtype="uint8",
            )

    def add(self, index: int, prediction: Prediction) -> None:
        self._presence[index] = prediction.presence
        shape = self._shapes[index]
        assert shape is not None, "prepare comes first"
        self._arrays[shape][index] = prediction.probability

    def finish(self, frames: list[str], predictor: Source) -> None:
        meta = predictor.meta
        self._group.attrs.update(
            {
                "frames": frames,
                "shapes": self._shapes,
                "presence": self._presence,
                "frame_sha256": self._hashes,
                "checkpoint": predictor.name,
                "checkpoint_sha256": predictor.sha256,
                "threshold": meta.threshold,
                "presence_threshold": meta.presence_threshold,
                "min_area_share": meta.min_area_share,
            }
        )


def encode_png(mask: Mask) -> bytes:
    """Return a (H, W) bool mask as a grey PNG of 0 and 255."""
    import imagecodecs

    # Masks are flat, so a filter only costs time and run lengths are what compresses.
    data = imagecodecs.png_encode(
        mask.astype(np.uint8) * np.uint8(255),
        level=1,
        strategy=imagecodecs.PNG.STRATEGY.RLE,
        filter=imagecodecs.PNG.FILTER.NO,
    )
    return bytes(data)
