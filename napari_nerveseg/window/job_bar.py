"""Long work on screen: stage, progress, rate, time left, Cancel."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from .controls import ElidedLabel, button
from .progress_words import progress_words

_STEPS = 1000


class JobBar(QWidget):
    """Follows one job at a time; hidden while there is none.

    Parameters
    ----------
    name
        Prefix of the objectNames.
    what
        What Cancel stops, for its tooltip.
    """

    def __init__(self, name: str, what: str) -> None:
        super().__init__()
        self.setObjectName(f"{name}_job")
        self._job: Any = None
        self.words = ElidedLabel(f"{name}_progress_words")
        self.bar = QProgressBar()
        self.bar.setObjectName(f"{name}_progress")
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(12)
        self.cancel = button(f"{name}_cancel", "Cancel", f"Stop {what}", self._cancel)
        row = QHBoxLayout()
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.words)
        self.hide()

    def follow(self, job: Any, starting: str) -> None:
        """Show ``job`` until it ends; ``starting`` is what is said until it reports."""
        self._job = job
        self.words.set_text(starting)
        self.bar.setRange(0, 0)
        self.cancel.setEnabled(True)
        self.cancel.setText("Cancel")
        job.progress.connect(self._on_progress)
        job.finished.connect(self._on_end)
        job.failed.connect(self._on_end)
        job.cancelled.connect(self._on_end)
        self.show()

    def forget(self) -> None:
        """Follow nothing any more: the job belongs to a folder that was closed."""
        self._on_end()

    def _on_progress(self, event: dict[str, Any]) -> None:
        total = event.get("total")
        self.bar.setRange(0, _STEPS if total else 0)
        if total:
            self.bar.setValue(int(_STEPS * event["done"] / total))
        self.words.set_text(progress_words(event))

    def _on_end(self, *_what: object) -> None:
        self._job = None
        self.hide()

    def _cancel(self) -> None:
        if self._job is not None:
            self.cancel.setEnabled(False)
            self.cancel.setText("Stopping…")
            self._job.cancel()
