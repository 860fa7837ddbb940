"""Predict many frames: which, start, progress, Cancel, what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QShowEvent
from qtpy.QtWidgets import QCheckBox, QComboBox, QVBoxLayout, QWidget

from ..jobs.job import Job
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.job_bar import JobBar
from ..window.keys import with_key
from ..window.workers import Workers
from ..window.wrapping import WrappingRow
from .predicting import OneClick

ALL, KEPT, MARKED = "all", "kept", "marked"

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


class Batch(QObject):
    """Predicts all frames of the folder, those that the filter keeps, or the selected.

    They go to one folder in the project for each checkpoint, apart from what the
    command line predicts, with other maps. Frames that are done and have not changed
    are passed over, so that what was interrupted goes on.

    Signals: ``ended(text)`` with what came out, in words.
    """

    ended = Signal(str)

    def __init__(
        self, context: ReviewContext, workers: Workers, one_click: OneClick
    ) -> None:
        super().__init__(context)
        self._context, self._workers, self._one_click = context, workers, one_click

    def frames(self, which: str) -> tuple[str, ...]:
        """Return the frames that `ALL`, `KEPT` or `MARKED` means now."""
        session, table = self._context.session, self._context.table
        if session is None:
            return ()
        if which == MARKED:
            return table.marked
        return tuple(table.frames()) if which == KEPT else tuple(session.dataset.ids)

    def start(self, which: str, *, uncertainty: bool = False) -> Job | None:
        """Begin; None, and why not is said, if that cannot be."""
        checkpoint, frames = self._one_click.checkpoint, self.frames(which)
        out = self.folder()
        if checkpoint is None or out is None or not frames:
            self._context.say("warning", "Choose a checkpoint and some frames first.")
            return None
        settings = {
            "checkpoint": str(checkpoint.absolute()),
            "input": self._context.source["data"],
            "reading": self._context.source["reading"],
            "out": str(out),
            "probabilities": True,
            "uncertainty": uncertainty,
            "frames": None if which == ALL else list(frames),
            "resume": True,
            "strict": False,
        }
        job = self._workers.start("predict", settings)
        if job is not None:
            session, before = self._context.session, _last_written(out)
            job.finished.connect(lambda result: self._on_done(session, result))
            job.cancelled.connect(lambda: self._on_cancelled(session, out, before))
        return job

    def folder(self) -> Path | None:
        """Return where the checkpoint's predictions of this folder lie."""
        session, checkpoint = self._context.session, self._one_click.checkpoint
        if session is None or checkpoint is None:
            return None
        of_run = checkpoint.is_file() and checkpoint.stem == "best"
        run = checkpoint.absolute().parent if of_run else checkpoint
        return Path(session.project.predictions.absolute() / f"{run.stem}-window")

    def _on_done(self, session: object, result: dict[str, Any]) -> None:
        self._show(session, Path(result["out"]))
        self.ended.emit(batch_words(result))

    def _on_cancelled(self, session: object, out: Path, before: int | None) -> None:
        if (
            _last_written(out) == before
        ):  # so early, or what is there has other settings
            self.ended.emit("Stopped; nothing new is kept.")
            return
        self._show(session, out)
        self.ended.emit("Stopped; what is done is shown. Predict again to go on.")

    def _show(self, session: object, out: Path) -> None:
        """Show what was predicted, unless another folder is open by now."""
        if session is self._context.session:
            self._context.load_predictions(out)


def _last_written(out: Path) -> int | None:
    """Return when a folder's table of predictions was written, if there is one."""
    try:
        return (out / "predictions.csv").stat().st_mtime_ns
    except OSError:
        return None


def batch_words(result: dict[str, Any]) -> str:
    """Return what came out of predicting many frames."""
    words = f"{result['n_predicted']:,} of {result['n_frames']:,} frames predicted"
    if result["n_before"]:
        words += f", {result['n_before']:,} done before"
    if result["n_failed"]:
        words += f", {result['n_failed']:,} could not be read"
    return f"{words}. They are in {result['out']}."
