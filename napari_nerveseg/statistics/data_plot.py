"""A plot of the data set, walked with the arrow keys or clicked to see its frames."""

from __future__ import annotations

from abc import abstractmethod

import pyqtgraph as pg
from qtpy.QtCore import QPoint, QRectF, Qt, Signal
from qtpy.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from qtpy.QtWidgets import QGraphicsRectItem, QToolTip

from ..canvas.theme import Palette

_HEIGHT = 172
#: Pixels that the numbers beside a plot take.
NUMBERS = 44
#: Where the words of a spot appear, seen from its lower right corner: Qt adds more.
_BESIDE = QPoint(4, -8)
#: A light line within a dark one: one of them is seen on whatever is below.
_CURSOR = (("#000000", 4), ("#FFFFFF", 2))
_KEYS = "Arrow keys walk, Enter or Space lists the frames"

#: Which way each arrow leads, in spots: (to the right, down).
_STEPS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Down: (0, 1),
    Qt.Key.Key_Up: (0, -1),
}
_CHOICE: tuple[int, ...] = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_WALKS_IN = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class DataPlot(pg.GraphicsLayoutWidget):
    """One titled plot with axes in the theme's colours, and a cursor on its spots.

    What a spot is (a bar, a cell, a grey level) each kind of plot says; they are
    numbered from 0, row by row. Mouse and keys do the same with them: what is under
    the mouse or the cursor is told in words, a click or Enter asks for its frames.

    Built of view boxes and axes rather than of pyqtgraph's ``PlotItem``, which makes
    context menus that outlive the window.

    Parameters
    ----------
    name
        The objectName.
    title
        What is written above it.
    tip
        What it shows, and what a click does.
    keys
        What the keys do.

    Attributes
    ----------
    cursor_on : int or None
        The spot that was chosen or walked to last.

    Signals: ``chosen(title, frames)`` when frames are asked for.
    """

    chosen = Signal(str, tuple)

    def __init__(self, name: str, title: str, tip: str, keys: str = _KEYS) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setToolTip(f"{tip}\n{keys}")
        self.setAccessibleName(title)
        self._keys = keys
        self.setAccessibleDescription(keys)
        self.setFixedHeight(_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._ring = QPen(self.palette().windowText().color())
        self.cursor_on: int | None = None
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False)
        self.left, self.bottom = pg.AxisItem("left"), pg.AxisItem("bottom")
        self.left.setWidth(NUMBERS)
        self._title = pg.LabelItem(title, size="9pt")
        self.addItem(self._title, row=0, col=0, colspan=2)
        self.addItem(self.left, row=1, col=0)
        self.addItem(self.box, row=1, col=1)
        self.addItem(self.bottom, row=2, col=1)
        for axis in (self.left, self.bottom):
            axis.linkToView(self.box)
        self._cursor = [self._line(*pen) for pen in _CURSOR]

    def set_palette(self, theme: Palette) -> None:
        """Take the theme's colours."""
        self.setBackground(theme.background)
        self._title.setText(self._title.text, color=theme.text)
        self._ring = QPen(pg.mkColor(theme.text), 2)
        for axis in (self.left, self.bottom):
            axis.setPen(theme.secondary)
            axis.setTextPen(theme.text)

    # What each kind of plot knows (mypy sees to it; Qt's metaclass does not) --------

    @abstractmethod
    def spots(self) -> int:
        """Return how many spots there are."""

    def first(self) -> int:
        """Return the spot on which the cursor appears."""
        return 0

    def beside(self, spot: int, right: int, down: int) -> int | None:
        """Return the spot next to one, or None where no arrow leads."""
        return None if down else min(max(spot + right, 0), self.spots() - 1)

    @abstractmethod
    def spot_at(self, x: float, y: float) -> int | None:
        """Return the spot at a place, in the plot's own numbers."""

    @abstractmethod
    def outline(self, spot: int) -> QRectF:
        """Return what the cursor is drawn around, in the plot's own numbers."""

    @abstractmethod
    def words(self, spot: int) -> str:
        """Return what a spot stands for."""

    @abstractmethod
    def frames(self, spot: int) -> tuple[str, tuple[str, ...]]:
        """Return a title and the FrameIds that a spot stands for."""

    # What one does with spots -----------------------------------------------------

    def put_cursor(self, spot: int | None) -> None:
        """Put the cursor on a spot, or take it away."""
        self.cursor_on = spot
        for line in self._cursor:
            line.setVisible(spot is not None)
            if spot is not None:
                line.setRect(self.outline(spot))
        words = self._keys if spot is None else self.words(spot).replace("\n", ", ")
        self.setAccessibleDescription(words)

    def choose(self) -> None:
        """Ask for the frames of the spot that the cursor is on."""
        if self.cursor_on is not None:
            title, frames = self.frames(self.cursor_on)
            if frames:
                self.chosen.emit(title, frames)

    # Qt's events ------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the frames of the spot under the mouse."""
        spot = self._under(event)
        if event.button() == Qt.MouseButton.LeftButton and spot is not None:
            self.put_cursor(spot)
            self.choose()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what the spot under the mouse stands for."""
        spot = self._under(event)
        if spot is not None:
            QToolTip.showText(event.globalPosition().toPoint(), self.words(spot), self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk from spot to spot; Enter asks for the frames of one."""
        step = _STEPS.get(event.key())
        if event.key() in _CHOICE:
            self.choose()
        elif step is None or not self._walk(*step):
            event.ignore()  # the panel scrolls

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the cursor to who comes with the Tab key."""
        super().focusInEvent(event)
        if event.reason() in _WALKS_IN and self.cursor_on is None and self.spots():
            self.put_cursor(self.first())
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the plot, and a ring around the one that has the keys."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(self._ring)
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))
            painter.end()

    def _line(self, colour: str, width: int) -> QGraphicsRectItem:
        line = QGraphicsRectItem()
        line.setPen(pg.mkPen(colour, width=width))  # in pixels, however large the plot
        line.setZValue(1)
        line.hide()
        self.box.addItem(line, ignoreBounds=True)
        return line

    def _walk(self, right: int, down: int) -> bool:
        """Go one spot further and say what it stands for; False if nothing is there."""
        if not self.spots():
            return False
        at = self.cursor_on
        spot = self.first() if at is None else self.beside(at, right, down)
        if spot is None:
            return False
        self.put_cursor(spot)
        line = self._cursor[0]
        corner = self.mapFromScene(line.mapRectToScene(line.rect()).bottomRight())
        here = self.viewport().mapToGlobal(corner) + _BESIDE
        QToolTip.showText(here, self.words(spot), self)
        return True

    def _under(self, event: QMouseEvent) -> int | None:
        """Return the spot under the mouse."""
        at = self.box.mapSceneToView(self.mapToScene(event.position().toPoint()))
        return self.spot_at(at.x(), at.y())
