"""One setting of a training on screen, with what is wrong with it beside it."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import CheckBox, ComboBox, LineEdit
from qtpy.QtCore import QEvent, QObject, Signal
from qtpy.QtWidgets import QLabel, QVBoxLayout, QWidget

from ..window.controls import label
from .settings import Setting, shown


class TrainField(QObject):
    """A check box, a choice, or a line of text.

    Signals: ``changed()`` when its value is another.

    Parameters
    ----------
    setting
        What it shows.
    """

    changed = Signal()

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting = setting
        self._input: Any = _input(setting)
        self._input.changed.connect(lambda _value: self.changed.emit())
        self.native: QWidget = self._input.native
        self.native.setObjectName(f"train_{setting.name}")
        self.native.setToolTip(_tip(setting))
        self.native.setAccessibleName(setting.words)
        self.native.installEventFilter(self)
        self.title: QLabel = label(f"train_{setting.name}_words", setting.words)
        self.title.setToolTip(_tip(setting))
        self.title.setBuddy(self.native)
        self.problem = label(f"train_{setting.name}_problem", wraps=True)
        self.problem.setProperty("level", "error")
        self.problem.hide()
        self.row = QWidget()
        layout = QVBoxLayout(self.row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        layout.addWidget(self.native)
        layout.addWidget(self.problem)

    @property
    def value(self) -> Any:
        """What it shows: a bool, or text."""
        return self._input.value

    @value.setter
    def value(self, value: Any) -> None:
        value = shown(self.setting, value)
        if self.setting.kind == "choice" and value not in self._input.choices:
            self._input.choices = [*self._input.choices, value]  # such as cuda:1
        self._input.value = value

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the wheel scroll the form, not change what the pointer is on."""
        if event.type() == QEvent.Type.Wheel and not self.native.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def say(self, problem: str) -> None:
        """Say what is wrong; the empty text is nothing."""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def show_row(self, shown: bool) -> None:
        """Show its title and its row, or take both away."""
        self.title.setVisible(shown)
        self.row.setVisible(shown)

    def mark(self, changed: bool) -> None:
        """Show whether the value differs from the recipe's."""
        font = self.title.font()
        font.setBold(changed)
        self.title.setFont(font)


def _input(setting: Setting) -> Any:
    if setting.kind == "yes-no":
        return CheckBox(text="")
    if setting.kind == "choice":
        return ComboBox(choices=list(setting.choices))
    line = LineEdit()
    line.native.setPlaceholderText(setting.empty)
    return line


def _tip(setting: Setting) -> str:
    empty = f"\nLeft empty: {setting.empty}." if setting.empty else ""
    return f"{setting.help}{empty}"
