"""The sheet of keys that ``?`` shows."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from .keys import COMMANDS, NAPARI_KEYS, keys_of, native

_DRAWING = "Drawing (napari's own, on the ground truth layer)"
#: How many groups stand in each column, so that the columns are of one height.
_COLUMNS = (2, 3, 3)
#: Share of the screen that the sheet takes at most.
_SHARE = 0.9


class CheatSheet(QDialog):
    """All keys in groups, ours and the ones of napari that one needs beside them.

    Parameters
    ----------
    change
        Called when somebody wants to have other keys.
    """

    def __init__(self, parent: QWidget, change: Callable[[], object]) -> None:
        super().__init__(parent)
        self.setObjectName("cheat_sheet")
        self.setWindowTitle("Keys of nerve review")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        text = QLabel(cheat_sheet_html())
        text.setObjectName("cheat_sheet_text")
        text.setTextFormat(Qt.TextFormat.RichText)
        area = QScrollArea()
        area.setObjectName("cheat_sheet_area")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(text)
        layout = QVBoxLayout(self)
        layout.addWidget(area)
        layout.addWidget(self._buttons(change))
        self._fit(text)

    def _buttons(self, change: Callable[[], object]) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        other = buttons.addButton(
            "Change keys…", QDialogButtonBox.ButtonRole.ActionRole
        )
        other.setObjectName("change_keys")
        other.setToolTip("Give a command another key")
        buttons.rejected.connect(self.close)
        other.clicked.connect(lambda _checked=False: (self.close(), change()))
        return buttons

    def _fit(self, text: QLabel) -> None:
        """Be as large as the words, if the screen is."""
        wanted, screen = text.sizeHint(), self.screen().availableGeometry()
        self.resize(
            min(wanted.width() + 60, int(_SHARE * screen.width())),
            min(wanted.height() + 80, int(_SHARE * screen.height())),
        )


def cheat_sheet_html() -> str:
    """Return the keys as they are now, in columns of small tables."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for command in COMMANDS:
        keys = " or ".join(map(native, keys_of(command.name)))
        groups.setdefault(command.group, []).append((keys, command.text))
    groups[_DRAWING] = list(NAPARI_KEYS)
    tables = [_table(title, rows) for title, rows in groups.items()]
    cells, start = "", 0
    for count in _COLUMNS:
        column = "".join(tables[start : start + count])
        cells += f"<td valign='top'>{column}</td>"
        start += count
    return f"<table cellspacing='12'><tr>{cells}</tr></table>"


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><td><b>{escape(key)}</b>&nbsp;&nbsp;</td><td>{escape(text)}</td></tr>"
        for key, text in rows
    )
    return f"<p><b>{escape(title)}</b></p><table cellpadding='1'>{lines}</table>"
