"""Tab Predict: choose a checkpoint once, then one click or key on any image."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..review.counting import counted
from ..window.context import ReviewContext
from ..window.controls import ElidedLabel, button, label
from ..window.job_bar import JobBar
from ..window.keys import key_of
from ..window.workers import Workers
from ..window.wrapping import WrappingRow
from .batch_box import BatchBox
from .predicting import OneClick

if TYPE_CHECKING:
    from .._engine import CheckpointMeta


#: What its keys do, by name.
COMMANDS = ("predict", "predict_frames")
_FORMATS = (
    ("tif", "TIFF masks (_mask.tif)"),
    ("png", "PNG masks (_mask.png)"),
    ("rle", "run-length table (csv)"),
)


class PredictPanel(QWidget):
    """Checkpoint, the one button, stacks, and files in and out."""

    def __init__(
        self, context: ReviewContext, workers: Workers, one_click: OneClick
    ) -> None:
        super().__init__()
        self.setObjectName("predict_panel")
        self._context, self._workers, self._one_click = context, workers, one_click
        self.checkpoint = ElidedLabel("checkpoint_path", Qt.TextElideMode.ElideMiddle)
        self.hint = label("checkpoint_hint", role="quiet", wraps=True)
        self.demo = button(
            "use_demo",
            "Use the demo's",
            "The small network that 'nerveseg demo' trained on synthetic frames",
            self._use_demo,
        )
        self.predict = button(
            "predict_now",
            f"Predict on the active image   {key_of('predict')}",
            "Put probability and prediction on the active image layer",
            self.run,
            command="predict",
        )
        self.whole = QCheckBox("Whole stack")
        self.whole.setObjectName("predict_whole_stack")
        self.whole.setToolTip("Predict every slice of a stack, not only the one shown")
        self.job = JobBar("predict", "predicting")
        self.answer = label("predict_answer", role="quiet", wraps=True)
        self.answer.hide()
        self.batch = BatchBox(context, workers, one_click)
        self.format = QComboBox()
        self.format.setObjectName("export_format")
        self.format.setToolTip("How the masks are written")
        for value, words in _FORMATS:
            self.format.addItem(words, value)
        self.export = button(
            "export_labels",
            "Export labels…",
            "Write the masks as they are now, read them back and compare",
            self._export,
        )
        self.export_job = JobBar("export", "the export")
        self.report = label("export_report", role="quiet", wraps=True)
        self._lay_out()
        one_click.answered.connect(self._on_answer)
        one_click.checkpoint_changed.connect(self._on_checkpoint)
        one_click.stack_started.connect(self._on_stack)
        context.session_changed.connect(self._on_session)
        self._on_checkpoint()
        self._on_session()

    def run(self) -> None:
        """Predict on the active image layer."""
        self._one_click.predict(whole_stack=self.whole.isChecked())

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what the keys of predicting do."""
        return {"predict": self.run, "predict_frames": self.batch.run}

    # Layout -----------------------------------------------------------------------

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(label("checkpoint_title", "Checkpoint", "heading"))
        layout.addWidget(self.checkpoint)
        layout.addWidget(self.hint)
        layout.addLayout(self._checkpoint_row())
        layout.addSpacing(10)
        layout.addWidget(label("predict_title", "Predict", "heading"))
        layout.addWidget(self.predict)
        layout.addWidget(self.whole)
        layout.addWidget(self.job)
        layout.addWidget(self.answer)
        layout.addSpacing(10)
        layout.addWidget(self.batch)
        layout.addSpacing(10)
        layout.addWidget(label("files_title", "Files", "heading"))
        layout.addLayout(self._files_row())
        layout.addWidget(self.export_job)
        layout.addWidget(self.report)
        layout.addStretch(1)

    def _checkpoint_row(self) -> WrappingRow:
        row = WrappingRow()
        row.addWidget(
            button(
                "choose_checkpoint",
                "Choose checkpoint…",
                "A file best.safetensors; it is remembered",
                self._choose_file,
            )
        )
        row.addWidget(
            button(
                "choose_run",
                "Choose run…",
                "A run folder; its best checkpoint is taken and remembered",
                self._choose_run,
            )
        )
        row.addWidget(self.demo)
        return row

    def _files_row(self) -> QVBoxLayout:
        column = QVBoxLayout()
        self.open_predictions = button(
            "open_predictions",
            "Open predictions folder…",
            "Show the predictions of a folder beside the ground truth",
            self._open_predictions,
        )
        self.open_submission = button(
            "open_submission",
            "Open submission CSV…",
            "Show a submission (img,pixels) beside the ground truth",
            self._open_submission,
        )
        column.addLayout(WrappingRow(self.open_predictions, self.open_submission))
        column.addLayout(WrappingRow(self.export, self.format))
        return column

    # What one does ----------------------------------------------------------------

    def _choose_file(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(
            self, "Checkpoint", str(self._runs()), "Checkpoints (*.safetensors)"
        )
        if path:
            self._one_click.use(Path(path))

    def _choose_run(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Run folder", str(self._runs()))
        if path:
            self._one_click.use(Path(path))

    def _use_demo(self) -> None:
        path = demo_checkpoint()
        if path is not None:
            self._one_click.use(path)

    def _open_predictions(self) -> None:
        path = QFileDialog.getExistingDirectory(self, "Folder with predictions")
        if path:
            self._context.load_predictions(Path(path))

    def _open_submission(self) -> None:
        path, _kind = QFileDialog.getOpenFileName(
            self, "Submission", "", "Submissions (*.csv)"
        )
        if path:
            self._context.load_predictions(Path(path))

    def _export(self) -> None:
        out = QFileDialog.getExistingDirectory(self, "Folder to write the labels to")
        job = (
            self._workers.export(Path(out), self.format.currentData()) if out else None
        )
        if job is not None:
            self.report.setText("")
            job.finished.connect(self._on_exported)
            self.export_job.follow(job, "Starting the export…")

    def _runs(self) -> Path:
        session = self._context.session
        return session.project.runs if session is not None else Path.home()

    # What happened ----------------------------------------------------------------

    def _on_session(self) -> None:
        has_session = self._context.session is not None
        self.export.setEnabled(has_session)
        self.open_predictions.setEnabled(has_session)
        self.open_submission.setEnabled(has_session)

    def _on_checkpoint(self) -> None:
        path = self._one_click.checkpoint
        self.checkpoint.set_text(str(path) if path is not None else "none")
        self.checkpoint.setVisible(path is not None)  # else the hint says so
        self.hint.setText(checkpoint_hint(path, self._one_click.of_project))
        self.demo.setVisible(path is None and demo_checkpoint() is not None)
        self.predict.setEnabled(path is not None)

    def _on_answer(self, words: str) -> None:
        self.answer.setText(words)
        self.answer.show()

    def _on_stack(self, job: Any) -> None:
        self.job.follow(job, "Starting…")

    def _on_exported(self, result: dict[str, Any]) -> None:
        self.report.setText(export_words(result))


def export_words(result: dict[str, Any]) -> str:
    """Return an export's result in words."""
    return f"Wrote {result.get('n_masks', 0):,} masks to {result.get('out', '')}."


_NONE = (
    "No checkpoint is chosen. Train one in the tab Train; choose a file "
    "best.safetensors or a run folder; or run 'nerveseg demo', which trains a small "
    "one on synthetic frames."
)
_OF_PROJECT = "The newest that this project has trained."
_SYNTHETIC = (
    "It learnt from synthetic frames: good for trying the window, of no use for real "
    "ones."
)
_ENSEMBLE = "Several networks that predict together."
#: Where ``make demo`` writes its checkpoint, seen from the folder it was run in.
DEMO = Path("demo-out", "project", "runs", "demo", "best.safetensors")


def demo_checkpoint() -> Path | None:
    """Return the checkpoint of the demo that was run here or in the source folder."""
    here, source = Path.cwd(), Path(__file__).resolve().parents[2]
    return next(
        (folder / DEMO for folder in (here, source) if (folder / DEMO).is_file()), None
    )


def checkpoint_hint(path: Path | None, of_project: bool) -> str:
    """Return what to know of a checkpoint before one predicts, or how to get one.

    Parameters
    ----------
    path
        A checkpoint file, a run folder, or None.
    of_project
        Whether nobody chose it.
    """
    if path is None:
        return _NONE
    about = [_OF_PROJECT] if of_project else []
    try:
        about += meta_words(_engine.read_meta(path))
    except _engine.InputError:  # said by who loads it; an ensemble has no file
        about += [_ENSEMBLE] if path.is_dir() else []
    return " ".join(about)


def meta_words(meta: CheckpointMeta) -> list[str]:
    """Return sentences about a checkpoint."""
    height, width = meta.input_size
    known: dict[str, Any] = dict(meta.provenance)
    words = f"Network {meta.network}, {height} x {width}"
    if known.get("data"):
        words += f", trained on '{known['data']}'"
    subjects = known.get("train_subjects") or ()
    if subjects:
        words += f" ({counted(len(subjects), 'subject')})"
    scores = [
        f"{name} Dice {meta.scores[name]['competition_dice']:.3f}"
        for name in ("validation", "test")
        if (meta.scores.get(name) or {}).get("competition_dice") is not None
    ]
    sentences = ["; ".join([words, *scores]) + "."]
    return [*sentences, _SYNTHETIC] if known.get("synthetic") else sentences
