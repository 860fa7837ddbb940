"""Tab Conflicts: search near-duplicates, see two frames at once, decide."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QItemSelectionModel, QModelIndex
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QListView,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..canvas.compare import LETTERS
from ..review.actions import Decide
from ..window.commands import Commands
from ..window.context import ReviewContext
from ..window.controls import ElidedLabel, ScrollArea, button, label
from ..window.history_dialog import HistoryDialog
from ..window.job_bar import JobBar
from ..window.keys import key_of
from ..window.workers import Workers
from ..window.wrapping import WrappingRow
from .blink import Blink
from .compare_row import CompareRow
from .conflict_list import ConflictList, counts, facts, settled_by
from .filmstrip import Filmstrip, FilmstripView
from .noise import NoiseReader, noise_tip, noise_words
from .reader_row import ReaderRow
from .rule_dialog import RuleDialog
from .verdict_box import VerdictBox
from .workbench import A, B, Workbench, decided_words

if TYPE_CHECKING:
    from .._engine import LabelNoise
    from ..review.conflict_book import Conflict

_NO_SEARCH = (
    "Nobody has searched these frames for near-duplicates yet. Press the button: pairs "
    "of frames that look alike but whose masks disagree will be listed here."
)
_NO_CONFLICT = "No two alike frames have masks that disagree."
_ALL_RESOLVED = "Every conflict is resolved."


#: Height in pixels in which four conflicts can be read.
LIST_AT_LEAST = 92


class ConflictsPanel(QWidget):
    """List of groups, the filmstrip of one, how to compare, the verdicts."""

    def __init__(
        self,
        context: ReviewContext,
        workers: Workers,
        commands: Commands,
        noise: NoiseReader,
    ) -> None:
        super().__init__()
        self.setObjectName("conflicts_panel")
        self._context, self._workers = context, workers
        self.bench, self.blink = Workbench(context), Blink(context)
        self._following = True  # the worst conflict, until all masks have been read
        self._choosing, self._row = False, 0
        self.search = button(
            "search_duplicates",
            "Search for near-duplicates",
            "Compare all frames of each subject (SSIM above "
            f"{_engine.SSIM_THRESHOLD:g}) in the background",
            self._search,
        )
        self.job = JobBar("duplicates", "the search")
        self.resolved = QCheckBox("Show resolved")
        self.resolved.setObjectName("show_resolved")
        self.resolved.setToolTip("List the groups that are already decided, too")
        self.resolved.toggled.connect(self._fill)
        self.summary = label("conflicts_summary", role="quiet", wraps=True)
        self.noise = ElidedLabel("label_noise")
        self.model = ConflictList(self)
        self.list = self._list_view()
        self.strip = FilmstripView(Filmstrip(context, self.bench), self.bench)
        self.sides = (self._chooser("frame_a", A), self._chooser("frame_b", B))
        self.compare = CompareRow(context, commands, self.blink)
        self.facts = label("conflict_facts", role="quiet", wraps=True)
        self.verdicts = VerdictBox()
        self._lay_out()
        self._listen()
        self._on_session()
        noise.measured.connect(self._on_noise)
        self._on_noise(noise.noise)

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
        self.bench.active = True
        if self.bench.conflict is None and self.model.rowCount():
            self._choose_row(0)
        self.bench.enter()

    def leave(self) -> None:
        """Give the canvas back: another tab is in view."""
        self.blink.stop()
        self.bench.leave()

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what the keys of this tab do."""
        return {
            **self.verdicts.handlers(),
            **self.compare.handlers(),
            "strip_next": partial(self.bench.step, 1),
            "strip_previous": partial(self.bench.step, -1),
            "strip_to_a": partial(self.bench.put_cursor, A),
            "strip_to_b": partial(self.bench.put_cursor, B),
            "strip_choose": self.bench.choose,
        }

    # Layout -----------------------------------------------------------------------

    def _lay_out(self) -> None:
        sides = QHBoxLayout()
        for letter, chooser in zip(LETTERS, self.sides, strict=True):
            sides.addWidget(label(f"words_{letter.lower()}", letter))
            sides.addWidget(chooser, 1)
        scrolling = QWidget()
        layout = QVBoxLayout(scrolling)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(WrappingRow(self.search, self.resolved))
        layout.addWidget(ReaderRow(self._context))
        layout.addWidget(self.job)
        layout.addWidget(self.summary)
        layout.addWidget(self.noise)
        layout.addWidget(self.list, 1)
        layout.addLayout(self._bulk_row())
        layout.addWidget(self.strip)
        layout.addLayout(sides)
        layout.addWidget(self.compare)
        upper = ScrollArea(scrolling)
        upper.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(6, 6, 6, 6)
        whole.addWidget(upper, 1)
        # What a verdict is about, and the verdicts, are in sight in a low window too.
        whole.addWidget(self.facts)
        whole.addWidget(self.verdicts)

    def _bulk_row(self) -> WrappingRow:
        row = WrappingRow()
        self.bulk = button(
            "bulk_rule",
            "Settle by a rule…",
            "Drop empty twins, or give them the other's mask: see first, then apply",
            self._open_rule,
        )
        row.addWidget(self.bulk)
        row.addWidget(
            button(
                "action_history",
                "History…",
                "Every verdict and rule; take one back over all its frames",
                lambda: HistoryDialog(self._context, self).show(),
            )
        )
        return row

    def _open_rule(self) -> None:
        rows = sorted(index.row() for index in self.list.selectedIndexes())
        selected = [self.model.conflict(row).frames for row in rows]
        RuleDialog(self._context, selected, self).show()

    def _list_view(self) -> QListView:
        view = QListView()
        view.setObjectName("conflicts_list")
        view.setAccessibleName("Conflicts")
        view.setModel(self.model)
        view.setToolTip("Groups of alike frames whose masks disagree, the worst first")
        view.setAlternatingRowColors(True)
        view.setUniformItemSizes(True)
        # In a low window it gives way, so that the verdicts stay in sight.
        view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        view.setMinimumHeight(LIST_AT_LEAST)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.selectionModel().currentChanged.connect(self._on_row)
        return view

    def _chooser(self, name: str, side: int) -> QComboBox:
        chooser = QComboBox()
        chooser.setObjectName(name)
        chooser.setAccessibleName(f"Frame {LETTERS[side]}")
        chooser.setToolTip(f"Which frame of the group is {LETTERS[side]}")
        chooser.activated.connect(
            lambda _row: self.bench.put(side, chooser.currentText())
        )
        return chooser

    def _listen(self) -> None:
        self.verdicts.decided.connect(self._decide)
        self.verdicts.taken_back.connect(self._take_back)
        self.verdicts.written.connect(self._context.focus_canvas)
        self.bench.changed.connect(self._show_bench)
        self.bench.decided.connect(self._on_decided)
        self.bench.painting.connect(self._on_painting)
        self._context.session_changed.connect(self._on_session)
        self._context.conflicts_changed.connect(self._fill)
        self._context.table_changed.connect(self._show_bench)

    # Being told ----------------------------------------------------------------

    def _on_session(self) -> None:
        self._following = True
        self.bench.clear()
        self.search.setEnabled(self._context.session is not None)
        self._fill()

    def _fill(self) -> None:
        session = self._context.session
        everything = session.conflicts() if session is not None else []
        waiting = [conflict for conflict in everything if conflict.state == "open"]
        self.model.set_conflicts(everything if self.resolved.isChecked() else waiting)
        self.summary.setText(self._summary(len(waiting), len(everything)))
        if self.bench.conflict is not None:
            frames = self.bench.conflict.frames
            self._find_again([c for c in everything if c.frames == frames])
        wanted = self.bench.conflict is None or self._following
        if wanted and self.isVisible() and self.model.rowCount():
            self._choose_row(0)
        if session is not None and session.duplicates is not None:
            self._following = self._following and session.judging
        known = session is not None and session.duplicates is not None
        self.bulk.setEnabled(known and bool(waiting))
        self._show_bench()

    def _on_noise(self, noise: LabelNoise | None) -> None:
        """Say how noisy the labels are; the tooltip tells how that was computed."""
        words = noise_words(noise) if noise is not None else ""
        self.noise.set_text(words, noise_tip(noise) if noise is not None else "")
        self.noise.setVisible(bool(words))

    def _summary(self, waiting: int, everything: int) -> str:
        session = self._context.session
        if session is None or session.duplicates is None:
            return _NO_SEARCH
        if not everything:
            return _NO_CONFLICT
        if not waiting:
            return _ALL_RESOLVED
        seconds = session.seconds_per_verdict()
        return counts(waiting, everything - waiting, seconds)

    def _find_again(self, found: list[Conflict]) -> None:
        """Keep the chosen group chosen after the list was made anew."""
        session = self._context.session
        if not found:
            if session is None or not session.judging:  # else it may still come back
                self.bench.clear()
            return
        row = self.model.row_of(found[0].frames)
        if row >= 0:
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            blocked = self.list.selectionModel().blockSignals(True)
            self.list.selectionModel().setCurrentIndex(self.model.index(row), flags)
            self.list.selectionModel().blockSignals(blocked)
        self.bench.renew(found[0])

    # Choosing ---------------------------------------------------------------------

    def _choose_row(self, row: int) -> None:
        index = self.model.index(row)
        self._choosing = True
        self.list.setCurrentIndex(index)
        self._choosing = False
        self.list.scrollTo(index)

    def _on_row(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self._following = self._following and self._choosing
            self.bench.take(self.model.conflict(current.row()))

    def _show_bench(self) -> None:
        """Write what is on the bench on choosers and buttons."""
        conflict, (a, b) = self.bench.conflict, self.bench.sides
        for chooser, frame in zip(self.sides, (a, b), strict=True):
            frames = list(conflict.frames) if conflict is not None else []
            if [chooser.itemText(n) for n in range(chooser.count())] != frames:
                chooser.clear()
                chooser.addItems(frames)
            chooser.setCurrentText(frame)
            chooser.setEnabled(conflict is not None)
        session = self._context.session
        given = session is not None and bool(session.store.verdicts())
        self.verdicts.set_enabled(conflict is not None)
        self.verdicts.undo.setEnabled(given)
        if conflict is None:
            self.facts.setText("")
            return
        self.verdicts.set_chosen(len(self.bench.chosen))
        settled = settled_by(session.store, conflict) if session is not None else None
        self.facts.setText(facts(conflict, settled))

    # Deciding ---------------------------------------------------------------------

    def _decide(self, command: str) -> None:
        self._row = max(self.list.currentIndex().row(), 0)
        action = self.bench.decide(command, self.verdicts.reason.text().strip())
        if action is not None:
            self._following = False
            self.verdicts.reason.clear()
            if action.verdict != "redraw":  # which says itself what to do now
                self._context.say("info", self._decided_words(action))

    def _decided_words(self, action: Decide) -> str:
        """Return what was decided, and the key that takes it back if it would now."""
        now = self.bench.conflict
        another = now is not None and now.verdict is not None
        undo = "" if another else f"; {key_of('undo_verdict')} takes it back"
        return f"{decided_words(action)}{undo}."

    def _on_decided(self) -> None:
        """Go on with the conflict that moved up into the row, if one did."""
        if not self.resolved.isChecked() and self.model.rowCount():
            self._choose_row(min(self._row, self.model.rowCount() - 1))

    def _on_painting(self) -> None:
        self.blink.stop()
        self._context.focus_canvas()
        self._context.said.emit(
            "info", "Draw with the brush; W goes on to the next conflict."
        )

    def _take_back(self) -> None:
        conflict = self.bench.take_back()
        if conflict is not None:
            self.show_conflict(conflict)

    def _search(self) -> None:
        job = self._workers.search_duplicates()
        if job is not None:
            self.search.setEnabled(False)
            self._following = self.bench.conflict is None
            for signal in (job.finished, job.failed, job.cancelled):
                signal.connect(self._search_over)
            self.job.follow(job, "Starting the search…")

    def _search_over(self, *_what: object) -> None:
        self.search.setEnabled(self._context.session is not None)
