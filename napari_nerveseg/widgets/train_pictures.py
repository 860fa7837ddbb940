"""The last validation pictures of a run, as wide as there is room."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import QSize
from qtpy.QtGui import QPainter, QPaintEvent, QPixmap
from qtpy.QtWidgets import QSizePolicy, QWidget

from ..view.run_pictures import Preview, draw_preview, read_preview

_TIP = (
    "Validation frames after epoch {epoch}: {frames}. Blue is the ground truth, yellow "
    "the prediction at one half"
)


class TrainPictures(QWidget):
    """Hidden while there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("train_pictures")
        self.preview: Preview | None = None
        self._drawn = QPixmap()
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()

    def show_file(self, path: Path | None) -> None:
        """Show a run's ``preview.npz``; None or one that cannot be read, nothing."""
        self.preview = None if path is None else read_preview(path)
        self.setVisible(self.preview is not None)
        if self.preview is not None:
            self._drawn = draw_preview(self.preview)
            frames = ", ".join(self.preview.ids)
            self.setToolTip(_TIP.format(epoch=self.preview.epoch, frames=frames))
            self.setAccessibleName(self.toolTip())
            self.updateGeometry()
            self.update()

    def hasHeightForWidth(self) -> bool:
        """Say that height follows width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height at which the pictures keep their shape."""
        if self._drawn.isNull():
            return 0
        return width * self._drawn.height() // self._drawn.width()

    def sizeHint(self) -> QSize:
        """Return what the present width wants."""
        return QSize(400, self.heightForWidth(max(self.width(), 1)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the pictures into the whole widget."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        height = self.heightForWidth(self.width())
        painter.drawPixmap(0, 0, self.width(), height, self._drawn)
        painter.end()
