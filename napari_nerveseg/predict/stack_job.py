"""The prediction of a whole stack, slice by slice, as a job that can be cancelled."""

from __future__ import annotations

import time

from qtpy.QtCore import QObject, Signal

from ..review.counting import counted


class StackJob(QObject):
    """Counts the slices that are done; the signals are those of `jobs.job.Job`."""

    progress = Signal(object)
    finished = Signal(object)
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, total: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.total, self.done, self.running = total, 0, True
        self.with_nerve = 0
        self._started = time.monotonic()

    def step(self, nerve: bool) -> None:
        """Count one slice, and whether it shows a nerve."""
        if not self.running:
            return
        self.done += 1
        self.with_nerve += nerve
        rate = self.done / max(time.monotonic() - self._started, 1e-6)
        self.progress.emit(
            {
                "stage": "Predicting slices",
                "done": self.done,
                "total": self.total,
                "rate": rate,
                "seconds_left": (self.total - self.done) / rate,
            }
        )
        if self.done == self.total:
            self.running = False
            self.finished.emit({"done": self.done})

    def words(self) -> str:
        """Return what came out of it so far."""
        nerves = f"{self.with_nerve:,}" if self.with_nerve else "none"
        return f"{counted(self.done, 'slice')} predicted, {nerves} with a nerve."

    def cancel(self) -> None:
        """Ask for no more slices; those that are done stay."""
        if self.running:
            self.running = False
            self.cancelled.emit()

    def fail(self, text: str) -> None:
        """End because of ``text``."""
        if self.running:
            self.running = False
            self.failed.emit(text)
