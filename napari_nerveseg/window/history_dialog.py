"""The history of verdicts and rules, from which any of them is taken back, or again."""

from __future__ import annotations

from qtpy.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QListView,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..review.actions import RedoAction, UndoAction
from ..review.bulk import changed_since, decisions
from .action_list import ActionList, named
from .context import ReviewContext
from .controls import button, label
from .dialog import Dialog

_NONE = (
    "Nobody has given a verdict or applied a rule yet. What you decide on conflicts, "
    "and on several frames at once, is listed here and can be taken back."
)
_CHOOSE = "Choose what to take back; it may be of today or of last year."

#: (width, height) in pixels, with something to list and without.
_SIZE, _WORDS_ONLY = (640, 480), (480, 140)


class HistoryDialog(Dialog):
    """Frames that were edited since stay as they are, unless one says otherwise."""

    def __init__(self, context: ReviewContext, parent: QWidget) -> None:
        super().__init__(parent, "history_dialog", "History of verdicts and rules")
        self._context = context
        self.model = ActionList(self)
        self.list = QListView()
        self.list.setObjectName("history_list")
        self.list.setAccessibleName("Verdicts and rules")
        self.list.setToolTip("Every verdict and rule, the newest first")
        self.list.setModel(self.model)
        self.list.setAlternatingRowColors(True)
        self.list.selectionModel().currentChanged.connect(self._describe)
        self.words = label("history_words", role="quiet", wraps=True)
        self.force = QCheckBox("Take those later edits back too")
        self.force.setObjectName("history_force")
        self.force.setToolTip(
            "Otherwise the frames that were edited since are left alone"
        )
        self.act = button(
            "history_act",
            "Take back",
            "Undo it over all its frames, or do it again",
            self._act,
        )
        row = QHBoxLayout()
        row.addWidget(self.force, 1)
        row.addWidget(self.act)
        row.addWidget(self.closer())
        layout = QVBoxLayout(self)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.words)
        layout.addLayout(row)
        context.session_changed.connect(self.close)
        context.table_changed.connect(self._fill)
        self._fill()
        self.resize(*(_SIZE if self.model.items else _WORDS_ONLY))

    def _fill(self) -> None:
        """List anew what there is, and keep the chosen one chosen."""
        session = self._context.session
        if session is None:
            return
        actions = decisions(session)
        if [a.id for a in actions] == [a.id for a in self.model.items] and all(
            a.in_effect == b.in_effect
            for a, b in zip(actions, self.model.items, strict=True)
        ):
            self._describe()
            return
        row = max(self.list.currentIndex().row(), 0)
        self.model.set_items(actions)
        if actions:
            self.list.setCurrentIndex(self.model.index(min(row, len(actions) - 1)))
        self._describe()

    def _chosen(self) -> _engine.Action | None:
        index = self.list.currentIndex()
        return self.model.items[index.row()] if index.isValid() else None

    def _describe(self, *_what: object) -> None:
        """Say what would happen to the chosen action's frames."""
        action, session = self._chosen(), self._context.session
        for part in (self.list, self.act):
            part.setVisible(bool(self.model.items))
        self.act.setEnabled(action is not None)
        changed: tuple[str, ...] = ()
        if action is None or session is None:
            self.words.setText(_CHOOSE if self.model.items else _NONE)
        else:
            self.act.setText("Take back" if action.in_effect else "Do again")
            changed = changed_since(session, action) if action.in_effect else ()
            edited = (
                f" Edited since, and left as they are: {named(changed)}."
                if changed
                else ""
            )
            self.words.setText(f"{len(action.frames)} frames.{edited}")
        self.force.setVisible(bool(changed))
        if not changed:
            self.force.setChecked(False)

    def _act(self) -> None:
        action = self._chosen()
        if action is None or self._context.drawing():
            return
        if action.in_effect:
            force = self.force.isChecked()
            self._context.do(UndoAction(action.id, force=force))
        else:
            self._context.do(RedoAction(action.id))
        self._fill()
