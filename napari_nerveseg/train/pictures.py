"""The last validation pictures of a run, as wide as there is room."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QSize
from qtpy.QtGui import QImage, QPainter, QPaintEvent, QPixmap
from qtpy.QtWidgets import QSizePolicy, QWidget

from .. import _engine
from ..canvas import colours

#: Level (of 255) from which a prediction counts as nerve here; the run's own rule is
#: known only when it ends.
LEVEL = 128

#: Pictures beside each other, and pixels between them.
COLUMNS, _GAP = 3, 4

Images = npt.NDArray[np.uint8]

#: What the file holds, see `training.guarded.read_arrays`: so many bytes and pictures.
_KINDS = {"ids": "U", "epoch": "iu", "frames": "u", "truths": "u", "predictions": "u"}
_MOST_BYTES, _MOST = 64 << 20, 64


@dataclass(frozen=True, eq=False)
class Preview:
    """A few validation frames, their masks, and what the network makes of them.

    Attributes
    ----------
    ids
        The frames.
    epoch
        After which epoch.
    frames, truths, predictions
        (N, H, W) uint8: grey levels; share of nerve and probability times 255.
    """

    ids: tuple[str, ...]
    epoch: int
    frames: Images
    truths: Images
    predictions: Images


def read_preview(path: Path) -> Preview | None:
    """Return what a run's ``preview.npz`` holds; None if it cannot be read."""
    try:
        found = _engine.read_arrays(path, _KINDS, _MOST_BYTES, _MOST)
    except (OSError, ValueError):
        return None
    ids, epoch = found.pop("ids"), found.pop("epoch")
    (shape, *others) = {images.shape for images in found.values()}
    bytes_alone = all(images.dtype == np.uint8 for images in found.values())
    as_written = bytes_alone and not others and len(shape) == 3 and min(shape) > 0
    if not as_written or ids.shape != shape[:1] or epoch.shape:
        return None
    return Preview(tuple(map(str, ids)), int(epoch), **found)


def draw_preview(preview: Preview) -> QPixmap:
    """Return all pictures in rows, with ground truth and prediction as contours."""
    pictures = [
        _draw(frame, truth >= LEVEL, prediction >= LEVEL)
        for frame, truth, prediction in zip(
            preview.frames, preview.truths, preview.predictions, strict=True
        )
    ]
    height, width = preview.frames.shape[1:]
    rows = -(-len(pictures) // COLUMNS)
    size = (rows * (height + _GAP) - _GAP, COLUMNS * (width + _GAP) - _GAP)
    canvas = np.zeros((*size, 4), np.uint8)  # what is between them is transparent
    for n, picture in enumerate(pictures):
        top = n // COLUMNS * (height + _GAP)
        left = n % COLUMNS * (width + _GAP)
        canvas[top : top + height, left : left + width, :3] = picture
        canvas[top : top + height, left : left + width, 3] = 255
    image = QImage(
        canvas.data, size[1], size[0], 4 * size[1], QImage.Format.Format_RGBA8888
    )
    return QPixmap.fromImage(image.copy())  # which no longer needs the array


def _draw(
    frame: Images, truth: npt.NDArray[np.bool_], prediction: npt.NDArray[np.bool_]
) -> Images:
    """Return (H, W, 3) uint8."""
    picture = np.repeat(frame[..., None], 3, axis=-1)
    picture[_rim(truth)] = _rgb(colours.GROUND_TRUTH)
    picture[_rim(prediction)] = _rgb(colours.PREDICTION)
    return picture


def _rim(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the pixels of a mask that touch the outside or an edge."""
    padded = np.pad(mask, 1)
    inside = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    rim: npt.NDArray[np.bool_] = mask & ~inside
    return rim


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


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
