"""Tab Frames: find a frame, go there, judge it."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import QItemSelectionModel, QModelIndex, QSize, Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from ..view import colours
from ..view.commands import Commands
from ..view.desk import Desk
from ..view.frame_filter import HELP
from ..view.keys import key_of
from ..view.timeline import Timeline
from .controls import ElidedLabel, button, label
from .layer_row import LayerRow

_WIDTHS = (70, 66, 58, 52, 86)


class FramesPanel(QWidget):
    """Timeline, filter line, table, verdict buttons and layer toggles."""

    def __init__(self, desk: Desk, commands: Commands) -> None:
        super().__init__()
        self.setObjectName("frames_panel")
        self._desk, self._commands = desk, commands
        self.timeline = Timeline()
        self.timeline.scrubbed.connect(desk.go)
        self.legend = ElidedLabel("timeline_legend")
        self.filter = self._filter_line()
        self.count = label("frames_count", role="quiet")
        self.table = self._table_view()
        self.facts = ElidedLabel("frame_facts")
        top = QHBoxLayout()
        top.addWidget(self.filter, 1)
        top.addWidget(self.count)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.timeline)
        layout.addWidget(self.legend)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.facts)
        layout.addLayout(self._buttons())
        layout.addWidget(LayerRow(desk, commands))
        desk.session_changed.connect(self._on_session)
        desk.selected_changed.connect(self._on_selected)
        desk.table_changed.connect(self._on_values)
        desk.table.modelReset.connect(self._on_rows)
        self._on_session()

    def _filter_line(self) -> QLineEdit:
        line = QLineEdit()
        line.setObjectName("frames_filter")
        line.setPlaceholderText("Filter: subject:7 dice<0.5 conflict status:flagged")
        line.setToolTip(HELP)
        line.setClearButtonEnabled(True)
        line.textChanged.connect(self._desk.table.set_filter)
        return line

    def _table_view(self) -> QTableView:
        view = QTableView()
        view.setObjectName("frames_table")
        view.setModel(self._desk.table)
        view.setToolTip("Click a frame to go there; click a title to sort")
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setAlternatingRowColors(True)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setIconSize(QSize(10, 10))
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setSortingEnabled(True)
        view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(22)
        header = view.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for column, width in enumerate(_WIDTHS):
            view.setColumnWidth(column, width)
        view.selectionModel().currentRowChanged.connect(self._on_row)
        return view

    def _buttons(self) -> QGridLayout:
        handlers = self._commands.handlers()
        words = {
            "approve": "Approve",
            "flag": "Flag",
            "exclude": "Exclude",
            "verify_empty": "No nerve",
            "accept": "Take prediction",
            "undo": "Undo edit",
        }
        tips = {
            "approve": "The ground truth of this frame is right; go to the next",
            "flag": "Something is wrong with this frame; go to the next",
            "exclude": "Leave this frame out of training; go to the next",
            "verify_empty": "This frame shows no nerve: empty mask, approved",
            "accept": "Make the prediction the ground truth of this frame",
            "undo": "Undo the last edit of this frame, and of no other",
        }
        grid = QGridLayout()
        for n, (name, word) in enumerate(words.items()):
            text = f"{word}  {key_of(name)}"
            made = button(f"{name}_frame", text, tips[name], handlers[name], name)
            grid.addWidget(made, n // 3, n % 3)
        return grid

    # From the session -------------------------------------------------------------

    def _on_session(self) -> None:
        self._on_values()
        self._on_rows()

    def _on_values(self) -> None:
        columns = self._desk.table.columns
        self.timeline.set_columns(columns)
        self.legend.set_text(_legend(columns["status"], columns["conflict"]))
        session = self._desk.session
        self.facts.set_text(self._facts(session.selected if session else None))

    def _on_rows(self) -> None:
        session, table = self._desk.session, self._desk.table
        shown, total = table.rowCount(), len(table.columns["frame"])
        self.count.setText(
            f"{shown:,}" if shown == total else f"{shown:,} of {total:,}"
        )
        self._on_selected(session.selected if session is not None else None)

    def _on_selected(self, frame: str | None) -> None:
        self.timeline.set_current(frame)
        self.facts.set_text(self._facts(frame))
        row = self._desk.table.row_of(frame) if frame else -1
        chooser = self.table.selectionModel()
        if row < 0:
            chooser.clearCurrentIndex()
            chooser.clearSelection()
            return
        index = self._desk.table.index(row, 0)
        flags = QItemSelectionModel.SelectionFlag
        chooser.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.table.scrollTo(index)

    def _on_row(self, current: QModelIndex, _before: QModelIndex) -> None:
        session = self._desk.session
        if session is None or not current.isValid():
            return
        frame = self._desk.table.frame_at(current.row())
        if frame != session.selected:
            self._desk.go(frame)

    def _facts(self, frame: str | None) -> str:
        session = self._desk.session
        if session is None or frame is None:
            return ""
        row = session.row(frame)
        parts = [f"Frame {frame}"]
        if row.subject is not None:
            parts.append(f"subject {row.subject}")
        parts.append("no mask yet" if row.missing else _area_words(row.area))
        if row.dice is not None and not np.isnan(row.dice):
            parts.append(f"Dice {row.dice:.3f}")
        parts.append(row.status)
        return " · ".join(parts)


def _area_words(area: int | None) -> str:
    if area is None:
        return "mask not counted yet"
    return f"nerve of {area:,} px" if area else "empty mask"


def _legend(status: np.ndarray, conflict: np.ndarray) -> str:
    counts = [
        f"{np.count_nonzero(status == name):,} {name}"
        for name in colours.STATUS
        if np.any(status == name)
    ]
    conflicts = int(np.count_nonzero(conflict != ""))
    return " · ".join([*counts, f"{conflicts:,} in conflict"])
