"""How the open folder was understood, and how it is to be read instead."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from qtpy.QtCore import QSize
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.dialog import Dialog, show_once

_TITLES = {
    "mask_names": "Masks are named",
    "subject_by": "Subjects are told by",
    "nerve_label": "Label of the nerve",
    "masks_csv": "Masks from a CSV file",
    "grey_range": "Black to white, LOW:HIGH",
    "invert_masks": "The nerve is black in the masks",
    "luminance": "Read colour as grey",
}
_SWITCHES = ("invert_masks", "luminance")
_SUBJECTS = ("number", "folder", "none")
_FOUND = "as found"


class ReadingDialog(Dialog):
    """A page on the folder, and a field for each choice; empty is as found.

    Parameters
    ----------
    context
        With an open session.
    parent
        Above which it appears.
    """

    def __init__(self, context: ReviewContext, parent: QWidget) -> None:
        super().__init__(parent, "reading_dialog", "How this folder is read")
        self._context = context
        self.page = label("reading_page", self._page(), wraps=True)
        self.fields: dict[str, QWidget] = {}
        form = QFormLayout()
        helps = {one.name: one.metadata.get("help", "") for one in _reading_fields()}
        chosen = (
            {} if context.session is None else context.session.dataset.reading.chosen()
        )
        for name, title in _TITLES.items():
            field = self._field(name, chosen.get(name))
            field.setObjectName(f"reading_{name}")
            field.setAccessibleName(title)
            field.setToolTip(helps[name])
            self.fields[name] = field
            form.addRow("" if name in _SWITCHES else title, field)
        self.words = label("reading_error", wraps=True)
        layout, ends = QVBoxLayout(self), QHBoxLayout()
        forget = button(
            "reading_as_found",
            "As found",
            "Forget every choice: read the folder as it is understood by itself",
            lambda: self._open({"as_found": True}),
        )
        ends.addWidget(forget)
        ends.addStretch(1)
        cancel = button("reading_cancel", "Cancel", "Change nothing", self.reject)
        ends.addWidget(cancel)
        ends.addWidget(
            button(
                "reading_apply",
                "Read so",
                "Open the folder anew; edits stay, and the choice is kept",
                lambda: self._open(self.choices()),
            )
        )
        layout.addWidget(self.page)
        layout.addLayout(form)
        layout.addWidget(self.words)
        layout.addStretch(1)
        layout.addLayout(ends)

    def wanted_size(self) -> QSize:
        """Return a size that shows the page without breaking each line."""
        return QSize(640, max(420, self.sizeHint().height()))

    def choices(self) -> dict[str, Any]:
        """Return what the fields say, and that nothing else counts."""
        found: dict[str, Any] = {"as_found": True}
        for name, field in self.fields.items():
            if isinstance(field, QCheckBox):
                found |= {name: True} if field.isChecked() else {}
                continue
            text = _text(field).strip()
            if text and text != _FOUND:
                is_number = name == "nerve_label" and text.isdecimal()
                found[name] = int(text) if is_number else text
        return found

    def _field(self, name: str, value: Any) -> QWidget:
        if name in _SWITCHES:
            switch = QCheckBox(_TITLES[name])
            switch.setChecked(bool(value))
            return switch
        text = "" if value is None else str(value)
        if name == "subject_by":
            box = QComboBox()
            box.setEditable(True)
            box.addItems([_FOUND, *_SUBJECTS])
            box.setCurrentText(text or _FOUND)
            return box
        line = QLineEdit(text)
        line.setPlaceholderText(_FOUND)
        return line

    def _page(self) -> str:
        session = self._context.session
        scan = None if session is None else session.scan
        if scan is None:
            return "The folder is still being read; what it holds will stand here."
        lines = _engine.page(scan.to_json())
        return "\n".join(f"{title}: {text}" for title, text in lines)

    def _open(self, choices: dict[str, Any]) -> None:
        """Open the folder so; what is refused is said here, and nothing changes."""
        said: list[str] = []

        def listen(level: str, text: str) -> None:
            said.extend([text] if level == "error" else [])

        self._context.said.connect(listen)
        try:
            opened = self._context.open_again(choices)
        except _engine.InputError as problem:
            opened, said = False, [str(problem)]
        finally:
            self._context.said.disconnect(listen)
        if opened:
            self.accept()
        else:
            self.words.setText(said[-1] if said else "")


def _text(field: QWidget) -> str:
    if isinstance(field, QComboBox):
        return str(field.currentText())
    return str(field.text()) if isinstance(field, QLineEdit) else ""


def show_reading(context: ReviewContext, window: QWidget) -> None:
    """Show how the open folder is read, if one is open."""
    if context.session is not None:
        show_once(window, ReadingDialog, lambda: ReadingDialog(context, window))


def _reading_fields() -> tuple[Any, ...]:
    return fields(_engine.Reading)
