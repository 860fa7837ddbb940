"""Verdicts and rules ever given, as a list for Qt, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

if TYPE_CHECKING:
    from .._engine import Action

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_NAMED = 4


class ActionList(QAbstractListModel):
    """One line an action: when, who, what, on which frames, and if it is undone."""

    actions: Sequence[Action] = ()

    def set_actions(self, actions: Sequence[Action]) -> None:
        """Show these."""
        self.beginResetModel()
        self.actions = actions
        self.endResetModel()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many are shown."""
        return 0 if parent.isValid() else len(self.actions)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return an action's words; the tooltip names every frame."""
        if not index.isValid():
            return None
        action = self.actions[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return action_words(action)
        if role == Qt.ItemDataRole.ToolTipRole:
            return ", ".join(action.frames)
        return None


def action_words(action: Action) -> str:
    """Return an action in one line."""
    when = action.time[:16].replace("T", " ")
    reason = f" ({action.reason})" if action.reason else ""
    decided = f"{action.note or action.kind}{reason}"
    what = action.reason if action.kind == "rule" else decided
    undone = "" if action.in_effect else "(taken back) "
    return f"{undone}{when}  {action.author}: {what.strip()} · {named(action.frames)}"


def named(frames: Sequence[str]) -> str:
    """Return the first frames by name and the rest as a count."""
    if len(frames) <= _NAMED:
        return ", ".join(frames)
    return f"{', '.join(frames[:_NAMED])} and {len(frames) - _NAMED} more"
