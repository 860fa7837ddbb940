"""Frames on which two sources of masks differ, as a list for Qt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

if TYPE_CHECKING:
    from ..model.comparison import Difference

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class DifferenceList(QAbstractListModel):
    """One line a frame, in the order given."""

    lines: Sequence[Difference] = ()

    def set_lines(self, lines: Sequence[Difference]) -> None:
        """Show these."""
        self.beginResetModel()
        self.lines = lines
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many are shown."""
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the words of one line."""
        if not index.isValid() or role != Qt.ItemDataRole.DisplayRole:
            return None
        return difference_words(self.lines[index.row()])


def difference_words(line: Difference) -> str:
    """Return a difference in one line."""
    a, b = (f"{area:,} px" if area else "empty" for area in line.areas)
    return f"{line.frame}   Dice {line.dice:.3f}   A {a} · B {b}"
