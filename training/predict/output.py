"""Writes what `training.predict.layout` says into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.csv_table import table_text
from ..data.images import pixel_digest
from ..errors import InputError
from ..files import check_name, write_whole
from ..networks import CheckpointMeta
from ..networks.decision import Mask
from .journal import Journal
from .layout import (
    COLUMNS,
    PROBABILITIES,
    TABLE,
    UNCERTAINTY,
    Standing,
    is_ours,
    mask_name,
)
from .maps import MapsWriter
from .predictor import Prediction


class PredictedBy(Protocol):
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
        Where it grows: a new, empty folder, or one that the journal goes on with.
    frames
        The N FrameIds, in order.
    predictor
        Whose decision rule and hash are written down.
    probabilities, uncertainty
        Whether to keep these maps too.
    journal
        Where each frame is noted once it is done, if the folder may be continued; what
        it holds already is taken over.
    """

    def __init__(
        self,
        folder: Path,
        frames: list[str],
        predictor: PredictedBy,
        probabilities: bool,
        uncertainty: bool = False,
        journal: Journal | None = None,
    ) -> None:
        self._folder, self._frames = folder, frames
        self._standing = Standing(folder)
        self._predictor, self._journal = predictor, journal
        n, goes_on = len(frames), journal is not None and journal.goes_on
        self._rows: list[dict[str, Any]] = [{"frame": frame} for frame in frames]
        self._presence: list[float | None] = [None] * n
        self._hashes: list[str | None] = [None] * n
        self._shapes: list[tuple[int, int] | None] = [None] * n
        self._maps, self._unsure = (
            MapsWriter(folder / name, n, goes_on=goes_on) if wanted else None
            for name, wanted in (
                (PROBABILITIES, probabilities),
                (UNCERTAINTY, uncertainty),
            )
        )
        if journal is not None:
            for index, frame in enumerate(frames):
                row = journal.rows.get(frame)
                if row is not None and self._is_there(frame, row["shape"]):
                    self._take_over(index, row)

    def check_name(self, frame: str) -> None:
        """Refuse a frame whose mask would have too long a name; see `check_name`."""
        check_name(self._folder / mask_name(frame))

    def is_done(self, index: int, frame: NDArray[np.uint8]) -> bool:
        """Tell whether an earlier run has predicted these very pixels."""
        known = self._hashes[index]
        return known is not None and known == pixel_digest(frame)

    def shows_nerve(self, index: int) -> bool:
        """Tell whether the mask of a frame that is done has a pixel."""
        return int(self._rows[index]["area"]) > 0

    def prepare(self, index: int, frame: NDArray[np.uint8]) -> None:
        """Make room for the frame's maps; called by one thread, before `add`."""
        shape = (frame.shape[0], frame.shape[1])
        if self._maps is not None or self._journal is not None:
            self._hashes[index] = pixel_digest(frame)
        self._make_room(index, shape)

    def add(self, index: int, prediction: Prediction) -> None:
        """Write frame ``index``'s mask, row and maps."""
        self._standing.check()
        path = self._folder / mask_name(self._frames[index])
        # A frame's turn on the disk would take longer than the frame: no sync.
        write_whole(path, encode_png(prediction.mask), sync=False)
        unsure = prediction.frame_uncertainty
        self._presence[index] = prediction.presence
        self._rows[index] |= {
            "presence": repr(float(prediction.presence)),
            "area": prediction.area,
            "threshold": self._predictor.meta.rule.threshold,
            "uncertainty": "" if unsure is None else repr(float(unsure)),
        }
        if self._maps is not None:
            self._maps.add(index, prediction.probability)
        if self._unsure is not None and prediction.uncertainty is not None:
            self._unsure.add(index, prediction.uncertainty)
        if self._journal is not None:  # last: what is noted is whole
            self._journal.add(
                {
                    **self._rows[index],
                    "shape": self._shapes[index],
                    "frame_sha256": self._hashes[index],
                }
            )

    def fail(self, index: int, error: str) -> None:
        """Note why frame ``index`` has no prediction."""
        self._rows[index]["error"] = error

    @contextmanager
    def finished(self) -> Iterator[None]:
        """`finish` after the block, and if it may be continued, whatever ends that."""
        try:
            yield
        except BaseException:
            if self._journal is not None:
                self.finish()
            raise
        self.finish()

    def finish(self) -> None:
        """Write the table, and what is known of the maps.

        Raises
        ------
        Failure
            If the folder or a mask has been taken away meanwhile.
        """
        self._standing.check([row["frame"] for row in self._rows if "area" in row])
        rows = (row for row in self._rows if len(row) > 1)
        write_whole(self._folder / TABLE, table_text(COLUMNS, rows))
        if self._maps is not None:
            self._maps.finish(self._frames, self._attributes())
        if self._unsure is not None:
            self._unsure.finish(self._frames, {})

    def _make_room(self, index: int, shape: tuple[int, int]) -> None:
        self._shapes[index] = shape
        for maps in (self._maps, self._unsure):
            if maps is not None:
                maps.prepare(index, shape)

    def _is_there(self, frame: str, shape: Sequence[int]) -> bool:
        """Say whether what an earlier run noted of a frame lies in the folder."""
        size = (shape[0], shape[1])
        maps = [one for one in (self._maps, self._unsure) if one is not None]
        mask = self._folder / mask_name(frame)
        return mask.is_file() and all(one.has_room(size) for one in maps)

    def _take_over(self, index: int, row: dict[str, Any]) -> None:
        """Keep what an earlier run found out about frame ``index``."""
        height, width = row["shape"]
        self._make_room(index, (height, width))
        self._hashes[index] = row["frame_sha256"]
        self._presence[index] = float(row["presence"])
        self._rows[index] |= {name: row[name] for name in COLUMNS if name in row}

    def _attributes(self) -> dict[str, Any]:
        meta = self._predictor.meta
        return {
            "presence": self._presence,
            "frame_sha256": self._hashes,
            "checkpoint": self._predictor.name,
            "checkpoint_sha256": self._predictor.sha256,
            "averaging": meta.averaging,
            **meta.rule.to_json(),
        }


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
