"""Colour, contour and opacity of each kind of layer."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ..canvas.colours import CHOICES
from ..canvas.kinds import (
    ERROR,
    HEATS,
    MASKS,
    OTHER,
    PREDICTION,
    PROBABILITY,
    TRUTH,
    UNCERTAINTY,
    VERSION_A,
    VERSION_B,
)
from ..canvas.looks import HEAT_MAPS, Looks
from ..window.controls import button, label
from ..window.wrapping import WrappingRow

_NAMES = {
    TRUTH: "Ground truth",
    PREDICTION: "Prediction",
    ERROR: "Error",
    PROBABILITY: "Probability",
    UNCERTAINTY: "Uncertainty",
    VERSION_A: "Mask A",
    VERSION_B: "Mask B",
}
_COLOUR, _WIDTH, _OPACITY = 1, 2, 3


class LooksBox(QWidget):
    """One row a kind of layer; what is set is drawn at once and remembered."""

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self.setObjectName("looks_box")
        self._looks = looks
        self._choices: dict[tuple[str, str], QComboBox] = {}
        self._widths: dict[str, QSpinBox] = {}
        self._opacities: dict[str, QSlider] = {}
        top = WrappingRow()
        fill = "Draw ground truth and prediction as contours or filled"
        for made in (
            button("flip_fill", "Contour or fill", fill, looks.flip_fill, "flip_fill"),
            button("looks_reset", "Reset", "As on the first day", looks.reset),
        ):
            top.addWidget(made)
        grid = QGridLayout()
        grid.setVerticalSpacing(3)
        grid.setHorizontalSpacing(3)
        titles = ((_COLOUR, "Colour"), (_WIDTH, "Contour"), (_OPACITY, "Opacity"))
        for column, title in titles:
            grid.addWidget(label(f"looks_{title.lower()}", title, "quiet"), 0, column)
        for row, kind in enumerate(_NAMES, start=1):
            self._add_row(grid, row, kind)
        for column, stretch in ((_COLOUR, 3), (_OPACITY, 1)):
            grid.setColumnStretch(column, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addLayout(grid)
        looks.changed.connect(self._show_look)
        for kind in _NAMES:
            self._show_look(kind)

    def _add_row(self, grid: QGridLayout, row: int, kind: str) -> None:
        grid.addWidget(QLabel(_NAMES[kind]), row, 0)
        colours = QHBoxLayout()
        for setting in ("colour", "second") if kind == ERROR else ("colour",):
            colours.addWidget(self._colour(kind, setting))
        # What has no contour takes its place, too: two names need the room.
        grid.addLayout(colours, row, _COLOUR, 1, 1 if kind in MASKS else 2)
        if kind in MASKS:
            grid.addWidget(self._width(kind), row, _WIDTH)
        grid.addWidget(self._opacity(kind), row, _OPACITY)

    def _colour(self, kind: str, setting: str) -> QComboBox:
        made = QComboBox()
        made.setObjectName(f"{setting}_{_word(kind)}")
        missed = " of what is missed" if setting == "second" else ""
        made.setToolTip(f"Colour of the layer {kind}{missed}")
        made.setAccessibleName(f"Colour of {kind}{missed}")
        if kind in HEATS:
            for name in HEAT_MAPS:
                made.addItem(name.capitalize(), name)
        else:
            for name, colour in CHOICES.items():
                made.addItem(_square(colour), name, colour)
        made.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        made.setMinimumContentsLength(0)
        made.activated.connect(
            lambda _row: self._looks.change(kind, **{setting: made.currentData()})
        )
        self._choices[kind, setting] = made
        return made

    def _width(self, kind: str) -> QSpinBox:
        made = QSpinBox()
        made.setObjectName(f"contour_{_word(kind)}")
        made.setToolTip(f"Width of the contour of the layer {kind}; 0 fills it")
        made.setAccessibleName(f"Contour of {kind}")
        made.setRange(0, 9)
        made.setSpecialValueText("fill")
        made.setStyleSheet("min-width: 50px; max-width: 50px; padding: 1px 8px;")
        made.valueChanged.connect(
            lambda width: self._looks.change(kind, contour=int(width))
        )
        self._widths[kind] = made
        return made

    def _opacity(self, kind: str) -> QSlider:
        made = QSlider(Qt.Orientation.Horizontal)
        made.setObjectName(f"opacity_{_word(kind)}")
        made.setToolTip(f"Opacity of the layer {kind}")
        made.setAccessibleName(f"Opacity of {kind}")
        made.setRange(5, 100)
        made.setMinimumWidth(30)
        made.valueChanged.connect(partial(self._change_opacity, kind))
        self._opacities[kind] = made
        return made

    def _change_opacity(self, kind: str, per_cent: int) -> None:
        self._looks.change(kind, opacity=per_cent / 100)

    def _show_look(self, kind: str) -> None:
        if kind == OTHER:
            return  # it is drawn in the colours of the pair
        look = self._looks.of(kind)
        with QSignalBlocker(self._opacities[kind]):
            self._opacities[kind].setValue(round(100 * look.opacity))
        if kind in self._widths:
            with QSignalBlocker(self._widths[kind]):
                self._widths[kind].setValue(look.contour)
        for setting in ("colour", "second"):
            choice = self._choices.get((kind, setting))
            if choice is not None:
                choice.setCurrentIndex(choice.findData(getattr(look, setting)))


def _word(kind: str) -> str:
    return kind.replace(" ", "_").lower()


def _square(colour: str) -> QIcon:
    picture = QPixmap(12, 12)
    picture.fill(QColor(colour))
    return QIcon(picture)
