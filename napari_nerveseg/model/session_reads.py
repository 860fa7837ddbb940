"""What can be asked of a session; nothing here changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .actions import Mask
from .conflict_book import Conflict, ConflictBook, next_open
from .current_labels import CurrentLabels
from .found import Found
from .frame_table import Columns, FrameTable
from .news import SessionNews
from .pace import seconds_per_verdict
from .predictions import Predictions

if TYPE_CHECKING:
    from .._engine import DataSet, FrameCache, LabelStore, Scan


class SessionReads(SessionNews):
    """The questions that `ReviewSession` answers from what it holds."""

    dataset: DataSet
    store: LabelStore
    predictions: Predictions
    found: Found
    selected: str | None
    _frames: FrameCache
    _labels: CurrentLabels
    _table: FrameTable
    _book: ConflictBook

    @property
    def scan(self) -> Scan | None:
        """Sizes, areas and problems of all frames, once they are known."""
        return self.found.scan

    def frame(self, frame: str) -> npt.NDArray[np.uint8]:
        """Return the pixels, (H, W) uint8.

        Raises
        ------
        InputError
            If there is no such frame, or its file cannot be read.
        """
        return self._frames.frame(frame)

    def shape(self, frame: str) -> tuple[int, int]:
        """Return (H, W) of a frame."""
        return self.dataset.shape(frame)

    def mask(self, frame: str) -> Mask | None:
        """Return the ground truth now, (H, W) bool; None if there is none yet.

        A stroke is seen at once, before it is on disk. The array is not to be
        written to.
        """
        return self._labels.mask(frame)

    def predicted_mask(self, frame: str) -> Mask | None:
        """Return the predicted mask, (H, W) bool, or None."""
        return self.predictions.mask(frame)

    def probability(self, frame: str) -> npt.NDArray[np.uint8] | None:
        """Return the probability map, (H, W) uint8 (255 is certain), or None."""
        return self.predictions.probability(frame)

    def columns(self) -> Columns:
        """Return the table's columns as arrays, one entry a frame, in frame order.

        The arrays are the session's own: ask anew after a signal, do not write.
        """
        return self._table.columns

    def conflicts(self, state: str | None = None) -> list[Conflict]:
        """Return the groups with a conflict, in frame order.

        ``state`` is ``open``, ``resolved``, or None for both.
        """
        return [c for c in self._book.conflicts() if state in (None, c.state)]

    @property
    def judging(self) -> bool:
        """Whether masks of similar frames still wait to be compared."""
        return bool(self._book.unknown)

    def seconds_per_verdict(self) -> float | None:
        """Return how long a verdict takes this author; None if that is not known."""
        return seconds_per_verdict(self.store.verdicts(), self.store.author)

    def next_conflict(self, step: int = 1) -> Conflict | None:
        """Return the open conflict after (``step=-1``: before) the selected frame."""
        waiting = self.conflicts("open")
        return next_open(waiting, self.dataset.ids, self.selected, step)

    def group_of(self, frame: str) -> tuple[str, ...]:
        """Return the duplicate group of a frame, itself included; may be empty."""
        return self._book.group_of(frame)

    @property
    def pending(self) -> int:
        """Strokes that are not yet on disk."""
        return self._labels.pending
