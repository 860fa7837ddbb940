"""The training form: what matters first, the rest folded in groups.

Each setting has a field with what is wrong with it beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from magicgui.widgets import CheckBox, ComboBox, LineEdit
from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtWidgets import (
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from ..window.controls import CollapsibleBox, label
from .settings import (
    FIRST,
    GROUPS,
    Setting,
    config_values,
    idle,
    names_in,
    recipe_values,
    settings,
    shown,
)

#: Settings that a recipe does not decide: they stay when another one is chosen.
_STAY = ("max_minutes", "val_subjects", "test_subjects", "device", "init_from")

#: Pixels for the names of settings, so that the fields of all groups stand in line.
_LABELS = 132


class TrainForm(QWidget):
    """One row per setting that is used; choosing a recipe fills in its numbers.

    Signals: ``changed()`` when a value is another.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("train_form")
        self._fields = {
            name: TrainField(setting) for name, setting in settings().items()
        }
        self._filling = False
        self.folds: dict[str, CollapsibleBox] = {}
        self._lay_out()
        for field in self._fields.values():
            field.changed.connect(self._on_change)
        self.changed.connect(self._show_used)
        recipe = self._fields["recipe"]
        recipe.changed.connect(lambda: self.set_recipe(recipe.value))
        self.set_recipe(recipe.value)

    def __getitem__(self, name: str) -> TrainField:
        """Return the field of one setting."""
        return self._fields[name]

    def set_recipe(self, recipe: str) -> None:
        """Fill in a recipe's settings; who validates and tests, and where, stays."""
        if self._filling:
            return
        kept = {name: self._fields[name].value for name in _STAY}
        self._fill({**recipe_values(recipe), **kept})

    def set_config(self, config: Mapping[str, Any]) -> None:
        """Fill in all settings of an earlier run."""
        self._fill(config_values(config))

    def values(self) -> dict[str, Any]:
        """Return the settings as the fields show them, by name."""
        return {name: field.value for name, field in self._fields.items()}

    def say(self, problems: Mapping[str, str]) -> None:
        """Show what is wrong beside the fields, and on the groups that hide some."""
        for name, field in self._fields.items():
            field.say(problems.get(name, ""))
        own, unused = recipe_values(self._fields["recipe"].value), idle(self.values())
        for name, field in self._fields.items():
            field.mark(field.value != own[name])
        for title, fold in self.folds.items():
            names = [name for name in names_in(title) if name not in unused]
            changed = sum(self._fields[name].value != own[name] for name in names)
            wrong = sum(name in problems for name in names)
            fold.head.setText(_title(title, changed, wrong))

    def _fill(self, values: Mapping[str, Any]) -> None:
        self._filling = True
        for name, value in values.items():
            self._fields[name].value = value
        self._filling = False
        self.changed.emit()

    def _on_change(self) -> None:
        if not self._filling:
            self.changed.emit()

    def _show_used(self) -> None:
        """Show what does something; the rest keeps its values until it does again."""
        unused = idle(self.values())
        for name, field in self._fields.items():
            field.show_row(name not in unused)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.addWidget(self._rows(FIRST))
        for title in GROUPS:
            content = self._rows(names_in(title))
            tip = f"Show or hide the settings of: {title.lower()}"
            fold = CollapsibleBox(f"train_group_{title.lower()}", title, tip, content)
            self.folds[title] = fold
            layout.addWidget(fold)
        layout.addStretch(1)

    def _rows(self, names: Iterable[str]) -> QWidget:
        rows = QWidget()
        form = QFormLayout(rows)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name in names:
            field = self._fields[name]
            field.title.setMinimumWidth(_LABELS)
            form.addRow(field.title, field.row)
        return rows


def _title(title: str, changed: int, wrong: int) -> str:
    said = f"{title} · {changed} changed" if changed else title
    return f"{said} · {wrong} to mend" if wrong else said


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

    def show_row(self, used: bool) -> None:
        """Show its title and its row, or take both away."""
        self.title.setVisible(used)
        self.row.setVisible(used)

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
