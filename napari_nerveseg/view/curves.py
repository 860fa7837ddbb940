"""Training's two curves, drawn with pyqtgraph (a redraw takes under a millisecond)."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from qtpy.QtWidgets import QWidget

from . import colours
from .theme import Palette


class Curves(pg.GraphicsLayoutWidget):
    """Loss above, validation Dice below, over epochs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setObjectName("training_curves")
        self.setToolTip("Loss and validation Dice after each epoch")
        self.setMinimumHeight(220)
        self._loss = self._plot(0, "Loss")
        self._dice = self._plot(1, "Validation Dice")
        self._loss.getAxis("bottom").setStyle(showValues=False)
        self._dice.setLabel("bottom", "Epoch")
        self._dice.setXLink(self._loss)
        self._dice.setYRange(0, 1, padding=0.02)
        legend = self._loss.addLegend(offset=(-1, 1), labelTextSize="8pt")
        legend.setBrush(None)
        pen, dashes = (
            pg.mkPen(colours.LOSS_CURVE, width=2),
            pg.QtCore.Qt.PenStyle.DashLine,
        )
        self._curves = {
            "train_loss": self._loss.plot(pen=pen, name="training"),
            "val_loss": self._loss.plot(
                pen=pg.mkPen(colours.LOSS_CURVE, width=2, style=dashes),
                name="validation",
            ),
            "val_dice": self._dice.plot(
                pen=pg.mkPen(colours.DICE_CURVE, width=2),
                symbol="o",
                symbolSize=4,
                symbolBrush=colours.DICE_CURVE,
                symbolPen=None,
            ),
        }
        self._points: dict[str, tuple[list[float], list[float]]] = {}
        self.clear_points()

    def add(self, event: dict[str, Any]) -> None:
        """Add one ``epoch`` event's values; what is missing in it is left out."""
        for name, (epochs, values) in self._points.items():
            if event.get(name) is not None:
                epochs.append(float(event["epoch"]))
                values.append(float(event[name]))
                self._curves[name].setData(epochs, values)

    def points(self, name: str) -> list[float]:
        """Return the values of one curve, for instance ``val_dice``."""
        return list(self._points[name][1])

    def clear_points(self) -> None:
        """Begin anew."""
        self._points = {name: ([], []) for name in self._curves}
        for curve in self._curves.values():
            curve.setData([], [])

    def set_palette(self, colours_of_theme: Palette) -> None:
        """Take the theme's colours."""
        self.setBackground(colours_of_theme.background)
        for plot in (self._loss, self._dice):
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(colours_of_theme.secondary)
                axis.setTextPen(colours_of_theme.text)

    def _plot(self, row: int, title: str) -> Any:
        plot = self.addPlot(row=row, col=0)
        plot.setLabel("left", title)
        plot.showGrid(x=True, y=True, alpha=0.15)
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        return plot
