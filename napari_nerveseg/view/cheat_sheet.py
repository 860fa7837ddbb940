"""The sheet of keys that ``?`` shows."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from .keys import COMMANDS, NAPARI_KEYS


class CheatSheet(QDialog):
    """All keys in groups, ours and the ones of napari that one needs beside them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("cheat_sheet")
        self.setWindowTitle("Keys of nerve review")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = QLabel(cheat_sheet_html())
        text.setObjectName("cheat_sheet_text")
        text.setTextFormat(Qt.TextFormat.RichText)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(text)
        layout.addWidget(buttons)


def cheat_sheet_html() -> str:
    """Return the keys as two columns of small tables."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for command in COMMANDS:
        keys = " or ".join(_native(key) for key in command.keys)
        groups.setdefault(command.group, []).append((keys, command.text))
    groups["Drawing (napari's own, on the ground truth layer)"] = list(NAPARI_KEYS)
    tables = [_table(title, rows) for title, rows in groups.items()]
    left, right = "".join(tables[:3]), "".join(tables[3:])
    return (
        f"<table cellspacing='12'><tr><td valign='top'>{left}</td>"
        f"<td valign='top'>{right}</td></tr></table>"
    )


def _native(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><td><b>{escape(key)}</b>&nbsp;&nbsp;</td><td>{escape(text)}</td></tr>"
        for key, text in rows
    )
    return f"<p><b>{escape(title)}</b></p><table cellpadding='2'>{lines}</table>"
