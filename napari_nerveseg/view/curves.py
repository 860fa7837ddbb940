"""Training's two curves, drawn with pyqtgraph (a redraw takes under a millisecond)."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from . import colours
from .theme import Palette

#: Pixels that the numbers beside a plot take, equal for both so that they align.
_NUMBERS = 56

_TO_COME = "Loss and validation Dice appear here after the first epoch."


class EpochAxis(pg.AxisItem):
    """Whole numbers only: there is no epoch 2.5."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[Any]:
        """Return pyqtgraph's spacings, none below one epoch."""
        spacings = super().tickSpacing(low, high, size)
        return [(step, offset) for step, offset in spacings if step >= 1] or [(1, 0)]


class Curves(pg.GraphicsLayoutWidget):
    """Loss above, validation Dice below, over epochs.

    Built of view boxes and axes rather than of pyqtgraph's ``PlotItem``, which makes
    context menus that outlive the window.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setObjectName("training_curves")
        self.setToolTip("Loss and validation Dice after each epoch")
        self.setMinimumHeight(220)
        self._axes: list[pg.AxisItem] = []
        self._loss, self._dice = self._plot(0, "Loss"), self._plot(1, "Validation Dice")
        self._dice.setXLink(self._loss)
        self._dice.setYRange(0, 1, padding=0.02)
        self._legend = pg.LegendItem(offset=(-1, 1), labelTextSize="8pt")
        self._legend.setParentItem(self._loss)
        dashes = pg.QtCore.Qt.PenStyle.DashLine
        loss, val_loss = (
            pg.mkPen(colours.LOSS_CURVE, width=2),
            pg.mkPen(colours.LOSS_CURVE, width=2, style=dashes),
        )
        self._curves = {
            "train_loss": pg.PlotDataItem(pen=loss),
            "val_loss": pg.PlotDataItem(pen=val_loss),
            "val_dice": pg.PlotDataItem(
                pen=pg.mkPen(colours.DICE_CURVE, width=2),
                symbol="o",
                symbolSize=4,
                symbolBrush=colours.DICE_CURVE,
                symbolPen=None,
            ),
        }
        for name, words in (("train_loss", "training"), ("val_loss", "validation")):
            self._loss.addItem(self._curves[name])
            self._legend.addItem(self._curves[name], words)
        self._dice.addItem(self._curves["val_dice"])
        self._points: dict[str, tuple[list[float], list[float]]] = {}
        self._to_come = QLabel(_TO_COME)
        self._to_come.setObjectName("curves_to_come")
        self._to_come.setAlignment(pg.QtCore.Qt.AlignmentFlag.AlignCenter)
        centre = pg.QtCore.Qt.AlignmentFlag.AlignCenter
        QVBoxLayout(self).addWidget(self._to_come, 0, centre)
        self.clear_points()

    def add(self, event: dict[str, Any]) -> None:
        """Add one ``epoch`` event's values; what is missing in it is left out."""
        self._to_come.hide()
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
        self._to_come.show()
        self._points = {name: ([], []) for name in self._curves}
        for curve in self._curves.values():
            curve.setData([], [])

    def set_palette(self, colours_of_theme: Palette) -> None:
        """Take the theme's colours."""
        self.setBackground(colours_of_theme.background)
        for _sample, words in self._legend.items:
            words.setText(words.text, color=colours_of_theme.text)
        self._to_come.setStyleSheet(
            f"color: {colours_of_theme.text};"
            f" background-color: {colours_of_theme.background}; padding: 6px"
        )
        for axis in self._axes:
            axis.setPen(colours_of_theme.secondary)
            axis.setTextPen(colours_of_theme.text)

    def _plot(self, row: int, title: str) -> pg.ViewBox:
        box = pg.ViewBox(enableMenu=False, enableMouse=False)
        left, bottom = pg.AxisItem("left"), EpochAxis("bottom")
        left.setWidth(_NUMBERS)
        left.setLabel(title)
        if row:
            bottom.setLabel("Epoch")
        else:
            bottom.setStyle(showValues=False)
        self.addItem(left, row=2 * row, col=0)
        self.addItem(box, row=2 * row, col=1)
        self.addItem(bottom, row=2 * row + 1, col=1)
        for axis in (left, bottom):
            axis.linkToView(box)
            axis.setGrid(40)
            self._axes.append(axis)
        return box
