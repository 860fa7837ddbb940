"""The rule of thumb in bulk: choose it, see what it would change, apply it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QSize, Qt
from qtpy.QtGui import QIcon, QPainter, QPixmap
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QListView,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..canvas import colours
from ..canvas.thumbnails import SIZE, draw, thumbnail, untinted
from ..review.actions import ApplyRule
from ..review.bulk import plan_differences, plan_rule
from ..review.counting import counted
from ..window.action_list import named
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.dialog import Dialog
from ..window.line_list import LineList

if TYPE_CHECKING:
    from .._engine import Change, RulePlan


_WORDS = {
    "drop-empty-twin": "Drop the empty twin: exclude it",
    "propagate": "Give the empty twin the other's mask",
}

Groups = Collection[tuple[str, ...]]


class RuleDialog(Dialog):
    """Nothing changes before Apply, and then what is in view; else nothing stays.

    The window goes on working beside it. What is done there renews the list, which
    says for which frames, and Apply does nothing that has not been in the list.

    Parameters
    ----------
    context
        With an open session.
    selected
        The groups that are selected in the list.
    parent
        Above which it appears.
    """

    def __init__(
        self, context: ReviewContext, selected: Groups, parent: QWidget
    ) -> None:
        super().__init__(parent, "rule_dialog", "Settle conflicts by a rule")
        self._context, self._selected = context, selected
        self._plan: _engine.RulePlan | None = None
        self._seen = 0  # the newest action that the preview knows of
        self.rule, self.scope = self._choices(len(selected))
        self.model = RulePreview(context.session, self)
        self.preview = self._preview()
        self.words = label("rule_words", role="quiet", wraps=True)
        self.apply = button(
            "rule_apply", "Apply", "Do this, as one action", self._apply
        )
        close = button("rule_cancel", "Cancel", "Change nothing", self.reject)
        row, ends = QHBoxLayout(), QHBoxLayout()
        row.addWidget(self.rule, 2)
        row.addWidget(self.scope, 1)
        ends.addStretch(1)
        ends.addWidget(close)
        ends.addWidget(self.apply)
        layout = QVBoxLayout(self)
        layout.addLayout(row)
        layout.addWidget(self.words)
        layout.addWidget(self.preview, 1)
        layout.addStretch(0)  # all there is while nothing would change
        layout.addLayout(ends)
        self.resize(560, 640)
        context.session_changed.connect(self.close)
        context.table_changed.connect(self._renew)
        self._look()

    def _choices(self, selected: int) -> tuple[QComboBox, QComboBox]:
        rule, scope = QComboBox(), QComboBox()
        rule.setObjectName("rule_choice")
        rule.setAccessibleName("Rule")
        rule.setToolTip("What happens to the empty frames of groups with a nerve")
        for name in _engine.RULES:
            rule.addItem(_WORDS.get(name, _engine.RULES[name]), name)
        scope.setObjectName("rule_scope")
        scope.setAccessibleName("Groups")
        scope.setToolTip(
            "In which groups; select several in the list with Ctrl or Shift"
        )
        scope.addItem("all open conflicts")
        scope.addItem(
            f"the {selected} selected" if selected > 1 else "the selected one"
        )
        scope.setCurrentIndex(1 if selected > 1 else 0)
        for each in (rule, scope):
            each.activated.connect(self._look)
        return rule, scope

    def _preview(self) -> QListView:
        view = QListView()
        view.setObjectName("rule_preview")
        view.setAccessibleName("Frames that would change")
        view.setToolTip("Every frame that would change, beside the twin with the nerve")
        view.setModel(self.model)
        view.setIconSize(QSize(*PICTURE))
        view.setUniformItemSizes(True)
        view.setAlternatingRowColors(True)
        view.setSelectionMode(QListView.SelectionMode.NoSelection)
        return view

    def _look(self, _row: int = 0) -> None:
        """Work out what the rule would change, and show it."""
        session = self._context.session
        if session is None:
            return
        groups = self._selected if self.scope.currentIndex() == 1 else ()
        try:
            self._plan = plan_rule(session, self.rule.currentData(), groups)
        except _engine.InputError as problem:
            self._plan = None
            self.words.setText(str(problem))
            self.apply.setEnabled(False)
            return
        self._seen = session.store.last_action
        self.model.set_plan(self._plan)
        self.words.setText(plan_words(self._plan))
        n = len(self._plan.changes)
        self.apply.setText(f"Apply to {counted(n, 'frame')}")
        self.apply.setEnabled(n > 0)
        self.preview.setVisible(n > 0)

    def _renew(self) -> None:
        """Look again if labels have changed, and say what that changes."""
        session, before = self._context.session, self._plan
        if session is None or before is None:
            return
        if session.pending == 0 and session.store.last_action == self._seen:
            return
        self._look()
        changed = plan_differences(before, self._plan) if self._plan else ()
        if self._plan is not None and changed:
            said = f"Changed since you looked: {named(changed)}."
            self.words.setText(f"{said} {plan_words(self._plan)}")

    def _apply(self) -> None:
        """Apply what is in view; if that no longer holds, show what has changed."""
        session, seen = self._context.session, self._plan
        if session is None or self._context.drawing():
            return
        session.refresh()
        self._renew()
        plan = self._plan
        if seen is None or plan is None or plan_differences(seen, plan):
            return
        self._plan = None  # what follows is the rule's own doing
        if not self._context.do(ApplyRule(plan)):
            self._look()
            return
        frames = counted(len(plan.changes), "frame")
        self._context.said.emit(
            "info", f"Rule applied to {frames}; the history takes it back."
        )
        self.accept()


_GAP = 6

#: (width, height) of a line's picture: the twin with the nerve, and what becomes of it.
PICTURE = (2 * SIZE[0] + _GAP, SIZE[1])


class RulePreview(LineList):
    """One line a frame that changes; its picture is drawn when it is first seen."""

    def __init__(self, session: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._pictures: dict[str, QIcon] = {}

    def set_plan(self, plan: RulePlan) -> None:
        """Show what this plan would change, each frame once."""
        self._pictures.clear()
        self.set_items(plan.changes)

    def words(self, item: Change) -> str:
        """Return what happens to a frame."""
        return change_words(item)

    def picture(self, item: Change) -> QIcon:
        """Return the frame that speaks for it, and the frame after it."""
        if item.frame not in self._pictures:
            self._pictures[item.frame] = untinted(before_and_after(self._session, item))
        return self._pictures[item.frame]

    def tip(self, item: Change) -> str:
        """Name the group."""
        return f"Group: {', '.join(item.group)}"


def change_words(change: Change) -> str:
    """Return what happens to a frame, and because of which other one."""
    if change.status is not None:
        return f"{change.frame}: {change.status}\n(nerve on {change.because})"
    return f"{change.frame}: gets the mask\nof {change.because}"


def before_and_after(session: Any, change: Change) -> QPixmap:
    """Return the frame that speaks for a change, and beside it the frame after it."""
    picture = QPixmap(*PICTURE)
    picture.fill(Qt.GlobalColor.transparent)
    after = thumbnail(session, change.frame)
    if change.mask is not None:
        pixels = session.frame(change.frame)
        after = draw(pixels, change.mask, colours.MASK_B)
    painter = QPainter(picture)
    painter.drawPixmap(0, 0, thumbnail(session, change.because))
    if change.status == "excluded":
        painter.setOpacity(0.35)
    painter.drawPixmap(SIZE[0] + _GAP, 0, after)
    painter.end()
    return picture


def plan_words(plan: RulePlan) -> str:
    """Return how many frames of how many groups a plan changes."""
    frames, groups = len(plan.changes), len({change.group for change in plan.changes})
    if not frames:
        return (
            "There is nothing for this rule to change: it is about frames with an empty"
            " mask whose twin shows a nerve. Other conflicts are settled one by one."
        )
    return (
        f"{counted(frames, 'frame')} of {counted(groups, 'group')}. Left the twin with "
        "a nerve, right what becomes of the frame. It is one action: the history takes "
        "it back as one."
    )
