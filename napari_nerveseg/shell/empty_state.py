"""What the dock shows before a folder is open: three ways to begin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QFrame, QPushButton, QVBoxLayout

from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.job_bar import JobBar
from ..window.workers import Workers

_WHAT = (
    "Drop a folder with ultrasound frames here, or choose one.\n\n"
    "It may hold 1_1.tif with 1_1_mask.tif beside it, two folders images and masks, "
    "or frames without masks. The folder is only read: your edits go into a project "
    "folder of their own, stroke by stroke."
)
#: Pixels for the buttons, which are one column.
_BUTTONS = 240

#: The folder of synthetic frames, in the one that is chosen.
PHANTOM = "nerveseg-phantom"


class EmptyState(QFrame):
    """Says what to do first.

    Parameters
    ----------
    choose
        Asks for a folder.
    predict
        Shows the tab Predict without one.
    """

    def __init__(
        self,
        context: ReviewContext,
        workers: Workers,
        choose: Callable[[], object],
        predict: Callable[[], object],
    ) -> None:
        super().__init__()
        self.setObjectName("empty_state")
        self._context, self._workers = context, workers
        self.text = label("empty_state_text", _WHAT, wraps=True)
        self.make = button(
            "make_phantom",
            "Try it on synthetic frames…",
            "Write 240 drawn frames with masks and planted mistakes, and open them",
            self.choose_place,
        )
        self.job = JobBar("phantom", "making frames; nothing is written")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.addStretch(1)
        title = label("empty_state_title", "See, judge and mend nerve masks", "heading")
        for words in (title, self.text):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(words)
            layout.addSpacing(12)
        for made in (self._opener(choose), self.make, self._predicter(predict)):
            made.setFixedWidth(_BUTTONS)
            layout.addWidget(made, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.job)
        layout.addStretch(1)

    def _opener(self, choose: Callable[[], object]) -> QPushButton:
        tip = "Choose a folder with frames"
        return button("empty_open_folder", "Open folder…", tip, choose)

    def _predicter(self, predict: Callable[[], object]) -> QPushButton:
        tip = "Without a folder: on any image that is open in napari"
        return button("empty_predict", "Predict on an image…", tip, predict)

    def choose_place(self) -> None:
        """Ask where synthetic frames are to go, and make them there."""
        folder = QFileDialog.getExistingDirectory(
            self, "Where the synthetic frames go", str(Path.home())
        )
        if folder:
            self.make_phantom(Path(folder) / PHANTOM)

    def make_phantom(self, out: Path) -> None:
        """Write synthetic frames to ``out`` and open them; those there are opened."""
        if (out / "train").is_dir():
            self._context.open(out / "train")
            return
        job = self._workers.start("phantom", {"out": str(out)})
        if job is not None:
            job.finished.connect(self._on_made)
            self.job.follow(job, "Drawing frames…")

    def _on_made(self, result: dict[str, Any]) -> None:
        self._context.open(Path(result["data"]))
