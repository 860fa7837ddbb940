"""Page Progress: a training as it runs, or how a run went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ..jobs import words
from ..jobs.process_use import ProcessUse
from ..jobs.training_job import TrainingJob
from ..window.context import ReviewContext
from ..window.controls import ElidedLabel, button, label
from ..window.job_bar import JobBar
from .pictures import TrainPictures
from .runs import Run, read_run, read_runs
from .scores import TrainScores
from .words import empty_words, epoch_words, run_words, use_words

_NO_CHECKPOINT = "No checkpoint yet: the first epoch has not ended."
_FOLDS = "Each fold keeps its best checkpoint in its own folder of the run."
_NONE = "No training yet. Set one up, and watch it here."
_PAUSED = "Paused: it keeps its memory, and Go on continues it."
_PAUSED_ELSEWHERE = "The training is paused; press Go on under Train, Progress."
_GOES_ON = "The training goes on."

#: Milliseconds between two looks at what the training uses.
_LOOK = 1000

#: Pixels that the curves are high, so that scores or pictures are seen below them.
_CURVES = 300


class TrainWatch(QWidget):
    """Curves, pictures, use of the machine, and what can be done to a training."""

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self.setObjectName("train_watch")
        self._context = context
        self._training: TrainingJob | None = None
        self._use: ProcessUse | None = None
        self._gpu: float | None = None
        self.job = JobBar("train", "training; the best checkpoint is kept")
        self.pause = button(
            "train_pause", "Pause", "Let the training wait, and go on", self._pause
        )
        self.pause.hide()
        self.epoch = label("train_epoch", wraps=True)
        self.used = ElidedLabel("train_use")
        self.used.hide()
        self.kept = ElidedLabel("train_checkpoint", Qt.TextElideMode.ElideMiddle)
        self.failure = label("train_failure", wraps=True)
        self.failure.setProperty("level", "error")
        self.pictures, self.scores = TrainPictures(), TrainScores()
        self.curves: Any = None
        self._look = QTimer(self)
        self._look.setInterval(_LOOK)
        self._look.timeout.connect(self._on_look)
        self._lay_out()
        context.theme_changed.connect(self._on_theme)

    @property
    def running(self) -> bool:
        """Whether a training is followed that has not ended."""
        return self._training is not None

    def enter(self) -> None:
        """Make the curves when the tab is first seen: pyqtgraph takes a moment."""
        if self.curves is None:
            from .curves import RunCurves

            self.curves = RunCurves()
            self.curves.set_palette(self._context.theme_palette())
            self.curves.setFixedHeight(_CURVES)
            self._inside.insertWidget(0, self.curves)
            if not self.running:
                self.show_newest()

    def follow(self, job: TrainingJob) -> None:
        """Show a training that runs, from its first epoch on."""
        self._training = job
        self.enter()
        self._clear()
        _say(self.kept, _NO_CHECKPOINT)
        self._use = ProcessUse(job.pid) if job.pid else None
        self._look.start()
        job.event.connect(self._on_event)
        job.epoch.connect(self._on_epoch)
        job.finished.connect(self._on_over)
        job.failed.connect(self._on_failed)
        job.cancelled.connect(self._on_cancelled)
        self.job.follow(job, "Starting…")
        self.pause.show()
        self._say_paused(job.paused)

    def forget(self) -> None:
        """Follow nothing any more: the training belongs to a folder that was closed."""
        self.job.forget()
        self._end()

    def show_newest(self) -> None:
        """Show how the project's newest run went, if there is one."""
        session = self._context.session
        found = read_runs(session.project.runs) if session is not None else []
        if found:
            self.show_run(found[0])
        else:
            self._clear()
            self._tell(_NONE)

    def show_run(self, run: Run) -> None:
        """Show how a run went, while none is running."""
        if self.running:
            return
        self.enter()
        self._clear()
        self.curves.say_why_empty(empty_words(run))
        for event in run.epochs:
            self.curves.add(event)
        self._tell(run_words(run))
        self._say_failure(run.error)
        self.scores.show_result(run.result)
        last = run.epochs[-1] if run.epochs else {}
        self.pictures.show_file(_picture_of(run.folder, last))
        best = TrainingJob(run.folder).best_checkpoint
        _say(self.kept, "" if best is None else f"Best checkpoint: {best}")

    # Inside -----------------------------------------------------------------------

    def _lay_out(self) -> None:
        inside = QWidget()
        self._inside = QVBoxLayout(inside)
        self._inside.setContentsMargins(0, 0, 6, 0)
        self._inside.addWidget(self.scores)
        self._inside.addWidget(self.pictures)
        self._inside.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("train_watch_scroll")
        self._scroll.setAccessibleName("Progress of a training")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidget(inside)
        row = QHBoxLayout()
        row.addWidget(self.job, 1)
        row.addWidget(self.pause, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        for part in (self.failure, self.epoch, self.used, self.kept):
            layout.addWidget(part)
        layout.addWidget(self._scroll, 1)

    def _clear(self) -> None:
        if self.curves is not None:
            self.curves.clear_points()
        self._gpu = None
        self._say_failure("")
        self.scores.show_result({})
        self.pictures.show_file(None)
        self._tell("")
        _say(self.kept, "")
        self._scroll.verticalScrollBar().setValue(0)

    def _on_event(self, event: dict[str, Any]) -> None:
        job, kind = self._training, event["event"]
        if job is None or kind not in ("paused", "resumed"):
            return
        # What is told again of the past, as by an attached one, may hold no more.
        if job.paused == (kind == "paused"):
            self._say_paused(job.paused)
            said = _PAUSED_ELSEWHERE if job.paused else _GOES_ON
            self._context.said.emit("info", said)

    def _on_epoch(self, event: dict[str, Any]) -> None:
        job = self._training
        if job is None:
            return
        self.curves.add(event)
        self._tell(epoch_words(event))
        self.pictures.show_file(_picture_of(job.out, event))
        self._gpu = event.get("memory_gb") if _on_gpu(job.out) else None
        if "fold" in event:
            _say(self.kept, _FOLDS)
        self._say_kept()

    def _on_look(self) -> None:
        use = None if self._use is None else self._use.look()
        _say(self.used, use_words(use, self._gpu))

    def _on_over(self, result: object) -> None:
        self._say_kept()
        job = self._training
        if isinstance(result, dict) and job is not None:
            self.scores.show_result(result)
            self._tell(str(result.get("text") or run_words(read_run(job.out))))
        self._end()

    def _on_failed(self, text: str) -> None:
        job = self._training
        if job is not None:
            self._sum_up(read_run(job.out))
        self._say_failure(text)
        self._end()

    def _on_cancelled(self) -> None:
        job = self._training
        if job is not None:
            run = read_run(job.out)
            there = bool(run.config)
            said = words.of_cancelled_training(
                len(run.epochs), run.folds, resumable=there
            )
            self._sum_up(run, said)
            self.scores.show_result(run.result)
        self._end()

    def _sum_up(self, run: Run, said: str = "") -> None:
        """Say how far a run came, in place of what holds while it runs."""
        self.curves.say_why_empty(empty_words(run))
        lines = [run_words(run)] if run.config else []
        self._tell("\n".join([*lines, said] if said else lines))
        _say(self.kept, _FOLDS if run.folds and run.epochs else "")
        self._say_kept()

    def _say_kept(self) -> None:
        best = self._training.best_checkpoint if self._training is not None else None
        if best is not None:
            _say(self.kept, f"Best checkpoint kept at {best}")

    def _tell(self, text: str) -> None:
        self.epoch.setText(text)
        self.epoch.setVisible(bool(text))

    def _say_failure(self, text: str) -> None:
        self.failure.setText(text)
        self.failure.setVisible(bool(text))

    def _say_paused(self, paused: bool) -> None:
        self.pause.setText("Go on" if paused else "Pause")
        if paused:
            self.job.words.set_text(_PAUSED)
        elif self.job.words.text() == _PAUSED:
            self.job.words.set_text(_GOES_ON)

    def _pause(self) -> None:
        job = self._training
        if job is not None:
            wait = not job.paused
            job.pause(wait)
            self._say_paused(wait)

    def _end(self) -> None:
        self._training = self._use = None
        self._look.stop()
        self.used.hide()
        self.pause.hide()

    def _on_theme(self, palette: Any) -> None:
        if self.curves is not None:
            self.curves.set_palette(palette)


def _say(line: ElidedLabel, text: str) -> None:
    """Say something on a line, which takes no room while there is nothing to say."""
    line.set_text(text)
    line.setVisible(bool(text))


def _picture_of(run: Path, event: Any) -> Path | None:
    """Return where the pictures of an epoch event lie."""
    if not event.get("preview"):
        return None
    fold = f"fold-{event['fold']}" if "fold" in event else ""
    return run / fold / str(event["preview"])


def _on_gpu(run: Path) -> bool:
    """Tell whether a run computes on a GPU of its own memory."""
    try:
        return '"device": "cuda' in (run / "environment.json").read_text("utf-8")
    except OSError:
        return False
