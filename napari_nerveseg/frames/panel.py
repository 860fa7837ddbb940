"""Tab Frames: find a frame, go there, judge it, or go through a queue."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from qtpy.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt
from qtpy.QtGui import QHideEvent, QPixmap, QResizeEvent, QShowEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..canvas import colours
from ..canvas.thumbnails import SIZE, thumbnail
from ..review import frame_table
from ..review.frame_table import FrameRow
from ..review.lru import Lru
from ..window.commands import Commands
from ..window.context import ReviewContext
from ..window.controls import ROW_HEIGHT, ElidedLabel, label
from ..window.frame_table import COLUMNS
from ..window.keys import with_key
from .current_queue import CHOSEN, Queues
from .filter_row import FilterRow
from .judge_box import JudgeBox
from .layer_row import LayerRow
from .queues import QUEUES
from .timeline import Timeline

#: Columns that are there only while one of their cells says something.
_OPTIONAL = ("uncertainty", "conflict", "note")
#: Pixels below which the table has no room for the subject, which the frame's name has.
_ROOMY = 420
_NO_FIT = "No frame fits: change the filter, or empty it with the cross at its end."
_NO_QUEUE = "No frame is in this queue: go through all frames, or another one."
#: Height of a row with a picture, in pixels.
_HIGH = SIZE[1] // 2 + 6


class FramesPanel(QWidget):
    """Timeline, queue, filter line, table, verdict buttons and layer toggles."""

    def __init__(self, context: ReviewContext, commands: Commands) -> None:
        super().__init__()
        self.setObjectName("frames_panel")
        self._context = context
        self._pictures = FramePictures(context)
        self.queues = Queues(context)
        self.timeline = Timeline()
        self.timeline.scrubbed.connect(context.go)
        self.legend = ElidedLabel("timeline_legend")
        self.filter = FilterRow(context)
        self.count = label("frames_count", role="quiet")
        self.problem = label("filter_problem", wraps=True)
        self.problem.setProperty("level", "error")
        self.problem.hide()
        self.nothing = label("frames_none", role="quiet", wraps=True)
        self.nothing.hide()
        self.thumbnails = self._thumbnail_switch()
        self.table = self._table_view()
        self.facts = ElidedLabel("frame_facts")
        self.judge = JudgeBox(context, commands)
        self._lay_out(LayerRow(context, commands))
        self._listen()
        self._on_session()

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what the keys of this tab do."""
        return {
            "next_queue": self.queues.next,
            "find": self.filter.line.setFocus,
            "flag_note": self.judge.note.setFocus,
        }

    def showEvent(self, event: QShowEvent) -> None:
        """Let verdicts be about the selection again."""
        super().showEvent(event)
        self._on_selection()

    def hideEvent(self, event: QHideEvent) -> None:
        """Let no verdict be about a selection that nobody sees."""
        super().hideEvent(event)
        self._context.table.chosen = ()

    # Layout -----------------------------------------------------------------------

    def _lay_out(self, layers: QWidget) -> None:
        search = QHBoxLayout()
        search.addWidget(self.filter, 1)
        search.addWidget(self.thumbnails)
        search.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.timeline)
        layout.addWidget(self.legend)
        layout.addWidget(QueueRow(self._context, self.queues))
        layout.addLayout(search)
        layout.addWidget(self.problem)
        layout.addWidget(self.nothing)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.facts)
        layout.addWidget(self.judge)
        layout.addWidget(layers)

    def _listen(self) -> None:
        context = self._context
        self.filter.refused.connect(self._on_refused)
        self.queues.changed.connect(self._on_queue)
        context.session_changed.connect(self._on_session)
        context.selected_changed.connect(self._on_selected)
        context.table_changed.connect(self._on_values)
        context.table.modelReset.connect(self._on_rows)

    def _thumbnail_switch(self) -> QToolButton:
        switch = QToolButton()
        switch.setObjectName("thumbnails")
        switch.setText("Pictures")
        switch.setCheckable(True)
        switch.setToolTip("Show a small picture of each frame with its mask")
        switch.toggled.connect(self._on_thumbnails)
        return switch

    def _table_view(self) -> QTableView:
        view = QTableView()
        view.setObjectName("frames_table")
        view.setAccessibleName("Frames")
        view.setTabKeyNavigation(False)  # else Tab never leaves the table
        view.setModel(self._context.table)
        view.setToolTip(
            "Click a frame to go there; click a title to sort; select several with Ctrl"
            " or Shift, and a verdict is about them all"
        )
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setIconSize(QSize(10, 10))
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setSortingEnabled(True)
        view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for number, column in enumerate(frame_table.COLUMNS):
            view.setColumnWidth(number, column.width)
        view.selectionModel().currentRowChanged.connect(self._on_row)
        view.selectionModel().selectionChanged.connect(self._on_selection)
        return view

    # From the session -------------------------------------------------------------

    def _on_session(self) -> None:
        self._on_values()
        self._on_rows()

    def _on_values(self) -> None:
        columns = self._context.table.columns
        self.timeline.set_columns(columns, self._context.table.kept())
        self._choose_columns()
        session = self._context.session
        searched = session is not None and session.duplicates is not None
        words = _legend(columns["status"], columns["conflict"], searched)
        self.legend.set_text(words)
        self.facts.set_text(self._facts(session.selected if session else None))

    def _choose_columns(self) -> None:
        """Show the columns that say something, as far as there is room."""
        columns = self._context.table.columns
        for name in _OPTIONAL:
            self.table.setColumnHidden(COLUMNS.index(name), not _says(columns[name]))
        narrow = self.width() < _ROOMY
        crowded = narrow or self.thumbnails.isChecked()
        self.table.setColumnHidden(COLUMNS.index("subject"), crowded)
        silent = narrow and not _says(columns["dice"])
        self.table.setColumnHidden(COLUMNS.index("dice"), silent)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make room for what matters most."""
        super().resizeEvent(event)
        self._choose_columns()

    def _on_rows(self) -> None:
        self.table.doItemsLayout()  # now: Qt would paint the window twice otherwise
        session, table = self._context.session, self._context.table
        shown, total = table.rowCount(), len(table.columns["frame"])
        self.count.setText(
            f"{shown:,}" if shown == total else f"{shown:,} of {total:,}"
        )
        self._say_if_none()
        self.timeline.set_columns(table.columns, table.kept())
        self._on_selected(session.selected if session is not None else None)
        self._on_selection()

    def _on_selected(self, frame: str | None) -> None:
        self.timeline.set_current(frame)
        self.facts.set_text(self._facts(frame))
        row = self._context.table.row_of(frame) if frame else -1
        chooser = self.table.selectionModel()
        if row < 0:
            chooser.clearCurrentIndex()
            chooser.clearSelection()
            return
        if chooser.currentIndex().row() == row and chooser.hasSelection():
            return  # one is selecting several: this is where the last click went
        index = self._context.table.index(row, 0)
        self._bring_into_view(index)
        flags = QItemSelectionModel.SelectionFlag
        chooser.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)

    def _bring_into_view(self, index: QModelIndex) -> None:
        """Scroll the row to the middle if it is out of sight.

        One sees what comes next, and the table is painted anew once in many steps.
        """
        place = self.table.visualRect(index)
        height = self.table.viewport().height()
        if place.top() < 0 or place.bottom() >= height:
            self.table.scrollTo(index, self.table.ScrollHint.PositionAtCenter)

    def _on_row(self, current: QModelIndex, _before: QModelIndex) -> None:
        session = self._context.session
        if session is None or not current.isValid():
            return
        frame = self._context.table.frame_at(current.row())
        if frame != session.selected:
            self._context.go(frame)

    def _on_selection(self, *_what: object) -> None:
        """Let verdicts be about all selected frames where there are several."""
        rows = sorted(
            index.row() for index in self.table.selectionModel().selectedRows()
        )
        table = self._context.table
        several = len(rows) > 1 and self.isVisible()
        table.marked = tuple(map(table.frame_at, rows)) if len(rows) > 1 else ()
        table.chosen = table.marked if several else ()
        self.judge.show_chosen(len(table.chosen))

    def _on_thumbnails(self, shown: bool) -> None:
        self._context.table.set_picture(self._pictures if shown else None)
        size = QSize(SIZE[0] // 2, SIZE[1] // 2) if shown else QSize(10, 10)
        self.table.setIconSize(size)
        wide = frame_table.COLUMNS[0].width + (SIZE[0] // 2 if shown else 0)
        self.table.setColumnWidth(0, wide)
        self._choose_columns()
        self.table.verticalHeader().setDefaultSectionSize(
            _HIGH if shown else ROW_HEIGHT
        )
        self.table.scrollTo(
            self.table.currentIndex(), self.table.ScrollHint.PositionAtCenter
        )

    def _on_refused(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self._say_if_none()

    def _say_if_none(self) -> None:
        """Say why the table is empty, and what brings frames back."""
        words = _NO_FIT if self.filter.line.text().strip() else _NO_QUEUE
        self.nothing.setText(words)
        known = len(self._context.table.columns["frame"]) > 0
        empty = known and self._context.table.rowCount() == 0
        self.nothing.setVisible(empty and not self.problem.text())

    def _on_queue(self) -> None:
        """Show a queue in its own order, all frames in theirs."""
        column = -1 if self.queues.name else 0
        self.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)

    def _facts(self, frame: str | None) -> str:
        session = self._context.session
        if session is None or frame is None:
            return ""
        row = session.row(frame)
        parts = [frame]
        if row.subject is not None:
            parts.append(f"subject {row.subject}")
        parts.append(_mask_words(row))
        if row.dice is not None and not np.isnan(row.dice):
            parts.append(f"Dice {row.dice:.3f}")
        if row.uncertainty is not None:
            parts.append(f"unsure {row.uncertainty:.3f}")
        parts.append(f"{row.status}: {row.note}" if row.note else row.status)
        return " · ".join(parts)


def _says(column: np.ndarray) -> bool:
    """Tell whether any cell of a column of numbers or words says something."""
    if column.dtype.kind == "f":
        return bool(np.any(~np.isnan(column)))
    return bool(np.any(column != ""))


def _mask_words(row: FrameRow) -> str:
    if row.missing:
        return "mask not read" if row.unread else "no mask yet"
    if row.area is None:
        return "mask not counted yet"
    return f"nerve of {row.area:,} px" if row.area else "empty mask"


def _legend(status: np.ndarray, conflict: np.ndarray, searched: bool) -> str:
    counts = [
        f"{np.count_nonzero(status == name):,} {name}"
        for name in colours.STATUS
        if np.any(status == name)
    ]
    conflicts = int(np.count_nonzero(conflict != ""))
    said = f"{conflicts:,} in conflict" if searched else "not searched for conflicts"
    return " · ".join([*counts, said])


#: Pictures kept at hand; one takes 26 kB.
KEPT = 512


class FramePictures:
    """Draws each frame once for each version of its mask."""

    def __init__(self, context: ReviewContext) -> None:
        self._context = context
        self._drawn: Lru[QPixmap] = Lru(KEPT)

    def __call__(self, frame: str) -> QPixmap:
        """Return a frame in small with the outline of its mask."""
        session = self._context.session
        if session is None:
            return QPixmap()
        key = f"{session.store.path}|{frame}|{session.store.version(frame)}"
        return self._drawn.get(key, lambda _key: thumbnail(session, frame))


_ALL = "All frames"
_TIP = (
    "A queue puts the frames that need you first; the keys stay the same, and after a"
    " verdict the next frame comes"
)


class QueueRow(QWidget):
    """A choice of queues, and how far one has come."""

    def __init__(self, context: ReviewContext, queues: Queues) -> None:
        super().__init__()
        self.setObjectName("queue_row")
        self._queues = queues
        self.choice = QComboBox()
        self.choice.setObjectName("queue_choice")
        self.choice.setToolTip(with_key(_TIP, "next_queue"))
        self.choice.setMinimumContentsLength(8)
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.choice.setSizeAdjustPolicy(policy)
        self.choice.addItem(_ALL, "")
        for name, queue in QUEUES.items():
            self.choice.addItem(queue.title, name)
            self.choice.setItemData(self.choice.count() - 1, queue.tip, 3)  # tooltip
        self.choice.activated.connect(
            lambda _row: queues.begin(self.choice.currentData())
        )
        self.words = label("queue_words", role="quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label("queue_title", "Go through"))
        row.addWidget(self.choice, 1)
        row.addWidget(self.words)
        queues.changed.connect(self._show)
        context.selected_changed.connect(self._show)
        context.table_changed.connect(self._show)
        self._show()

    def _show(self, *_what: object) -> None:
        self.choice.removeItem(self.choice.findData(CHOSEN))  # of -1 there is none
        if self._queues.title:
            self.choice.addItem(f"Plot: {self._queues.title}", CHOSEN)
        self.choice.setCurrentIndex(self.choice.findData(self._queues.name))
        said = self._queues.words()
        self.words.setText(said)
        self.words.setVisible(bool(said))  # else its margin pushes the choice aside
