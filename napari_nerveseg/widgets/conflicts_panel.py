"""Tab Conflicts: search near-duplicates, see two frames at once, decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QItemSelectionModel, QModelIndex
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QListView,
    QVBoxLayout,
    QWidget,
)

from ..model.actions import Select
from ..view.conflict_list import ConflictList, numbers, worst_pair
from ..view.deciding import verdict_action, verdict_undo
from ..view.desk import Desk
from ..view.workers import Workers
from .controls import button, label
from .job_bar import JobBar
from .verdict_box import VerdictBox

if TYPE_CHECKING:
    from ..model.conflict_book import Conflict

_NO_SEARCH = (
    "Nobody has searched these frames for near-duplicates yet. Press the button: pairs "
    "of frames that look alike but whose masks disagree will be listed here."
)
_NO_CONFLICT = "No two alike frames have masks that disagree."
_ALL_RESOLVED = "Every conflict is resolved."


class ConflictsPanel(QWidget):
    """List of groups, the pair in view, the verdicts."""

    def __init__(self, desk: Desk, workers: Workers) -> None:
        super().__init__()
        self.setObjectName("conflicts_panel")
        self._desk, self._workers = desk, workers
        self._conflict: Conflict | None = None
        self._chosen_for_you: tuple[str, str] | None = None
        self._following = True  # the worst conflict, until all masks have been read
        self._choosing = False
        self.search = button(
            "search_duplicates",
            "Search for near-duplicates",
            "Compare all frames of each subject (SSIM above 0.99) in the background",
            self._search,
        )
        self.job = JobBar("duplicates", "the search")
        self.resolved = QCheckBox("Show resolved")
        self.resolved.setObjectName("show_resolved")
        self.resolved.setToolTip("List the groups that are already decided, too")
        self.resolved.toggled.connect(self._fill)
        self.summary = label("conflicts_summary", role="quiet", wraps=True)
        self.model = ConflictList(self)
        self.list = self._list_view()
        self.side_a, self.side_b = (
            self._chooser("frame_a"),
            self._chooser("frame_b"),
        )
        self.facts = label("conflict_facts", role="quiet", wraps=True)
        self.verdicts = VerdictBox()
        self.verdicts.decided.connect(self._decide)
        self.verdicts.taken_back.connect(self._take_back)
        self._lay_out()
        desk.session_changed.connect(self._on_session)
        desk.conflicts_changed.connect(self._fill)
        desk.table_changed.connect(self._show_facts)
        self._on_session()

    def show_conflict(self, conflict: Conflict) -> None:
        """Choose a conflict in the list and put its two worst frames in view."""
        if conflict.state != "open":
            self.resolved.setChecked(True)
        row = self.model.row_of(conflict.frames)
        if row >= 0:
            self._following = False
            self._choose_row(row)

    def enter(self) -> None:
        """Put the chosen pair on the canvas: the tab is in view."""
        if self._conflict is None and self.model.rowCount():
            self._choose_row(0)
        else:
            self._show_pair()

    def leave(self) -> None:
        """Give the canvas back: another tab is in view."""
        self._desk.leave_pair()

    # Layout -----------------------------------------------------------------------

    def _lay_out(self) -> None:
        top, sides = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addWidget(self.resolved)
        sides.addWidget(label("words_a", "A"))
        sides.addWidget(self.side_a, 1)
        sides.addWidget(label("words_b", "B"))
        sides.addWidget(self.side_b, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(top)
        layout.addWidget(self.job)
        layout.addWidget(self.summary)
        layout.addWidget(self.list, 1)
        layout.addLayout(sides)
        layout.addWidget(self.facts)
        layout.addWidget(self.verdicts)

    def _list_view(self) -> QListView:
        view = QListView()
        view.setObjectName("conflicts_list")
        view.setModel(self.model)
        view.setToolTip("Groups of alike frames whose masks disagree, the worst first")
        view.setAlternatingRowColors(True)
        view.setUniformItemSizes(True)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.selectionModel().currentChanged.connect(self._on_row)
        return view

    def _chooser(self, name: str) -> QComboBox:
        chooser = QComboBox()
        chooser.setObjectName(name)
        chooser.setToolTip("Which frame of the group is on this side")
        chooser.activated.connect(self._show_pair)
        return chooser

    # From the desk ----------------------------------------------------------------

    def _on_session(self) -> None:
        self._conflict, self._following = None, True
        self.search.setEnabled(self._desk.session is not None)
        self._fill()

    def _fill(self) -> None:
        session = self._desk.session
        everything = session.conflicts() if session is not None else []
        waiting = [conflict for conflict in everything if conflict.state == "open"]
        self.model.set_conflicts(everything if self.resolved.isChecked() else waiting)
        self.summary.setText(self._summary(len(waiting), len(everything)))
        if self._conflict is not None:
            self._find_again(
                [c for c in everything if c.frames == self._conflict.frames]
            )
        wanted = self._conflict is None or self._following
        if wanted and self.isVisible() and self.model.rowCount():
            self._choose_row(0)
        if session is not None and session.duplicates is not None:
            self._following = self._following and session.judging
        self._show_facts()

    def _summary(self, waiting: int, everything: int) -> str:
        session = self._desk.session
        if session is None or session.duplicates is None:
            return _NO_SEARCH
        if not everything:
            return _NO_CONFLICT
        if not waiting:
            return _ALL_RESOLVED
        return f"{waiting:,} to decide, {everything - waiting:,} resolved."

    def _find_again(self, found: list[Conflict]) -> None:
        """Keep the chosen group chosen after the list was made anew."""
        session = self._desk.session
        if found or session is None or not session.judging:  # it may still come back
            self._conflict = found[0] if found else None
        row = self.model.row_of(found[0].frames) if found else -1
        if row >= 0:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            blocked = self.list.selectionModel().blockSignals(True)
            self.list.selectionModel().setCurrentIndex(self.model.index(row), flags)
            self.list.selectionModel().blockSignals(blocked)
            self._follow_worst_pair(found[0])

    def _follow_worst_pair(self, conflict: Conflict) -> None:
        """Put the pair that disagrees most in view, once its masks have been read.

        Sides that somebody chose stay, and so does the pair of a decided conflict.
        """
        sides = (self.side_a.currentText(), self.side_b.currentText())
        worst = worst_pair(conflict)
        if sides == self._chosen_for_you != worst and conflict.state == "open":
            self._put_in_view(conflict, worst)

    # Choosing ---------------------------------------------------------------------

    def _choose_row(self, row: int) -> None:
        index = self.model.index(row)
        self._choosing = True
        self.list.setCurrentIndex(index)
        self._choosing = False
        self.list.scrollTo(index)

    def _on_row(self, current: QModelIndex, _before: QModelIndex) -> None:
        if not current.isValid():
            return
        self._following = self._following and self._choosing
        self._conflict = self.model.conflict(current.row())
        self._put_in_view(self._conflict, worst_pair(self._conflict))

    def _put_in_view(self, conflict: Conflict, pair: tuple[str, str]) -> None:
        self._chosen_for_you = pair
        for chooser, frame in zip((self.side_a, self.side_b), pair, strict=True):
            chooser.clear()
            chooser.addItems(list(conflict.frames))
            chooser.setCurrentText(frame)
        self._show_pair()

    def _show_pair(self) -> None:
        if self._conflict is not None and self.isVisible():
            self._desk.do(Select(self.side_a.currentText()))
            self._desk.show_pair(self.side_a.currentText(), self.side_b.currentText())
        self._show_facts()

    def _show_facts(self) -> None:
        chosen = self._conflict is not None
        for part in (self.side_a, self.side_b, self.verdicts):
            part.setEnabled(chosen)
        if self._conflict is None or self._desk.session is None:
            self.facts.setText("")
            return
        self.verdicts.set_frames(self.side_a.currentText(), self.side_b.currentText())
        verdict = self._conflict.verdict
        self.verdicts.undo.setEnabled(verdict is not None)
        words = [numbers(self._conflict)]
        if verdict is not None:
            reason = f" ({verdict.reason})" if verdict.reason else ""
            words.append(f"Decided by {verdict.author}: {verdict.verdict}{reason}")
        self.facts.setText("\n".join(word for word in words if word))

    # Deciding ---------------------------------------------------------------------

    def _decide(self, command: str) -> None:
        if self._conflict is None or self._desk.drawing():
            return
        a, b = self.side_a.currentText(), self.side_b.currentText()
        row = self.list.currentIndex().row()
        reason = self.verdicts.take_reason()
        action = verdict_action(command, self._conflict.frames, a, b, reason)
        if self._desk.do(action):
            self._following = False
            self._next(row)

    def _next(self, row: int) -> None:
        """Go on with the conflict that moved up into the row, if one did."""
        if not self.resolved.isChecked() and self.model.rowCount():
            self._choose_row(min(max(row, 0), self.model.rowCount() - 1))

    def _take_back(self) -> None:
        if self._conflict is not None and self._conflict.verdict is not None:
            self._desk.do(verdict_undo(self._conflict.verdict))

    def _search(self) -> None:
        job = self._workers.search_duplicates()
        if job is not None:
            self.search.setEnabled(False)
            self._following = self._conflict is None
            for signal in (job.finished, job.failed, job.cancelled):
                signal.connect(self._search_over)
            self.job.follow(job, "Starting the search…")

    def _search_over(self, *_what: object) -> None:
        self.search.setEnabled(self._desk.session is not None)
