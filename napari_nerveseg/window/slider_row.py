"""A slider with its name and its value in words, for real numbers."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSignalBlocker, Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

#: Pixels for the name and for the value, so that rows stand in line.
NAME_WIDTH, VALUE_WIDTH = 84, 58


class SliderRow(QWidget):
    """Name, slider, value; what it is set to is told while one drags.

    Parameters
    ----------
    name
        The slider's objectName; the value's ends in ``_value``.
    text, tip
        What it is, and what it does.
    limits
        Least and greatest value.
    step
        What one press of an arrow key changes.
    words
        Turns the value into what is shown.
    on_change
        Called with the new value.
    """

    def __init__(
        self,
        name: str,
        text: str,
        tip: str,
        limits: tuple[float, float],
        step: float,
        words: Callable[[float], str],
        on_change: Callable[[float], object],
    ) -> None:
        super().__init__()
        self._low, self._step, self._words = limits[0], step, words
        self._on_change = on_change
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName(name)
        self.slider.setToolTip(tip)
        self.slider.setAccessibleName(text)
        self.slider.setRange(0, round((limits[1] - limits[0]) / step))
        self.slider.setPageStep(max(1, self.slider.maximum() // 20))
        self.slider.valueChanged.connect(self._moved)
        title = QLabel(text)
        title.setFixedWidth(NAME_WIDTH)
        title.setBuddy(self.slider)
        self._value = QLabel()
        self._value.setObjectName(f"{name}_value")
        self._value.setFixedWidth(VALUE_WIDTH)
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(title)
        row.addWidget(self.slider, 1)
        row.addWidget(self._value)

    @property
    def value(self) -> float:
        """What it is set to."""
        return round(self._low + self.slider.value() * self._step, 6)

    def show_value(self, value: float) -> None:
        """Set it without telling anybody."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(round((value - self._low) / self._step))
        self._value.setText(self._words(value))

    def _moved(self, _position: int) -> None:
        self._value.setText(self._words(self.value))
        self._on_change(self.value)
