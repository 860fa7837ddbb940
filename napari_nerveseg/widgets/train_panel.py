"""Tab Train: settings, Start, live curves, Cancel."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ..jobs import words
from ..jobs.training_job import TrainingJob
from ..view.desk import Desk
from ..view.past_runs import newest_checkpoint, newest_history
from ..view.progress_words import duration
from ..view.train_settings import config_json, settings_error
from ..view.workers import Workers
from .controls import ElidedLabel, button, label
from .job_bar import JobBar
from .train_form import TrainForm

_FIRST = "Open a folder with frames and masks first."
_NO_CHECKPOINT = "No checkpoint yet: the first epoch has not ended."


class TrainPanel(QWidget):
    """Form, curves, and what the training says; it runs in a process of its own."""

    def __init__(self, desk: Desk, workers: Workers) -> None:
        super().__init__()
        self.setObjectName("train_panel")
        self._desk, self._workers = desk, workers
        self._running = False
        self._training: TrainingJob | None = None
        self.form = TrainForm()
        self.problem = label("train_problem", wraps=True)
        self.problem.setProperty("level", "error")
        self.start = button(
            "train_start", "Start training", "Train in the background", self._start
        )
        self.job = JobBar("train", "training; the best checkpoint is kept")
        self.epoch = ElidedLabel("train_epoch")
        self.kept = ElidedLabel("train_checkpoint", Qt.TextElideMode.ElideMiddle)
        self.curves: Any = None
        self._layout = QVBoxLayout(self)
        self._lay_out()
        self.form.changed.connect(self._check)
        desk.session_changed.connect(self._on_session)
        desk.theme_changed.connect(self._on_theme)
        self._check()

    def enter(self) -> None:
        """Make the curves when the tab is first seen: pyqtgraph takes a moment."""
        if self.curves is None:
            from ..view.curves import Curves

            self.curves = Curves()
            self.curves.set_palette(self._desk.theme_palette())
            self._layout.insertWidget(self._layout.count() - 1, self.curves, 100)
            self._show_last()

    def follow(self, job: TrainingJob) -> None:
        """Show a training that runs, from its first epoch on."""
        self._running = True
        self.enter()
        self.curves.clear_points()
        self.epoch.set_text("")
        self.kept.set_text(_NO_CHECKPOINT)
        self._training = job
        job.epoch.connect(self._on_epoch)
        job.finished.connect(self._on_over)
        job.failed.connect(self._on_over)
        job.cancelled.connect(self._on_cancelled)
        self.job.follow(job, "Starting…")
        self._check()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.start)
        row.addStretch(1)
        self._layout.setContentsMargins(6, 6, 6, 6)
        self._layout.addWidget(self.form)
        self._layout.addWidget(self.problem)
        self._layout.addLayout(row)
        self._layout.addWidget(self.job)
        self._layout.addWidget(self.epoch)
        self._layout.addWidget(self.kept)
        self._layout.addStretch(1)

    def _check(self, *_what: object) -> None:
        session = self._desk.session
        subjects = session.dataset.subjects if session is not None else ()
        error = settings_error(self.form.values(), subjects)
        if error is None and session is None:
            error = _FIRST
        self.problem.setText(error or "")
        self.problem.setVisible(error is not None)
        self.start.setEnabled(error is None and not self._running)

    def _start(self) -> None:
        job = self._workers.train(config_json(self.form.values()))
        if job is not None:
            self.follow(job)

    def _on_session(self) -> None:
        """Follow a training that outlived the window before."""
        self._running = False
        self.job.forget()
        job = self._workers.running_training()
        if job is not None:
            self.follow(job)
        elif self.curves is not None:
            self._show_last()
        self._check()

    def _show_last(self) -> None:
        """Show how the project's newest run went, while none is running."""
        if self._running:
            return
        self.curves.clear_points()
        session = self._desk.session
        history = newest_history(session.project.runs) if session is not None else []
        for event in history:
            self.curves.add(event)
        best = newest_checkpoint(session.project.runs) if session is not None else None
        self.epoch.set_text(past_words(history) if history else "")
        self.kept.set_text(f"Newest checkpoint: {best}" if best is not None else "")

    def _on_epoch(self, event: dict[str, Any]) -> None:
        self.curves.add(event)
        self.epoch.set_text(epoch_words(event))
        self._say_kept()

    def _on_over(self, _result: object) -> None:
        self._say_kept()
        self._on_end()

    def _on_cancelled(self) -> None:
        best = self._training.best_checkpoint if self._training is not None else None
        self.kept.set_text(words.of_cancelled_training(best))
        self._on_end()

    def _say_kept(self) -> None:
        best = self._training.best_checkpoint if self._training is not None else None
        if best is not None:
            self.kept.set_text(f"Best checkpoint kept at {best}")

    def _on_end(self) -> None:
        self._running = False
        self._check()

    def _on_theme(self, palette: Any) -> None:
        if self.curves is not None:
            self.curves.set_palette(palette)


def past_words(history: list[dict[str, Any]]) -> str:
    """Return a finished run's epoch events in words: how long, how good."""
    dices = [e["val_dice"] for e in history if e.get("val_dice") is not None]
    said = f"Newest run: {len(history)} epochs"
    return f"{said} · best validation Dice {max(dices):.3f}" if dices else said


def epoch_words(event: dict[str, Any]) -> str:
    """Return an epoch event in words: which, how good, how long still."""
    said = f"Epoch {event['epoch']} of {event['epochs']}"
    if event.get("val_dice") is not None:
        said += f" · validation Dice {event['val_dice']:.3f}"
    if event.get("seconds_left") is not None:
        said += f" · {duration(event['seconds_left'])} left"
    return said
