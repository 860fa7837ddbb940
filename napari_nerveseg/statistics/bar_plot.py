"""Bars, each with the frames that it stands for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pyqtgraph as pg
from qtpy.QtCore import QRectF
from qtpy.QtGui import QResizeEvent

from ..canvas import colours
from ..review.counting import counted
from .data_bars import Bar
from .data_plot import NUMBERS, DataPlot

#: About how many pixels a label under a bar takes.
_LABEL = 26
#: How many pixels a digit takes.
_DIGIT = 8


class BarPlot(DataPlot):
    """Bars; a spot is a bar, a click anywhere above or below it is one on it."""

    def __init__(self, name: str, title: str, tip: str) -> None:
        self.bars: Sequence[Bar] = ()  # pyqtgraph resizes while it is being built
        super().__init__(name, title, f"{tip}; click a bar")
        self._top = 1.0
        self._item = pg.BarGraphItem(
            x0=[], x1=[], y0=[], y1=[], brush=colours.GROUND_TRUTH, pen=pg.mkPen(None)
        )
        self.box.addItem(self._item)

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Show these."""
        self.bars = bars
        self.put_cursor(None)
        self._label()
        self._item.setOpts(
            x0=[bar.left for bar in bars],
            x1=[bar.right for bar in bars],
            y0=[bar.low for bar in bars],
            y1=[bar.high for bar in bars],
        )
        if bars:
            self._top = max(bar.high for bar in bars) or 1.0
            self.box.setXRange(bars[0].left, bars[-1].right, padding=0.02)
            self.box.setYRange(0, self._top, padding=0.02)

    def spots(self) -> int:
        """Return how many bars there are."""
        return len(self.bars)

    def spot_at(self, x: float, y: float) -> int | None:
        """Return the bar that stands at ``x``."""
        for n, bar in enumerate(self.bars):
            if bar.left <= x < bar.right:
                return n
        return None

    def outline(self, spot: int) -> QRectF:
        """Return the bar's whole column: an empty bar could not be seen."""
        bar = self.bars[spot]
        return QRectF(bar.left, 0, bar.right - bar.left, self._top)

    def words(self, spot: int) -> str:
        """Return what the bar stands for, and for how many frames."""
        bar = self.bars[spot]
        return f"{bar.title}\n{counted(len(bar.frames), 'frame')}"

    def frames(self, spot: int) -> tuple[str, tuple[str, ...]]:
        """Return the bar's."""
        return self.bars[spot].title, self.bars[spot].frames

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Write as many labels as there is room for."""
        super().resizeEvent(event)
        if self.bars:
            self._label()

    def _label(self) -> None:
        """Write the labels of the bars that have any, as many as there is room for."""
        if not self.bars or not self.bars[0].label:
            self._number()
            return
        room = max((self.width() - NUMBERS) // _LABEL, 1)
        every = -(-len(self.bars) // room)
        self.bottom.setTicks(
            [[(n, bar.label) for n, bar in enumerate(self.bars) if n % every == 0]]
        )

    def _number(self) -> None:
        """Number the axis at round steps, each with room for its digits."""
        if self.bars:
            first, last = self.bars[0].left, self.bars[-1].right
            digits = len(f"{last:.0f}") + 2
            room = max((self.width() - NUMBERS) / (digits * _DIGIT), 1)
            step = round_step((last - first) / room)
            self.bottom.setTickSpacing(step, step / 5)


def round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50, … that is no less than ``least``."""
    power = 10 ** math.floor(math.log10(least)) if least > 1 else 1
    return next(n * power for n in (1, 2, 5, 10) if n * power >= least)
