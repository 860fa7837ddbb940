"""The sheet of keys that ``?`` shows."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..window.dialog import Dialog
from ..window.keys import (
    COMMANDS,
    CONFLICTS,
    FRAMES,
    JUDGE,
    LAYERS,
    LOOK,
    NAPARI_KEYS,
    TOOLS,
    WINDOW,
    keys_of,
    native,
)

_DRAWING = "Drawing (napari's own, on the ground truth layer)"
#: Which groups stand in each column, so that the columns are of about one height.
_COLUMNS = (
    (FRAMES, JUDGE, WINDOW),
    (TOOLS, LAYERS, LOOK, _DRAWING),
    (CONFLICTS,),
)


class CheatSheet(Dialog):
    """All keys in groups, ours and the ones of napari that one needs beside them.

    Parameters
    ----------
    change
        Called when somebody wants to have other keys.
    """

    def __init__(self, parent: QWidget, change: Callable[[], object]) -> None:
        super().__init__(parent, "cheat_sheet", "Keys of nerve review")
        text = QLabel(cheat_sheet_html())
        text.setObjectName("cheat_sheet_text")
        text.setTextFormat(Qt.TextFormat.RichText)
        area = QScrollArea()
        area.setObjectName("cheat_sheet_area")
        area.setAccessibleName("Keys")
        area.setToolTip("Arrow keys and Page Up and Down scroll")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(text)
        layout = QVBoxLayout(self)
        layout.addWidget(area)
        layout.addWidget(self._buttons(change))
        self._text = text

    def wanted_size(self) -> QSize:
        """Be as large as the words, which have their font only when it is shown."""
        words = self._text.sizeHint() + QSize(60, 80)
        self._text.setWordWrap(words.width() > self.largest().width())
        return words

    def _buttons(self, change: Callable[[], object]) -> QDialogButtonBox:
        buttons = self.closer()
        other = buttons.addButton(
            "Change keys…", QDialogButtonBox.ButtonRole.ActionRole
        )
        other.setObjectName("change_keys")
        other.setToolTip("Give a command another key")
        other.clicked.connect(lambda _checked=False: (self.close(), change()))
        return buttons


def cheat_sheet_html() -> str:
    """Return the keys as they are now, in columns of small tables."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for command in COMMANDS:
        keys = " or ".join(map(native, keys_of(command.name)))
        groups.setdefault(command.group, []).append((keys, command.text))
    groups[_DRAWING] = list(NAPARI_KEYS)
    columns = (
        "".join(_table(title, groups[title]) for title in titles) for titles in _COLUMNS
    )
    cells = "".join(f"<td valign='top'>{column}</td>" for column in columns)
    return f"<table cellspacing='12'><tr>{cells}</tr></table>"


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><td><b>{escape(key)}</b>&nbsp;&nbsp;</td><td>{escape(text)}</td></tr>"
        for key, text in rows
    )
    return f"<p><b>{escape(title)}</b></p><table cellpadding='1'>{lines}</table>"
