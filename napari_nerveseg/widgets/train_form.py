"""The training form, made with magicgui from the engine's configuration."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import CheckBox, ComboBox, FloatSpinBox, LineEdit, SpinBox
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QWidget

from .. import _engine
from ..view.train_settings import DEVICES, recipe_values

#: Field: words before it, tooltip.
_WORDS = {
    "recipe": ("Recipe", "Whose settings these are; choosing one fills in the rest"),
    "epochs": ("Epochs", "How often every training frame is seen, at most"),
    "height": ("Size, high × wide", "Frames are resized to this height, in pixels"),
    "width": ("", "Frames are resized to this width, in pixels"),
    "batch": ("Batch", "Frames in one step; less takes less memory"),
    "val_subjects": (
        "Validation subjects",
        "Such as 21-24,30; left empty, a fifth of the subjects is drawn",
    ),
    "max_minutes": ("Minutes at most", "Training ends within this time"),
    "device": ("Device", "auto takes a graphics card if there is one"),
    "augment": ("Augmentation", "Warp training frames and change their grey levels"),
}


class TrainForm(QWidget):
    """One row per setting; choosing a recipe fills in its numbers."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("train_form")
        self._fields: dict[str, Any] = _fields()
        self._lay_out()
        for field in self._fields.values():
            field.changed.connect(self._on_change)
        self._fields["recipe"].changed.connect(self.set_recipe)
        self.set_recipe(self._fields["recipe"].value)

    def __getitem__(self, name: str) -> Any:
        """Return the magicgui widget of one setting."""
        return self._fields[name]

    def set_recipe(self, recipe: str) -> None:
        """Fill in a recipe's settings; the validation subjects stay."""
        kept = self._fields["val_subjects"].value
        for name, value in recipe_values(recipe).items():
            self._fields[name].value = value
        self._fields["val_subjects"].value = kept

    def values(self) -> dict[str, Any]:
        """Return the settings by name."""
        return {name: field.value for name, field in self._fields.items()}

    def _on_change(self, _value: object) -> None:
        self.changed.emit()

    def _lay_out(self) -> None:
        form, size = QFormLayout(self), QHBoxLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        for name in ("height", "width"):
            size.addWidget(self._fields[name].native)
        for name, (words, tip) in _WORDS.items():
            native = self._fields[name].native
            native.setObjectName(f"train_{name}")
            native.setToolTip(tip)
            if name == "height":
                form.addRow(words, size)
            elif name != "width":
                form.addRow(words, native)


def _fields() -> dict[str, Any]:
    minutes = FloatSpinBox(min=0, max=100_000, step=5)
    minutes.native.setSpecialValueText("no limit")
    return {
        "recipe": ComboBox(choices=list(_engine.RECIPES)),
        "epochs": SpinBox(min=1, max=100_000),
        "height": SpinBox(min=1, max=4096, step=16),
        "width": SpinBox(min=1, max=4096, step=16),
        "batch": SpinBox(min=1, max=4096),
        "val_subjects": LineEdit(),
        "max_minutes": minutes,
        "device": ComboBox(choices=list(DEVICES)),
        "augment": CheckBox(text=""),
    }
