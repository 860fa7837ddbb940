"""What augmentation does to frames of this folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtGui import QPixmap
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from .. import _engine
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.dialog import Dialog
from ..window.job_bar import JobBar
from ..window.workers import Workers

_WHAT = (
    "Left: frames as they are. Beside each: the same as training would see it, by the "
    "settings of the form."
)


class AugmentDialog(Dialog):
    """Frames in rows, changed in several ways; drawn by a worker.

    Parameters
    ----------
    context, workers
        As everywhere.
    asked
        Returns the form's settings.
    parent
        Above which it appears.
    """

    def __init__(
        self,
        context: ReviewContext,
        workers: Workers,
        asked: Callable[[], dict[str, Any]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent, "augment_dialog", "Augmentation")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # it is kept
        self._workers, self._asked = workers, asked
        self._folder = tempfile.TemporaryDirectory(prefix="nerveseg-")
        self.destroyed.connect(self._folder.cleanup)
        self._shown, self._others = QPixmap(), 0
        self.picture = QLabel()
        self.picture.setObjectName("augment_picture")
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setMinimumSize(480, 280)
        self.job = JobBar("augment", "the drawing")
        self.again = button(
            "augment_again",
            "Others",
            "Draw other frames, changed in other ways",
            self._draw_others,
        )
        row = QHBoxLayout()
        row.addWidget(label("augment_words", _WHAT, role="quiet", wraps=True), 1)
        row.addWidget(self.again)
        row.addWidget(self.closer())
        layout = QVBoxLayout(self)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.job)
        layout.addLayout(row)
        self.resize(900, 560)
        context.session_changed.connect(self.close)

    def draw(self) -> None:
        """Draw by the settings that the form has now."""
        try:
            config = self._asked()
        except _engine.InputError:  # the form says what is to be mended
            return
        config["seed"] += self._others
        out = Path(self._folder.name) / "augmented.png"
        job = self._workers.preview_augmentation(config, out)
        if job is not None:
            self.job.follow(job, "Drawing…")
            job.finished.connect(self._on_drawn)

    def resizeEvent(self, event: Any) -> None:
        """Fit the picture into the dialog."""
        super().resizeEvent(event)
        self._fit()

    def _draw_others(self) -> None:
        self._others += 1
        self.draw()

    def _on_drawn(self, found: dict[str, Any]) -> None:
        self._shown = QPixmap(str(found["out"]))
        self._fit()

    def _fit(self) -> None:
        if not self._shown.isNull():
            keep = Qt.AspectRatioMode.KeepAspectRatio
            smooth = Qt.TransformationMode.SmoothTransformation
            self.picture.setPixmap(
                self._shown.scaled(self.picture.size(), keep, smooth)
            )
