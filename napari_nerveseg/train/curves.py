"""Training's curves, drawn with pyqtgraph (a redraw takes under a millisecond)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyqtgraph as pg
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from ..canvas import colours
from ..canvas.theme import Palette

#: Pixels that the numbers beside a plot take, equal for both so that they align.
_NUMBERS = 56

#: Opacity of the band by subject, and of what belongs to earlier folds.
_BAND, _PAST = 60, 0.35

#: Up to so many epochs each is marked, as a line of one point would not be seen.
_FEW = 20

#: Pixels that a mark is wide.
_MARK = 6

_TO_COME = "Loss and validation Dice appear here after the first epoch."

#: What a line is drawn of.
LINES = ("train_loss", "val_loss", "val_dice", "val_dice_low", "val_dice_high")

#: Those that are seen themselves; the others bound the band.
_MARKED = LINES[:3]


class EpochAxis(pg.AxisItem):
    """Whole numbers only: there is no epoch 2.5."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[Any]:
        """Return pyqtgraph's spacings, none below one epoch."""
        spacings = super().tickSpacing(low, high, size)
        return [(step, offset) for step, offset in spacings if step >= 1] or [(1, 0)]


class Plots(pg.GraphicsLayoutWidget):
    """Loss above, validation Dice below, over epochs.

    Built of view boxes and axes rather than of pyqtgraph's ``PlotItem``, which makes
    context menus that outlive the window.
    """

    def __init__(self, name: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setObjectName(name)
        self.setToolTip(tip)
        self.setAccessibleName("Curves of the training")
        self.setFocusPolicy(pg.QtCore.Qt.FocusPolicy.NoFocus)  # keys do nothing here
        self.setMinimumHeight(220)
        self._axes: list[pg.AxisItem] = []
        self.loss, self.dice = self._plot(0, "Loss"), self._plot(1, "Validation Dice")
        self.dice.setXLink(self.loss)
        self.dice.setYRange(0, 1, padding=0.02)
        self.legend = pg.LegendItem(offset=(-1, 1), labelTextSize="8pt")
        self.legend.setParentItem(self.loss)

    def set_palette(self, colours_of_theme: Palette) -> None:
        """Take the theme's colours."""
        self.setBackground(colours_of_theme.background)
        for _sample, words in self.legend.items:
            words.setText(words.text, color=colours_of_theme.text)
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


class RunLines:
    """One training's lines, with the band of its Dice by subject.

    Parameters
    ----------
    plots
        Where they are drawn.
    loss, dice
        Their colours, as ``#rrggbb``.
    """

    def __init__(
        self,
        plots: Plots,
        loss: str = colours.LOSS_CURVE,
        dice: str = colours.DICE_CURVE,
    ) -> None:
        self.items = {
            "train_loss": _marked_line(loss),
            "val_loss": _marked_line(loss, dashed=True),
            "val_dice": _marked_line(dice),
            # Data items without a pen would give the band nothing to fill.
            "val_dice_low": pg.PlotCurveItem(pen=None),
            "val_dice_high": pg.PlotCurveItem(pen=None),
        }
        shade = pg.mkColor(dice)
        shade.setAlpha(_BAND)
        ends = self.items["val_dice_low"], self.items["val_dice_high"]
        self.band = pg.FillBetweenItem(*ends, brush=shade)
        self._plots = plots
        self._points: dict[str, tuple[list[float], list[float]]] = {
            name: ([], []) for name in LINES
        }
        plots.dice.addItem(self.band)
        for name, item in self.items.items():
            (plots.loss if name.endswith("loss") else plots.dice).addItem(item)

    def add(self, event: Mapping[str, Any]) -> None:
        """Add one ``epoch`` event's values; what is missing in it is left out."""
        for name, (epochs, values) in self._points.items():
            if event.get(name) is not None:
                epochs.append(float(event["epoch"]))
                values.append(float(event[name]))
                self.items[name].setData(epochs, values)
                if len(epochs) == _FEW + 1 and name in _MARKED:
                    self.items[name].setSymbol(None)

    def points(self, name: str) -> list[float]:
        """Return the values of one line, for instance ``val_dice``."""
        return list(self._points[name][1])

    def fade(self) -> None:
        """Step back: another fold is being trained."""
        self.band.setVisible(False)
        for item in self.items.values():
            item.setOpacity(_PAST)

    def remove(self) -> None:
        """Take the lines off the plots."""
        self._plots.dice.removeItem(self.band)
        for name, item in self.items.items():
            box = self._plots.loss if name.endswith("loss") else self._plots.dice
            box.removeItem(item)


def _marked_line(colour: str, *, dashed: bool = False) -> pg.PlotDataItem:
    styles = pg.QtCore.Qt.PenStyle
    style = styles.DashLine if dashed else styles.SolidLine
    return pg.PlotDataItem(
        pen=pg.mkPen(colour, width=2, style=style),
        symbol="o",
        symbolSize=_MARK,
        symbolBrush=None if dashed else colour,  # a ring tells it from the other dot
        symbolPen=pg.mkPen(colour, width=1.5),
    )


class RunCurves(Plots):
    """The curves of one run as it goes; of a cross-validation, fold by fold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        tip = (
            "Loss and validation Dice after each epoch; half of the subjects have a "
            "Dice within the band"
        )
        super().__init__("training_curves", tip, parent)
        self._palette: Palette | None = None
        self._folds: dict[int, RunLines] = {}
        self._to_come = QLabel(_TO_COME)
        self._to_come.setObjectName("curves_to_come")
        self._to_come.setWordWrap(True)
        self._to_come.setTextFormat(pg.QtCore.Qt.TextFormat.PlainText)
        self._to_come.setAlignment(pg.QtCore.Qt.AlignmentFlag.AlignCenter)
        whole = QVBoxLayout(self)  # empty axes would say nothing
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._to_come)
        self.clear_points()

    def add(self, event: Mapping[str, Any]) -> None:
        """Add one ``epoch`` event's values."""
        self._to_come.hide()
        fold = int(event.get("fold", 0))
        if fold not in self._folds:
            for lines in self._folds.values():
                lines.fade()
            self._folds[fold] = RunLines(self)
        self._folds[fold].add(event)

    def points(self, name: str, fold: int = 0) -> list[float]:
        """Return the values of one line, for instance ``val_dice``."""
        return self.lines(fold).points(name)

    def lines(self, fold: int = 0) -> RunLines:
        """Return what is drawn of one fold; 0 is a training without folds."""
        return self._folds[fold]

    def say_why_empty(self, text: str) -> None:
        """Say why there are no curves, until there are; nothing: they are to come."""
        self._to_come.setText(text or _TO_COME)

    def clear_points(self) -> None:
        """Begin anew."""
        self.say_why_empty("")
        self._to_come.show()
        for lines in self._folds.values():
            lines.remove()
        self._folds = {0: RunLines(self)}
        self.legend.clear()
        for name, words in (("train_loss", "training"), ("val_loss", "validation")):
            self.legend.addItem(self._folds[0].items[name], words)
        if self._palette is not None:
            self.set_palette(self._palette)

    def set_palette(self, colours_of_theme: Palette) -> None:
        """Take the theme's colours."""
        self._palette = colours_of_theme
        super().set_palette(colours_of_theme)
        self._to_come.setStyleSheet(
            f"color: {colours_of_theme.text};"
            f" background-color: {colours_of_theme.background}; padding: 6px"
        )
