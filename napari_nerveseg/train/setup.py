"""Page Set up: the form, what it would take, and Start."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import (
    QComboBox,
    QFrame,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.job_bar import JobBar
from ..window.workers import Workers
from ..window.wrapping import WrappingRow
from .augment import AugmentDialog
from .form import TrainForm
from .settings import config_json, problems
from .words import cross_validation_words, estimate_words

_FIRST = "Open a folder with frames and masks first."
_MEND = "Mend what is marked above first."
_BUSY = "A training is running; see Progress."
_PAUSED = "A training is paused; see Progress to go on with it or to cancel it."
_OLD = "The settings have changed since the estimate."
_ALL_VALIDATE = "In a cross-validation every subject validates once: leave it empty."

#: How often to train: words, and folds.
_HOW = (
    ("One training", 0),
    ("Cross-validation, 3 folds", 3),
    ("Cross-validation, 5 folds", 5),
    ("Cross-validation, 10 folds", 10),
)


class TrainSetup(QWidget):
    """Everything before Start.

    Signals: ``started(job)`` when a training or cross-validation has been started.
    """

    started = Signal(object)

    def __init__(self, context: ReviewContext, workers: Workers) -> None:
        super().__init__()
        self.setObjectName("train_setup")
        self._context, self._workers = context, workers
        self._estimated: tuple[int, dict[str, Any]] | None = None
        self._augment: AugmentDialog | None = None
        self.form = TrainForm()
        self.how = QComboBox()
        self.how.setObjectName("train_how")
        self.how.setAccessibleName("How often to train")
        self.how.setToolTip("Train once, or once for each part of the subjects")
        for words, folds in _HOW:
            self.how.addItem(words, folds)
        self.problem = label("train_problem", wraps=True)
        self.problem.setProperty("level", "error")
        self.forecast = label("train_forecast", role="quiet", wraps=True)
        self.start = button(
            "train_start", "Start training", "Train in the background", self._start
        )
        self.start.setDefault(True)
        self.estimate = button(
            "train_estimate",
            "Estimate",
            "Try a few steps, and say how long all would take and how much memory",
            self._estimate,
        )
        self.augment = button(
            "train_augment_preview",
            "Preview augmentation…",
            "See frames of this folder as training would see them",
            self._preview,
        )
        self.forecast.hide()
        self.job = JobBar("estimate", "the estimate")
        self._lay_out()
        self.form.changed.connect(self.check)
        self.how.currentIndexChanged.connect(self.check)
        context.session_changed.connect(self._on_session)
        self.check()

    @property
    def folds(self) -> int:
        """How many folds to train; 0 is one training."""
        return int(self.how.currentData())

    def check(self, *_what: object) -> None:
        """Say what is wrong, beside the fields, and whether one can start."""
        session, values = self._context.session, self.form.values()
        subjects = session.dataset.subjects if session is not None else ()
        wrong = problems(values, subjects)
        if self.folds and values["val_subjects"].strip():
            wrong.setdefault("val_subjects", _ALL_VALIDATE)
        self.form.say(wrong)
        said = _FIRST if session is None else _MEND if wrong else ""
        training = self._workers.training
        busy = "" if training is None else _PAUSED if training.paused else _BUSY
        self.problem.setText(said or busy)
        self.problem.setVisible(bool(self.problem.text()))
        self.start.setEnabled(not said and not busy)
        self.estimate.setEnabled(not said and not self._workers.runs("estimate"))
        self.augment.setEnabled(not said)
        self.start.setText("Start cross-validation" if self.folds else "Start training")
        now = (self.folds, {} if wrong else self._asked())
        if self._estimated is not None and self._estimated != now:
            self._estimated = None
            self._forecast(_OLD)

    def showEvent(self, event: QShowEvent) -> None:
        """Look again: a training may have been paused on another page."""
        self.check()
        super().showEvent(event)

    def _asked(self) -> dict[str, Any]:
        return config_json(self.form.values())

    def _start(self) -> None:
        job = self._workers.train(self._asked(), self.folds)
        if job is not None:
            self.started.emit(job)

    def _estimate(self) -> None:
        asked, folds = self._asked(), self.folds
        job = self._workers.estimate(asked)
        if job is None:
            return
        self._estimated = None
        self._forecast("")
        self.estimate.setEnabled(False)
        self.job.follow(job, "Starting the estimate…")
        job.finished.connect(lambda found: self._on_estimated(asked, folds, found))
        for ending in (job.finished, job.failed, job.cancelled):
            ending.connect(self.check)

    def _on_estimated(
        self, asked: dict[str, Any], folds: int, found: dict[str, Any]
    ) -> None:
        self._estimated = (folds, asked)
        self._context.said.emit("info", "The estimate is below the form.")
        words = cross_validation_words(estimate_words(found), folds)
        self._forecast(" ".join([words, *found["warnings"]]))

    def _forecast(self, text: str) -> None:
        self.forecast.setText(text)
        self.forecast.setVisible(bool(text))

    def _preview(self) -> None:
        if self._augment is None:
            self._augment = AugmentDialog(
                self._context, self._workers, self._asked, self
            )
        self._augment.show()
        self._augment.draw()

    def _on_session(self) -> None:
        self.job.forget()
        self._estimated = None
        self._forecast("")
        self.check()

    def _lay_out(self) -> None:
        scroll = QScrollArea()
        scroll.setObjectName("train_scroll")
        scroll.setAccessibleName("Settings of a training")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(self.form)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.problem)
        layout.addLayout(WrappingRow(self.estimate, self.augment))
        layout.addWidget(self.job)
        layout.addWidget(self.forecast)
        layout.addLayout(WrappingRow(self.how, self.start))
