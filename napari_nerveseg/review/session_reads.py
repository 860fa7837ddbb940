"""What can be asked of a session; nothing here changes it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from .actions import Mask
from .conflict_book import Conflict, ConflictBook, next_open
from .current_labels import CurrentLabels
from .frame_table import Columns, FrameTable
from .predictions import Predictions
from .stored_results import StoredResults

if TYPE_CHECKING:
    from .._engine import DataSet, FrameCache, LabelStore, Scan, VerdictRecord


class SessionSignals:
    """The signals of a session, all emitted in the window's thread.

    Attributes
    ----------
    selected_changed(frame or None)
        Another frame is on screen.
    frames_changed(frames)
        Mask, status or verdict of frames.
    scores_changed(frames)
        Their Dice is known anew.
    scan_changed()
        Sizes, areas and problems of all frames.
    duplicates_changed()
        Groups, conflicts or their state.
    predictions_changed(frames)
        What a model said of them.
    rule_changed()
        How masks are cut: predicted masks of all frames, and their Dice.
    pending_changed(n)
        So many writes are not yet on disk.
    message(level, text)
        A sentence for the user; level is info, warning or error.
    """

    selected_changed = Signal(object)
    frames_changed = Signal(tuple)
    scores_changed = Signal(tuple)
    scan_changed = Signal()
    duplicates_changed = Signal()
    predictions_changed = Signal(tuple)
    rule_changed = Signal()
    pending_changed = Signal(int)
    message = Signal(str, str)


class SessionReads(SessionSignals):
    """The questions that `ReviewSession` answers from what it holds."""

    dataset: DataSet
    store: LabelStore
    predictions: Predictions
    found: StoredResults
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


#: Seconds after which somebody was away rather than thinking.
PAUSE = 300.0

#: Verdicts that count, the newest.
WINDOW = 40


def seconds_per_verdict(verdicts: Iterable[VerdictRecord], author: str) -> float | None:
    """Return the median time between verdicts of one author.

    Pauses of more than five minutes do not count. None if there are not yet two
    verdicts in a row.
    """
    times = sorted(
        datetime.fromisoformat(record.time)
        for record in verdicts
        if record.author == author and record.time
    )
    gaps = [(b - a).total_seconds() for a, b in pairwise(times[-WINDOW - 1 :])]
    counted = [gap for gap in gaps if 0 < gap <= PAUSE]
    return median(counted) if counted else None
