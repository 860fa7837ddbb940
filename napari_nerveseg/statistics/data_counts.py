"""What is known of the data set as a whole, counted by a worker when asked for."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QObject, Signal

from .. import _engine
from ..jobs.job import Job
from ..window.context import ReviewContext
from ..window.workers import Workers


class DataCounts(QObject):
    """The statistics of the open folder, and whether labels have changed since.

    Attributes
    ----------
    found : Statistics or None
        The last count.

    Signals: ``changed()`` when there is another count, or it went out of date.
    """

    changed = Signal()

    def __init__(self, context: ReviewContext, workers: Workers) -> None:
        super().__init__(context)
        self._context, self._workers = context, workers
        self.found: _engine.Statistics | None = None
        self._asked = self._counted = -1
        context.session_changed.connect(self._forget)
        context.table_changed.connect(self.changed)

    @property
    def stale(self) -> bool:
        """Whether labels have changed since the count."""
        session = self._context.session
        if session is None or self.found is None:
            return False
        return session.store.last_action != self._counted

    def begin(self) -> Job | None:
        """Count in the background; None if that is under way, or nothing is open."""
        session = self._context.session
        job = self._workers.count_data()
        if session is not None and job is not None:
            self._asked = session.store.last_action
            job.finished.connect(self._take)
        return job

    def _take(self, result: dict[str, Any]) -> None:
        self.found = _engine.Statistics.from_json(result)
        self._counted = self._asked
        n = len(self.found.frames)
        self._context.said.emit("info", f"{n:,} frames counted.")
        self.changed.emit()

    def _forget(self) -> None:
        self.found = None
        self.changed.emit()
