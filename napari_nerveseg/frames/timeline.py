"""All frames in one strip: state, conflicts, Dice, subjects; to click and drag."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from qtpy.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QToolTip, QWidget

from ..canvas import colours

_STATUSES = tuple(colours.STATUS)
#: Where several frames share a pixel, the one that needs a person most is seen.
_URGENCY = {"approved": 0, "unreviewed": 1, "excluded": 2, "flagged": 3}
#: Of the rows, in pixels: marks of conflicts, status, Dice, nerve.
_HEIGHTS = (7, 15, 6, 4)


class Timeline(QWidget):
    """A strip of the frames that the filter keeps, in the data set's order.

    The row of marks on top shows conflicts, the band the status, the two thin rows
    below the Dice and where the ground truth shows a nerve. Gaps part the subjects.
    """

    scrubbed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves napari's keys
        self.setAccessibleName("Timeline of the frames")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(
            "Every frame in order: click or drag to go there, or use the arrow keys.\n"
            "Colour is the status, marks above are conflicts. Below: Dice from orange"
            " (0)\nover yellow to green (1), and blue where there is a nerve.\n"
            "Gaps part subjects; what the filter hides is left out."
        )
        self._frames: Sequence[str] = ()
        self._status = np.empty(0, dtype=np.uint8)
        self._conflict = np.empty(0, dtype=bool)
        self._nerve = np.empty(0, dtype=bool)
        self._dice = np.empty(0)
        self._borders = np.empty(0, dtype=np.intp)
        self._current = -1
        self._picture: QImage | None = None

    def set_columns(
        self, columns: dict[str, NDArray[Any]], kept: NDArray[np.bool_] | None = None
    ) -> None:
        """Show these frames; ``columns`` as for `frame_table.FrameTable`.

        ``kept`` is which of them, (N,) bool; None is all.
        """
        shown = np.ones(len(columns["frame"]), bool) if kept is None else kept
        current = self._frames[self._current] if self._current >= 0 else None
        self._frames = columns["frame"][shown].tolist()
        self._status = _codes(columns["status"][shown])
        self._conflict = columns["conflict"][shown] != ""
        self._nerve = np.nan_to_num(columns["area"][shown], nan=0.0) > 0
        self._dice = columns["dice"][shown]
        subject = columns["subject"][shown]
        self._borders = np.flatnonzero(subject[1:] != subject[:-1]) + 1
        self._picture = None
        self.set_current(current)

    def set_current(self, frame: str | None) -> None:
        """Put the cursor on ``frame``."""
        found = frame is not None and frame in self._frames
        self._current = self._frames.index(str(frame)) if found else -1
        self.setAccessibleDescription(f"Frame {frame}" if found else "")
        self.update()

    def index_at(self, x: float) -> int:
        """Return the index of the frame at ``x`` pixels from the left edge."""
        last = len(self._frames) - 1
        return int(np.clip(x * len(self._frames) / max(self.width(), 1), 0, last))

    def sizeHint(self) -> QSize:
        """Return the strip's wish: wide, and as high as its rows."""
        return QSize(300, sum(_HEIGHTS) + 2)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest strip that still shows something."""
        return QSize(80, self.sizeHint().height())

    # Qt's events ------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame under the mouse."""
        self._scrub(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow a drag; say the frame's name while hovering."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._scrub(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go one frame on or back, or to either end."""
        last = len(self._frames) - 1
        index_by_key: dict[int, int] = {
            Qt.Key.Key_Right: min(self._current + 1, last),
            Qt.Key.Key_Left: max(self._current - 1, 0),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        index = index_by_key.get(event.key())
        if index is None:
            event.ignore()
        elif last >= 0 and index != self._current:
            self.scrubbed.emit(self._frames[index])

    def event(self, event: QEvent) -> bool:
        """Name the frame under the mouse in the tooltip."""
        if event.type() == QEvent.Type.ToolTip and self._frames:
            frame = self._frames[self.index_at(event.pos().x())]  # type: ignore[attr-defined]
            QToolTip.showText(event.globalPos(), f"{frame}\n{self.toolTip()}", self)  # type: ignore[attr-defined]
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the strip, made once per change, and the cursor over it."""
        if not self._frames:
            return
        if self._picture is None or self._picture.width() != self.width():
            self._picture = _picture(self._lines(max(self.width(), 1)))
        painter = QPainter(self)
        painter.drawImage(QRect(0, 1, self.width(), self.height() - 2), self._picture)
        if self._current >= 0:
            x = round((self._current + 0.5) * self.width() / len(self._frames))
            painter.fillRect(
                QRect(QPoint(x - 2, 0), QSize(4, self.height())), Qt.GlobalColor.black
            )
            painter.fillRect(
                QRect(QPoint(x - 1, 0), QSize(2, self.height())), Qt.GlobalColor.white
            )
        if self.hasFocus():
            painter.setPen(self.palette().windowText().color())
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _scrub(self, event: QMouseEvent) -> None:
        if not self._frames:
            return
        index = self.index_at(event.position().x())
        if index != self._current:
            self.scrubbed.emit(self._frames[index])

    def _lines(self, width: int) -> tuple[NDArray[np.uint8], ...]:
        """Return the rows as colours, each (width, 4) uint8 RGBA."""
        n = len(self._frames)
        starts = np.arange(width) * n // width
        rows: list[NDArray[Any]] = [self._status, self._conflict, self._nerve]
        if n >= width:
            status, conflict, nerve = (np.maximum.reduceat(r, starts) for r in rows)
            dice = np.fmin.reduceat(self._dice, starts)  # the worst that is known
        else:
            status, conflict, nerve = (row[starts] for row in rows)
            dice = self._dice[starts]
        lines = (
            _on_or_clear(conflict, colours.CONFLICT),
            _STATUS_RGBA[status],
            _dice_rgba(dice),
            _on_or_clear(nerve, colours.GROUND_TRUTH),
        )
        gaps = self._borders * width // max(n, 1)
        for line in lines:
            line[gaps] = 0  # clear: what is behind the strip is seen
        return lines


def _rgba(colour: str) -> tuple[int, ...]:
    made = QColor(colour)
    return made.red(), made.green(), made.blue(), made.alpha()


_BY_URGENCY = sorted(_STATUSES, key=_URGENCY.__getitem__)
_STATUS_RGBA = np.array([_rgba(colours.STATUS[name]) for name in _BY_URGENCY], np.uint8)


def _codes(status: NDArray[Any]) -> NDArray[np.uint8]:
    codes = np.full(len(status), _URGENCY["unreviewed"], np.uint8)
    for name, code in _URGENCY.items():
        codes[status == name] = code
    return codes


def _dice_rgba(dice: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return the colour of each Dice, (n, 4) uint8; clear where it is unknown."""
    scale = np.array([_rgba(colour) for colour in colours.DICE_SCALE], float)
    steps = np.linspace(0, 1, len(scale))
    known = np.nan_to_num(dice, nan=0.0)
    rgba = np.stack([np.interp(known, steps, scale[:, c]) for c in range(4)], axis=1)
    rgba[np.isnan(dice)] = 0
    return rgba.astype(np.uint8)


def _on_or_clear(on: NDArray[np.bool_], colour: str) -> NDArray[np.uint8]:
    return np.where(on[:, None], np.array(_rgba(colour), np.uint8), np.uint8(0))


def _picture(lines: tuple[NDArray[np.uint8], ...]) -> QImage:
    rows = np.repeat(np.stack(lines), _HEIGHTS, axis=0)
    rows = np.ascontiguousarray(rows)
    height, width = rows.shape[:2]
    picture = QImage(rows.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return picture.copy()  # the array goes when this function ends
