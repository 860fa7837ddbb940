"""Bars that can be clicked, or walked with the arrow keys, to see their frames."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from qtpy.QtCore import QPointF, Qt, Signal
from qtpy.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from qtpy.QtWidgets import QToolTip

from ..model.data_bars import Bar
from . import colours
from .theme import Palette

_HEIGHT = 172
#: About how many pixels a label under a bar takes.
_LABEL = 26
_NUMBERS = 44


class DataPlot(pg.GraphicsLayoutWidget):
    """One titled plot with axes in the theme's colours.

    Built of view boxes and axes rather than of pyqtgraph's ``PlotItem``, which makes
    context menus that outlive the window.

    Signals: ``chosen(title, frames)`` when frames are asked for.
    """

    chosen = Signal(str, tuple)

    def __init__(self, name: str, title: str, tip: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setToolTip(tip)
        self.setFixedHeight(_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False)
        self._left, self._bottom = pg.AxisItem("left"), pg.AxisItem("bottom")
        self._left.setWidth(_NUMBERS)
        self._title = pg.LabelItem(title, size="9pt")
        self.addItem(self._title, row=0, col=0, colspan=2)
        self.addItem(self._left, row=1, col=0)
        self.addItem(self.box, row=1, col=1)
        self.addItem(self._bottom, row=2, col=1)
        for axis in (self._left, self._bottom):
            axis.linkToView(self.box)

    def set_palette(self, theme: Palette) -> None:
        """Take the theme's colours."""
        self.setBackground(theme.background)
        self._title.setText(self._title.text, color=theme.text)
        for axis in (self._left, self._bottom):
            axis.setPen(theme.secondary)
            axis.setTextPen(theme.text)

    def place(self, event: QMouseEvent) -> QPointF:
        """Return where the mouse is, in the plot's own numbers."""
        at: QPointF = self.box.mapSceneToView(
            self.mapToScene(event.position().toPoint())
        )
        return at


class BarPlot(DataPlot):
    """Bars; a click, or Enter on the one that the arrow keys chose, asks for frames."""

    def __init__(self, name: str, title: str, tip: str) -> None:
        super().__init__(name, title, f"{tip}; click a bar, or use arrows and Enter")
        self.bars: Sequence[Bar] = ()
        self._at = -1
        self._item = pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[])
        self.box.addItem(self._item)
        self.setMouseTracking(True)

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Show these."""
        self.bars, self._at = bars, -1
        self._draw()
        self._label()
        if bars:
            self.box.setXRange(bars[0].left, bars[-1].right, padding=0.02)
            self.box.setYRange(0, max(bar.high for bar in bars) or 1, padding=0.02)

    def bar_at(self, x: float) -> int:
        """Return the bar that stands at ``x``, or -1."""
        for n, bar in enumerate(self.bars):
            if bar.left <= x < bar.right:
                return n
        return -1

    def choose(self, n: int) -> None:
        """Ask for the frames of bar ``n``."""
        if 0 <= n < len(self.bars) and self.bars[n].frames:
            self._mark(n)
            self.chosen.emit(self.bars[n].title, self.bars[n].frames)

    # Qt's events ------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the frames of the bar under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.choose(self.bar_at(self.place(event).x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what the bar under the mouse stands for."""
        n = self.bar_at(self.place(event).x())
        if n >= 0:
            QToolTip.showText(event.globalPosition().toPoint(), self._words(n), self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk from bar to bar; Enter asks for the frames of one."""
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        if step is not None and self.bars:
            self._mark((self._at + step) % len(self.bars))
            corner = self.mapToGlobal(self.rect().center())
            QToolTip.showText(corner, self._words(self._at), self)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose(self._at)
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as many labels as there is room for."""
        super().resizeEvent(event)
        if hasattr(self, "bars"):  # pyqtgraph resizes while it is being built
            self._label()

    def _words(self, n: int) -> str:
        bar = self.bars[n]
        frames = "1 frame" if len(bar.frames) == 1 else f"{len(bar.frames):,} frames"
        return f"{bar.title}\n{frames}"

    def _mark(self, n: int) -> None:
        self._at = n
        self._draw()

    def _draw(self) -> None:
        brushes = [
            pg.mkBrush(colours.PREDICTION if n == self._at else colours.GROUND_TRUTH)
            for n in range(len(self.bars))
        ]
        self._item.setOpts(
            x0=[bar.left for bar in self.bars],
            x1=[bar.right for bar in self.bars],
            y0=[bar.low for bar in self.bars],
            y1=[bar.high for bar in self.bars],
            brushes=brushes,
            pen=pg.mkPen(None),
        )

    def _label(self) -> None:
        """Write the labels of the bars that have any, as many as there is room for."""
        if not self.bars or not self.bars[0].label:
            self._bottom.setTicks(None)
            return
        room = max((self.width() - _NUMBERS) // _LABEL, 1)
        every = -(-len(self.bars) // room)
        self._bottom.setTicks(
            [[(n, bar.label) for n, bar in enumerate(self.bars) if n % every == 0]]
        )
