"""The runs as rows of a table."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from .runs import STATES, Run

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()

#: Title and tip of each column.
COLUMNS = (
    ("Run", "When it was started, and by which recipe"),
    ("State", "Whether it runs, has ended, or can go on"),
    ("Validation", "Dice on the validation subjects, or out of fold"),
    ("Test", "Dice on the test subjects"),
    ("Labels", "The label snapshot that it learned from"),
    ("Notes", "What was written about it"),
)

#: Characters of a snapshot's id that are shown.
_ID = 6

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class RunsTable(QAbstractTableModel):
    """What a project's runs are, the newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[Run] = []

    def set_runs(self, runs: list[Run]) -> None:
        """Show other runs."""
        self.beginResetModel()
        self.runs = runs
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many runs there are."""
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, its tip, or how it is aligned."""
        if not index.isValid():
            return None
        run = self.runs[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row_of(run)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            full = (run.name, run.error or STATES[run.state], "", "", run.labels)
            return (*full, run.notes)[index.column()] or None
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (2, 3):
            return _RIGHT
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's title or its tip."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section][0]
        return COLUMNS[section][1] if role == Qt.ItemDataRole.ToolTipRole else None


def row_of(run: Run) -> tuple[str, ...]:
    """Return a run's cells as text."""
    return (
        run.name,
        STATES[run.state],
        _dice(run.validation),
        _dice(run.test),
        run.labels[:_ID],
        " ".join(run.notes.split()),
    )


def _dice(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
