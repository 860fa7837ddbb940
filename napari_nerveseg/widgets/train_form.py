"""The training form, made with magicgui from the engine's configuration."""

from __future__ import annotations

from typing import Any

from magicgui.widgets import (
    CheckBox,
    ComboBox,
    Container,
    FloatSpinBox,
    LineEdit,
    SpinBox,
)

from .. import _engine
from ..view.train_settings import DEVICES, recipe_values

_TIPS = {
    "recipe": "Whose settings these are; choosing one fills in the rest",
    "epochs": "How often every training frame is seen, at most",
    "height": "Frames are resized to this height, in pixels",
    "width": "Frames are resized to this width, in pixels",
    "batch": "Frames in one step; less takes less memory",
    "val_subjects": "Such as 21-24,30; left empty, a fifth of the subjects is drawn",
    "max_minutes": "Training ends within this time; 0 is no limit",
    "device": "auto takes a graphics card if there is one",
    "augment": "Warp training frames and change their grey levels",
}
_LABELS = {
    "val_subjects": "validation subjects",
    "max_minutes": "minutes at most",
    "augment": "augmentation",
}


class TrainForm(Container):  # type: ignore[type-arg]
    """One row per setting; choosing a recipe fills in its numbers."""

    def __init__(self) -> None:
        super().__init__(widgets=_rows(), labels=True)
        self.native.setObjectName("train_form")
        self.margins = (0, 0, 0, 0)
        for row in self:
            row.native.setObjectName(f"train_{row.name}")
            row.tooltip = _TIPS[row.name]
        self["recipe"].changed.connect(self.set_recipe)
        self.set_recipe(self["recipe"].value)

    def set_recipe(self, recipe: str) -> None:
        """Fill in a recipe's settings; the validation subjects stay."""
        kept = self["val_subjects"].value
        for name, value in recipe_values(recipe).items():
            self[name].value = value
        self["val_subjects"].value = kept

    def values(self) -> dict[str, Any]:
        """Return the settings by name."""
        return {row.name: row.value for row in self}


def _rows() -> list[Any]:
    rows = [
        ComboBox(name="recipe", choices=list(_engine.RECIPES)),
        SpinBox(name="epochs", min=1, max=100_000),
        SpinBox(name="height", min=1, max=4096, step=16),
        SpinBox(name="width", min=1, max=4096, step=16),
        SpinBox(name="batch", min=1, max=4096),
        LineEdit(name="val_subjects"),
        FloatSpinBox(name="max_minutes", min=0, max=100_000, step=5),
        ComboBox(name="device", choices=list(DEVICES)),
        CheckBox(name="augment", text=""),
    ]
    for row in rows:
        row.label = _LABELS.get(row.name, row.name)
    return rows
