"""Predict many frames: which, start, progress, Cancel, what came out."""

from __future__ import annotations

from typing import Any

from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.job_bar import JobBar
from ..window.keys import with_key
from ..window.workers import Workers
from ..window.wrapping import WrappingRow
from .batch import ALL, KEPT, MARKED, Batch
from .predicting import OneClick

_WHICH = {
    ALL: "All frames",
    KEPT: "Frames that the filter keeps",
    MARKED: "Frames selected in the table",
}
_NO_FOLDER = "Open a folder first: then all its frames can be predicted at once."


class BatchBox(QWidget):
    """Part of the tab Predict."""

    def __init__(
        self, context: ReviewContext, workers: Workers, one_click: OneClick
    ) -> None:
        super().__init__()
        self.setObjectName("batch_box")
        self._context, self._one_click = context, one_click
        self._running = False
        self.batch = Batch(context, workers, one_click)
        self.which = QComboBox()
        self.which.setObjectName("batch_which")
        self.which.setToolTip("Which frames of the folder are predicted")
        self.unsure = QCheckBox("Uncertainty too")
        self.unsure.setObjectName("batch_uncertainty")
        self.unsure.setToolTip("Keep how far views or networks differ; twice the time")
        self.act = button(
            "predict_frames",
            "Predict frames",
            with_key(
                "Predict them in the background, and show it; what is done already "
                "is passed over",
                "predict_frames",
            ),
            self.run,
        )
        self.job = JobBar("batch", "predicting")
        self.words = label("batch_words", role="quiet", wraps=True)
        self._lay_out()
        context.session_changed.connect(self._on_session)
        context.table.modelReset.connect(self._offer)
        one_click.checkpoint_changed.connect(self._offer)
        self.batch.ended.connect(self._say)
        self._on_session()

    def run(self) -> None:
        """Predict the frames that are chosen."""
        self._offer()
        which, unsure = self.which.currentData(), self.unsure.isChecked()
        job = self.batch.start(which, uncertainty=unsure)
        if job is not None:
            self._say("")
            self._running = True
            self._offer()
            for ending in (job.finished, job.failed, job.cancelled):
                ending.connect(self._on_end)
            self.job.follow(job, "Starting…")

    def showEvent(self, event: QShowEvent) -> None:
        """Count the frames anew."""
        super().showEvent(event)
        self._offer()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label("batch_title", "Frames of the folder", "heading"))
        layout.addLayout(WrappingRow(self.which, self.act))
        layout.addWidget(self.unsure)
        layout.addWidget(self.job)
        layout.addWidget(self.words)

    def _offer(self) -> None:
        """Say how many frames each choice means; the choice stays."""
        before = max(self.which.currentIndex(), 0)
        self.which.clear()
        for which, words in _WHICH.items():
            self.which.addItem(f"{words} ({len(self.batch.frames(which)):,})", which)
        self.which.setCurrentIndex(before)
        is_open = self._context.session is not None
        ready = is_open and self._one_click.checkpoint is not None
        self.which.setEnabled(is_open)
        self.act.setEnabled(ready and not self._running)

    def _on_session(self) -> None:
        self._say("" if self._context.session is not None else _NO_FOLDER)
        self._offer()

    def _say(self, words: str) -> None:
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def _on_end(self, *_what: Any) -> None:
        self._running = False
        self._offer()
