"""The heat map of where nerves lie, and the grey levels inside and outside of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtGui import QMouseEvent

from . import colours
from .bar_plot import DataPlot

FramesAt = Callable[[float, float], tuple[str, ...]]


class HeatPlot(DataPlot):
    """Where nerves lie; a click asks for the frames with a nerve at that place."""

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
        self._frames_at: FramesAt = lambda _y, _x: ()

    def set_heat(self, heat: NDArray[np.float64], frames_at: FramesAt) -> None:
        """Show a map.

        Parameters
        ----------
        heat
            (h, w) shares of the frames with a nerve.
        frames_at
            Gives the frames with a nerve at (y, x), as shares of the frame.
        """
        self._frames_at = frames_at
        self._image.setImage(heat, levels=(0, float(heat.max()) or 1.0))
        self._image.setRect(0, 0, 100, 100)
        self.box.setRange(xRange=(0, 100), yRange=(0, 100), padding=0)

    def choose(self, y: float, x: float) -> None:
        """Ask for the frames with a nerve at a place, in shares of the frame."""
        frames = self._frames_at(y, x)
        if frames:
            place = f"{100 * x:.0f} % from the left, {100 * y:.0f} % from the top"
            self.chosen.emit(f"nerves {place}", frames)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the frames with a nerve under the mouse."""
        at = self.place(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.choose(at.y() / 100, at.x() / 100)


class GreyPlot(DataPlot):
    """Grey-level histograms inside and outside of nerves, each as a share."""

    def __init__(self) -> None:
        super().__init__(
            "data_levels",
            "Grey levels: nerve, rest",
            "Share of the pixels with each grey level, inside nerves (blue) and outside"
            " (orange) on frames with a mask",
        )
        self._curves = {
            "nerve": pg.PlotCurveItem(pen=pg.mkPen(colours.MASK_A, width=2)),
            "rest": pg.PlotCurveItem(pen=pg.mkPen(colours.MASK_B, width=2)),
        }
        for curve in self._curves.values():
            self.box.addItem(curve)

    def set_levels(self, nerve: NDArray[np.int64], rest: NDArray[np.int64]) -> None:
        """Show two histograms, (256,) counts each."""
        top = 0.0
        for name, counts in (("nerve", nerve), ("rest", rest)):
            shares = 100 * counts / max(int(counts.sum()), 1)
            self._curves[name].setData(np.arange(256.0), shares)
            top = max(top, float(shares[1:255].max()))  # black, white hide the rest
        self.box.setXRange(0, 255, padding=0.01)
        self.box.setYRange(0, top or 1.0, padding=0.02)
