"""What every list of ours for Qt has in common: items, each of them one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from qtpy.QtGui import QIcon

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class LineList(QAbstractListModel):
    """A list of items; a class of its own says what is shown of one."""

    items: Sequence[Any] = ()

    def set_items(self, items: Sequence[Any]) -> None:
        """Show these."""
        self.beginResetModel()
        self.items = items
        self.endResetModel()

    def words(self, item: Any) -> str:
        """Return the text of an item's line."""
        return str(item)

    def picture(self, item: Any) -> QIcon | None:
        """Return what stands beside the text; None is nothing."""
        return None

    def tip(self, item: Any) -> str | None:
        """Return what hovering tells of an item; None is nothing."""
        return None

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many items are shown."""
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return an item's words, its picture or its tooltip."""
        if not index.isValid():
            return None
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(item)
        if role == Qt.ItemDataRole.DecorationRole:
            return self.picture(item)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tip(item)
        return None
