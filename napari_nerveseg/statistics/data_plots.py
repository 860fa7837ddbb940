"""The heat map of where nerves lie, and the grey levels inside and outside of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QRectF

from ..canvas import colours
from ..review.counting import counted
from .data_plot import DataPlot

FramesIn = Callable[[float, float, float, float], tuple[str, ...]]

#: Cells in a row and in a column of the heat map; odd, so that one is in the middle.
CELLS = 25
_CELL = 100 / CELLS
#: Grey levels that the cursor is on.
LEVELS = 4


class HeatPlot(DataPlot):
    """Where nerves lie; a spot is a cell, which its frames' nerves reach into."""

    def __init__(self) -> None:
        super().__init__(
            "data_heat",
            "Where nerves lie (% of frame)",
            "How often a place is nerve, among the frames with one; click a place",
        )
        self._image = pg.ImageItem(axisOrder="row-major")
        self._image.setColorMap(pg.colormap.get("CET-L3"))  # pyqtgraph's own
        self.box.addItem(self._image)
        self.box.invertY(True)
        self._frames_in: FramesIn = lambda *_cell: ()
        self._first = 0

    def set_heat(self, heat: NDArray[np.float64], frames_in: FramesIn) -> None:
        """Show a map; the cursor will appear where it is hottest.

        Parameters
        ----------
        heat
            (h, w) shares of the frames with a nerve.
        frames_in
            Gives the frames with a nerve in (top, left, bottom, right), as shares of
            the frame.
        """
        self._frames_in = frames_in
        self._image.setImage(heat, levels=(0, float(heat.max()) or 1.0))
        self._image.setRect(0, 0, 100, 100)
        self.box.setRange(xRange=(0, 100), yRange=(0, 100), padding=0)
        self.put_cursor(None)
        y, x = np.unravel_index(int(heat.argmax()), heat.shape)
        row, column = int(y) * CELLS // heat.shape[0], int(x) * CELLS // heat.shape[1]
        self._first = row * CELLS + column

    def spots(self) -> int:
        """Return how many cells there are."""
        return CELLS * CELLS

    def first(self) -> int:
        """Return the cell of the hottest place."""
        return self._first

    def beside(self, spot: int, right: int, down: int) -> int:
        """Return the next cell in any of four directions, or the same at the edge."""
        row, column = divmod(spot, CELLS)
        row, column = (
            min(max(place, 0), CELLS - 1) for place in (row + down, column + right)
        )
        return row * CELLS + column

    def spot_at(self, x: float, y: float) -> int | None:
        """Return the cell at a place in percent."""
        if not (0 <= x < 100 and 0 <= y < 100):
            return None
        return int(y / _CELL) * CELLS + int(x / _CELL)

    def outline(self, spot: int) -> QRectF:
        """Return the cell's edges."""
        row, column = divmod(spot, CELLS)
        return QRectF(column * _CELL, row * _CELL, _CELL, _CELL)

    def words(self, spot: int) -> str:
        """Return where the cell is, and how many frames have a nerve there."""
        title, frames = self.frames(spot)
        return f"{title}\n{counted(len(frames), 'frame')}"

    def frames(self, spot: int) -> tuple[str, tuple[str, ...]]:
        """Return the frames with a nerve in the cell."""
        cell = self.outline(spot)
        at = cell.center()
        title = f"nerves {at.x():.0f} % from the left, {at.y():.0f} % from the top"
        edges = (cell.top(), cell.left(), cell.bottom(), cell.right())
        return title, self._frames_in(*(edge / 100 for edge in edges))


class GreyPlot(DataPlot):
    """Grey-level histograms inside and outside of nerves, each as a share.

    A spot is a few neighbouring levels. They have no frames: every frame has pixels
    of nearly every level.
    """

    def __init__(self) -> None:
        super().__init__(
            "data_levels",
            "Grey levels: nerve blue, rest orange",
            "Share of the pixels with each grey level, inside nerves (blue) and outside"
            " (orange) on frames with a mask",
            "Arrow keys walk along the levels and tell the shares",
        )
        self._shares = {"nerve": np.zeros(256), "rest": np.zeros(256)}
        self._top = 1.0
        self._curves = {
            "nerve": pg.PlotCurveItem(pen=pg.mkPen(colours.MASK_A, width=2)),
            "rest": pg.PlotCurveItem(pen=pg.mkPen(colours.MASK_B, width=2)),
        }
        for curve in self._curves.values():
            self.box.addItem(curve)

    def set_levels(self, nerve: NDArray[np.int64], rest: NDArray[np.int64]) -> None:
        """Show two histograms, (256,) counts each."""
        self._top = 0.0
        for name, counts in (("nerve", nerve), ("rest", rest)):
            shares = 100 * counts / max(int(counts.sum()), 1)
            self._shares[name] = shares
            self._curves[name].setData(np.arange(256.0), shares)
            inner = float(shares[1:255].max())  # black, white hide the rest
            self._top = max(self._top, inner)
        self._top = self._top or 1.0
        self.box.setXRange(0, 255, padding=0.01)
        self.box.setYRange(0, self._top, padding=0.02)
        self.put_cursor(None)

    def spots(self) -> int:
        """Return how many times a few levels there are."""
        return 256 // LEVELS

    def spot_at(self, x: float, y: float) -> int | None:
        """Return the spot of a grey level."""
        return int(x / LEVELS) if 0 <= x < 256 else None

    def outline(self, spot: int) -> QRectF:
        """Return the whole column over the levels."""
        return QRectF(spot * LEVELS - 0.5, 0, LEVELS, self._top)

    def words(self, spot: int) -> str:
        """Return the levels, and which shares of the pixels have them."""
        first = spot * LEVELS
        inside, outside = (
            float(shares[first : first + LEVELS].sum())
            for shares in self._shares.values()
        )
        return (
            f"grey {first} to {first + LEVELS - 1}\n"
            f"{inside:.1f} % of nerve, {outside:.1f} % of the rest"
        )

    def frames(self, spot: int) -> tuple[str, tuple[str, ...]]:
        """Return none."""
        return self.words(spot), ()
