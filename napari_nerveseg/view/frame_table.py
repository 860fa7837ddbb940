"""The table of frames: columns of arrays, and an order array in front of them.

A ``QSortFilterProxyModel`` calls back into Python once per comparison, which takes
half a second for 5,635 rows; sorting and filtering arrays takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from qtpy.QtGui import QColor

from . import colours
from .frame_filter import rows_that_match

COLUMNS = ("frame", "subject", "area", "dice", "conflict", "status")
_TITLES = ("Frame", "Subject", "Area", "Dice", "Conflict", "Status")
_TIPS = (
    "The frame's name",
    "The subject that the frame shows",
    "Pixels of the ground truth; 0 is a mask that says: no nerve",
    "Dice of prediction and ground truth; both empty counts 1",
    "What kind of conflict the frame's duplicate group has",
    "What you said of the frame; no nerve is approved with an empty mask",
)
_ALIGN_NUMBER = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ALIGN_TEXT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_CONFLICT_WORDS = {"empty-versus-nerve": "empty/nerve"}
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class FrameTable(QAbstractTableModel):
    """Frames as rows in any order, some of them hidden by a filter.

    Attributes
    ----------
    columns : dict of str to ndarray
        The values, rows in the data set's order.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: dict[str, NDArray[Any]] = _empty_columns()
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._sort: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)
        self._filter = ""

    # What the panel calls ---------------------------------------------------------

    def set_columns(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Show other values; filter and sorting stay.

        Parameters
        ----------
        columns
            As for `frame_filter.rows_that_match`, rows in the data set's order.
        """
        self.columns = dict(columns)
        self._reorder()

    def set_filter(self, text: str) -> None:
        """Keep the rows that the filter line ``text`` names."""
        self._filter = text
        self._reorder()

    def frame_at(self, row: int) -> str:
        """Return the FrameId in view row ``row``."""
        return str(self.columns["frame"][self._order[row]])

    def frames(self) -> list[str]:
        """Return the FrameIds in the order of the view."""
        return [str(frame) for frame in self.columns["frame"][self._order]]

    def row_of(self, frame: str) -> int:
        """Return the view row of ``frame``, or -1 if the filter hides it."""
        found = np.flatnonzero(self.columns["frame"][self._order] == frame)
        return int(found[0]) if len(found) else -1

    # What Qt calls ----------------------------------------------------------------

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return the number of rows that the filter keeps."""
        return 0 if parent.isValid() else len(self._order)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a column's title or tooltip."""
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _TITLES[section]
        return _TIPS[section] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, alignment or colour."""
        if not index.isValid():
            return None
        name = COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(name, self._order[index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGN_NUMBER if name in ("area", "dice") else _ALIGN_TEXT
        if role == Qt.ItemDataRole.DecorationRole and name == "status":
            status = str(self.columns[name][self._order[index.row()]])
            return QColor(colours.STATUS[status])
        if role == Qt.ItemDataRole.ForegroundRole and name == "conflict":
            return QColor(colours.CONFLICT)
        return None

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        """Sort by ``column``; -1 is the data set's own order."""
        self._sort = (column, order)
        self._reorder()

    def _reorder(self) -> None:
        order = self._wanted_order()
        if np.array_equal(order, self._order):
            last = self.index(len(order) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self._order = order
        self.endResetModel()

    def _text(self, name: str, row: int) -> str:
        value = self.columns[name][row]
        if name == "area" and np.isnan(value):
            return "missing" if self.columns["missing"][row] else "…"
        if name == "area":
            return f"{value:,.0f}"
        if name == "dice":
            return "" if np.isnan(value) else f"{value:.3f}"
        if name == "conflict":
            return _CONFLICT_WORDS.get(str(value), str(value))
        if name == "status" and self.columns["verified_empty"][row]:
            return "no nerve"
        return str(value)

    def _wanted_order(self) -> NDArray[np.intp]:
        rows = rows_that_match(self._filter, self.columns)
        column, order = self._sort
        descending = order == Qt.SortOrder.DescendingOrder
        if column <= 0:  # natural order, which no comparison of text gives
            return rows[::-1] if descending else rows
        key = _sort_key(self.columns[COLUMNS[column]][rows])
        return rows[np.argsort(-key if descending else key, kind="stable")]


def _sort_key(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers that sort as a person expects, NaN (always last) for nothing.

    Numbers in text sort by value, subject 2 before 10.
    """
    if values.dtype.kind in "fiu":
        return values.astype(float)
    width = max((len(value) for value in values), default=1)
    padded = np.where(np.char.isdigit(values), np.char.zfill(values, width), values)
    _texts, ranks = np.unique(padded, return_inverse=True)
    return np.where(values == "", np.nan, ranks.astype(float))


def _empty_columns() -> dict[str, NDArray[Any]]:
    text = {name: np.empty(0, dtype="U1") for name in COLUMNS}
    numbers = {name: np.empty(0, dtype=float) for name in ("area", "dice")}
    flags = {
        name: np.empty(0, dtype=bool)
        for name in ("edited", "missing", "verified_empty")
    }
    return {**text, **numbers, **flags}
