"""A dialog in which one gives commands other keys."""

from __future__ import annotations

from qtpy.QtCore import QModelIndex, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..window.controls import ROW_HEIGHT, button, label
from ..window.dialog import Dialog
from ..window.keys import COMMANDS, Command, keys_of, native
from .key_map import KeyMap

_COLUMNS = ("Key", "Command", "Where")
_SIZE = (660, 620)
_HELP = "Choose a command, press its new key in the field, then Set."


class KeyField(QKeySequenceEdit):
    """Takes any key but Escape, which no command can have: it leaves the dialog."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave Escape to the dialog."""
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)


class KeysDialog(Dialog):
    """Every command in a table, a field that takes a key, and a way back.

    Parameters
    ----------
    key_map
        Changes the keys, or says why not.
    """

    def __init__(self, parent: QWidget, key_map: KeyMap) -> None:
        super().__init__(parent, "keys_dialog", "Change keys")
        self._map = key_map
        self.search = QLineEdit()
        self.search.setObjectName("find_command")
        self.search.setAccessibleName("Find a command")
        self.search.setPlaceholderText("Find a command or a key")
        self.search.setToolTip("Part of a command's words, or its key")
        self.search.textChanged.connect(self._fill)
        self.table = self._table_widget()
        self.key = KeyField()
        self.key.setObjectName("new_key")
        self.key.setAccessibleName("New key")
        self.key.setToolTip("Press the key here")
        self.words = label("keys_words", _HELP, "quiet", wraps=True)
        self._lay_out()
        self._fill()
        self.resize(*_SIZE)

    def chosen(self) -> Command | None:
        """Return the command of the row that is chosen."""
        item = self.table.item(self.table.currentRow(), 0)
        return None if item is None else item.data(Qt.ItemDataRole.UserRole)

    # Layout -----------------------------------------------------------------------

    def _table_widget(self) -> QTableWidget:
        table = QTableWidget(0, len(_COLUMNS))
        table.setObjectName("keys_table")
        table.setAccessibleName("Commands and their keys")
        table.setToolTip("The commands; Enter: go to the field for the new key")
        table.setHorizontalHeaderLabels(_COLUMNS)
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)  # Tab goes on to the field
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        table.activated.connect(self._on_activated)
        return table

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.key, 1)
        for made in (
            button("set_key", "Set", "Give the chosen command this key", self._set),
            button("usual_key", "Usual key", "Give it its usual keys", self._reset),
            button("all_usual_keys", "All usual", "Undo every change", self._reset_all),
        ):
            row.addWidget(made)
        layout = QVBoxLayout(self)
        for widget in (self.search, self.table):
            layout.addWidget(widget)
        layout.addLayout(row)
        layout.addWidget(self.words)
        layout.addWidget(self.closer())

    def _fill(self, _text: str = "") -> None:
        """List the commands that are looked for; what was chosen stays so."""
        before, wanted = self.chosen(), self.search.text().strip().lower()
        rows = [
            command
            for command in COMMANDS
            if wanted in f"{command.text} {_keys(command)} {command.group}".lower()
        ]
        self.table.setRowCount(len(rows))
        for n, command in enumerate(rows):
            for column, text in enumerate(
                (_keys(command), command.text, command.group)
            ):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, command)
                self.table.setItem(n, column, item)
        self.table.setCurrentCell(rows.index(before) if before in rows else 0, 0)

    # What one does ----------------------------------------------------------------

    def _on_activated(self, _index: QModelIndex) -> None:
        self.key.clear()
        self.key.setFocus()

    def _set(self) -> None:
        command = self.chosen()
        if command is not None:
            key = self.key.keySequence().toString()
            self._say(self._map.change(command.name, key), command)

    def _reset(self) -> None:
        command = self.chosen()
        if command is not None:
            self._say(self._map.reset(command.name), command)

    def _reset_all(self) -> None:
        self._map.reset_all()
        self.words.setText("Every command has its usual keys again.")
        self._fill()

    def _say(self, refusal: str, command: Command) -> None:
        self.words.setText(refusal or f"{_keys(command)}: {command.text}")
        if not refusal:
            self.key.clear()
            self._fill()


def _keys(command: Command) -> str:
    return " or ".join(map(native, keys_of(command.name)))
