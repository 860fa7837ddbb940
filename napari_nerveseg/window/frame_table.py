"""The table of frames: columns of arrays, and an order array in front of them.

A ``QSortFilterProxyModel`` calls back into Python once per comparison, which takes
half a second for 5,635 rows; sorting and filtering arrays takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
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
from qtpy.QtGui import QColor, QIcon, QPixmap

from ..canvas import colours
from ..canvas.thumbnails import untinted
from ..review import frame_table
from ..review.query import Query, parse

COLUMNS = tuple(column.name for column in frame_table.COLUMNS)
_ALIGN_NUMBER = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_ALIGN_TEXT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_CONFLICT_WORDS = {"empty-versus-nerve": "empty/nerve"}
_SWATCH = 10  # pixels
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class FrameTableModel(QAbstractTableModel):
    """Frames as rows in any order, some of them hidden by a filter.

    Attributes
    ----------
    columns : dict of str to ndarray
        The values, rows in the data set's order.
    chosen : tuple of str
        The frames that are selected, where that is more than one: verdicts given by
        key or button are about these.
    marked : tuple of str
        The same, also while nobody sees them.
    picture : callable or None
        Gives a frame's small picture, for the first column.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns: dict[str, NDArray[Any]] = frame_table.empty_columns()
        self._order: NDArray[np.intp] = np.empty(0, dtype=np.intp)
        self._sort: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)
        self._query = Query("")
        self._queue: NDArray[np.intp] | None = None
        self.chosen: tuple[str, ...] = ()
        self.marked: tuple[str, ...] = ()
        self.picture: Callable[[str], QPixmap] | None = None

    # What the panel calls ---------------------------------------------------------

    def set_columns(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Show other values; filter, queue and sorting stay.

        Parameters
        ----------
        columns
            As `model.frame_table.FrameTable` has them, rows in the data set's order.
        """
        other = len(columns["frame"]) != len(self.columns["frame"])
        self.columns = dict(columns)
        self._queue = None if other else self._queue
        self._reorder()

    def set_filter(self, text: str) -> None:
        """Keep the rows that the filter line ``text`` names.

        Raises
        ------
        InputError
            If it cannot be understood; the rows stay as they are.
        """
        self._query = parse(text)
        self._reorder()

    def set_queue(self, frames: Sequence[str] | None) -> None:
        """Show these frames alone, in this order; None shows all."""
        places = {str(frame): n for n, frame in enumerate(self.columns["frame"])}
        known = None if frames is None else [places[f] for f in frames if f in places]
        self._queue = None if known is None else np.array(known, dtype=np.intp)
        self._reorder()

    @property
    def queued(self) -> bool:
        """Whether a queue is being gone through."""
        return self._queue is not None

    def set_picture(self, picture: Callable[[str], QPixmap] | None) -> None:
        """Put a small picture before each name, or none."""
        self.picture = picture
        self._tell_values()

    def kept(self) -> NDArray[np.bool_]:
        """Return which rows of `columns` queue and filter keep."""
        keep = np.zeros(len(self.columns["frame"]), dtype=bool)
        keep[self._order] = True
        return keep

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
        column = frame_table.COLUMNS[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        return column.tip if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, alignment or colour."""
        if not index.isValid():
            return None
        column = frame_table.COLUMNS[index.column()]
        name = column.name
        noted = role == Qt.ItemDataRole.ToolTipRole and name == "note"
        if role == Qt.ItemDataRole.DisplayRole or noted:
            return self._text(column, self._order[index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _ALIGN_NUMBER if column.number else _ALIGN_TEXT
        if role == Qt.ItemDataRole.DecorationRole:
            return self._decoration(name, index.row())
        if role == Qt.ItemDataRole.ForegroundRole and name == "conflict":
            return QColor(colours.CONFLICT)
        return None

    def sort(
        self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder
    ) -> None:
        """Sort by ``column``; -1 is the queue's order, or the data set's own."""
        self._sort = (column, order)
        self._reorder()

    def _reorder(self) -> None:
        order = self._wanted_order()
        if np.array_equal(order, self._order):
            self._tell_values()
            return
        self.beginResetModel()
        self._order = order
        self.endResetModel()

    def _tell_values(self) -> None:
        last = self.index(len(self._order) - 1, len(COLUMNS) - 1)
        self.dataChanged.emit(self.index(0, 0), last)

    def _decoration(self, name: str, row: int) -> Any:
        if name == "frame" and self.picture is not None:
            return untinted(self.picture(self.frame_at(row)))
        if name == "status":
            return _swatch(str(self.columns[name][self._order[row]]))
        return None

    def _text(self, column: frame_table.Column, row: int) -> str:
        name, value = column.name, self.columns[column.name][row]
        if column.number and np.isnan(value):
            return self._why_no_area(row) if name == "area" else ""
        if column.number:
            return format(value, column.number)
        if name == "conflict":
            return _CONFLICT_WORDS.get(str(value), str(value))
        if name == "status" and self.columns["verified_empty"][row]:
            return "no nerve"
        return str(value)

    def _why_no_area(self, row: int) -> str:
        if self.columns["unread"][row]:
            return "unread"
        return "missing" if self.columns["missing"][row] else "…"

    def _wanted_order(self) -> NDArray[np.intp]:
        keep = self._query.rows(self.columns)
        rows = np.flatnonzero(keep)
        column, order = self._sort
        descending = order == Qt.SortOrder.DescendingOrder
        if self._queue is not None:
            queued = self._queue[keep[self._queue]]
            rows = queued if column < 0 else np.sort(queued)
        if column <= 0:  # natural order, which no comparison of text gives
            return rows[::-1] if descending else rows
        key = _sort_key(self.columns[COLUMNS[column]][rows])
        return rows[np.argsort(-key if descending else key, kind="stable")]


@cache
def _swatch(status: str) -> QIcon:
    """Return a status's colour as a square; a bare colour grows with the pictures."""
    square = QPixmap(_SWATCH, _SWATCH)
    square.fill(QColor(colours.STATUS[status]))
    return untinted(square)


def _sort_key(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers that sort as a person expects, NaN (always last) for nothing.

    Numbers in text sort by value, subject 2 before 10.
    """
    if values.dtype.kind in "fiu":
        return values.astype(float)
    texts, ranks = np.unique(values.astype(str), return_inverse=True)
    width = max((len(text) for text in texts), default=1)
    padded = np.where(np.char.isdigit(texts), np.char.zfill(texts, width), texts)
    places = np.argsort(np.argsort(padded, kind="stable"), kind="stable").astype(float)
    places[texts == ""] = np.nan
    return places[ranks] if len(texts) else np.empty(0)
