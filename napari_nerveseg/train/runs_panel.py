"""Page Runs: every run of the project, with scores and notes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy.QtCore import QItemSelectionModel, Qt, QUrl, Signal
from qtpy.QtGui import QDesktopServices, QKeyEvent, QKeySequence
from qtpy.QtWidgets import (
    QGridLayout,
    QHeaderView,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..window.context import ReviewContext
from ..window.controls import ROW_HEIGHT, button, label
from ..window.job_bar import JobBar
from ..window.workers import Workers
from .runs import RESUMABLE, Run, read_run, read_runs, throw_away, write_notes
from .runs_compare import RunsCompare
from .runs_table import RunsTable
from .words import run_words

_NONE = (
    "No runs yet. Start a training on the page Set up; each run is kept here with its "
    "scores, settings and notes."
)
_CHOOSE = "Choose a run; with Ctrl, two of them to compare."
_COLUMN_WIDTHS = (178, 72, 72, 46, 56)


class RunsView(QTableView):
    """The table; Delete asks for what the button does.

    Signals: ``deletion_wanted()``.
    """

    deletion_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hear Delete."""
        if event.matches(QKeySequence.StandardKey.Delete):
            self.deletion_wanted.emit()
        else:
            super().keyPressEvent(event)


class RunsPanel(QWidget):
    """A table, and what can be done with the runs in it.

    Signals: ``wanted(run)`` to look at one; ``settings_wanted(run)`` to start another
    with the same settings; ``started(job)`` when one goes on.
    """

    wanted = Signal(object)
    settings_wanted = Signal(object)
    started = Signal(object)

    def __init__(self, context: ReviewContext, workers: Workers) -> None:
        super().__init__()
        self.setObjectName("runs_panel")
        self._context, self._workers = context, workers
        self._noted: Run | None = None
        self.model = RunsTable(self)
        self.table = self._table()
        self.words = label("runs_words", role="quiet", wraps=True)
        self.notes = QPlainTextEdit()
        self.notes.setObjectName("run_notes")
        self.notes.setAccessibleName("Notes on the run")
        self.notes.setPlaceholderText("Notes on this run")
        self.notes.setToolTip("Kept in the run's folder when you go on to another")
        self.notes.setTabChangesFocus(True)
        self.notes.setMaximumHeight(90)
        self.job = JobBar("report", "the report")
        self.buttons = self._make_buttons()
        self._lay_out()
        self._connect()

    def fill(self) -> None:
        """Read the runs anew; what is selected stays selected."""
        self.keep_notes()
        chosen = {run.folder for run in self.selected()}
        session = self._context.session
        runs = read_runs(session.project.runs) if session is not None else []
        self.model.set_runs(runs)
        select = QItemSelectionModel.SelectionFlag
        for row, run in enumerate(runs):
            if run.folder in chosen:
                how = select.Select | select.Rows
                self.table.selectionModel().select(self.model.index(row, 0), how)
        for part in (self.table, self.notes, *self.buttons.values()):
            part.setVisible(bool(runs))
        self._on_selection()

    def selected(self) -> list[Run]:
        """Return the selected runs, from above."""
        rows = self.table.selectionModel().selectedRows()
        return [self.model.runs[index.row()] for index in sorted(rows)]

    def keep_notes(self) -> None:
        """Write the notes of the run that they were written on, if they changed."""
        run, text = self._noted, self.notes.toPlainText()
        if run is None or text == run.notes or not run.folder.is_dir():
            return
        try:
            write_notes(run, text)
        except OSError as error:
            said = f"The notes on {run.name} cannot be kept ({error.strerror})."
            self._context.say_error(said)
            return
        self._noted = read_run(run.folder)
        self._renew(self._noted)

    def hideEvent(self, event: Any) -> None:
        """Keep the notes when the page is left, or the window closed."""
        self.keep_notes()
        super().hideEvent(event)

    # What the buttons do ----------------------------------------------------------

    def _look(self) -> None:
        for run in self.selected()[:1]:
            self.wanted.emit(read_run(run.folder))

    def _resume(self) -> None:
        (run,) = self.selected()
        job = self._workers.resume(run.folder, folds=bool(run.folds))
        if job is not None:
            self.started.emit(job)

    def _use_settings(self) -> None:
        for run in self.selected()[:1]:
            self.settings_wanted.emit(run)

    def _compare(self) -> None:
        a, b = self.selected()
        RunsCompare(self._context, a, b, self).show()

    def _report(self) -> None:
        (run,) = self.selected()
        job = self._workers.report(run.folder)
        if job is not None:
            self.job.follow(job, "Writing the report…")
            job.finished.connect(self._on_report)

    def _on_report(self, found: dict[str, Any]) -> None:
        path = Path(found["path"])
        self._context.said.emit("info", f"Report: {path}")
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

    def _delete(self) -> None:
        runs, session = self.selected(), self._context.session
        if session is None or not runs or not self._is_sure(runs):
            return
        self._noted = None
        for run in runs:
            try:
                where = throw_away(run, session.project.root)
            except (_engine.InputError, OSError) as problem:
                self._context.say_error(str(problem))
            else:
                self._context.said.emit(
                    "info", f"{run.name} lies in {where.parent} now."
                )
        self.fill()

    def _is_sure(self, runs: list[Run]) -> bool:
        what = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
        box = QMessageBox(self)
        box.setObjectName("runs_delete_question")
        box.setWindowTitle("Delete")
        box.setText(f"Delete {what}?")
        box.setInformativeText(
            "Checkpoints, scores and notes move to the folder trash of the project, "
            "from where you can take them back or remove them for good."
        )
        yes = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.exec()
        box.deleteLater()
        return box.clickedButton() is yes

    # Inside -----------------------------------------------------------------------

    def _on_selection(self, *_what: object) -> None:
        self.keep_notes()
        chosen = self.selected()
        one = chosen[0] if len(chosen) == 1 else None
        free = self._workers.training is None
        able = {
            "look": one is not None,
            "resume": one is not None and one.state in RESUMABLE and free,
            "settings": one is not None,
            "compare": len(chosen) == 2,
            "report": one is not None and bool(one.epochs),
            "delete": bool(chosen) and all(run.is_over for run in chosen),
        }
        for name, made in self.buttons.items():
            made.setEnabled(able[name])
        self._noted = one
        self.notes.setEnabled(one is not None)
        self.notes.setPlainText("" if one is None else one.notes)
        self.words.setText(self._said(one))

    def _said(self, one: Run | None) -> str:
        if not self.model.runs:
            return _NONE
        if one is None:
            return _CHOOSE
        labels = f" · labels {one.labels}" if one.labels else ""
        return f"{run_words(one)}{labels}{'. ' if one.error else ''}{one.error}"

    def _renew(self, run: Run) -> None:
        """Show what has changed in one row."""
        for row, known in enumerate(self.model.runs):
            if known.folder == run.folder:
                self.model.runs[row] = run
                last = self.model.columnCount() - 1
                ends = self.model.index(row, 0), self.model.index(row, last)
                self.model.dataChanged.emit(*ends)

    def _table(self) -> RunsView:
        view = RunsView()
        view.setObjectName("runs_table")
        view.setAccessibleName("Runs")
        view.setToolTip("Every run of this project; Enter: look at it, Del: to trash")
        view.setModel(self.model)
        view.setAlternatingRowColors(True)
        view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        view.setTabKeyNavigation(False)
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        view.setWordWrap(False)
        view.setShowGrid(False)
        view.verticalHeader().hide()
        view.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        head = view.horizontalHeader()
        head.setMinimumSectionSize(40)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in enumerate(_COLUMN_WIDTHS):
            view.setColumnWidth(column, width)
        head.setSectionResizeMode(len(_COLUMN_WIDTHS), QHeaderView.ResizeMode.Stretch)
        return view

    def _make_buttons(self) -> dict[str, QPushButton]:
        rows = (
            ("look", "Show", "Curves, pictures and scores  (Enter)", self._look),
            ("resume", "Resume", "Go on after its last whole epoch", self._resume),
            (
                "settings",
                "Use settings",
                "Fill the form with this run's settings",
                self._use_settings,
            ),
            (
                "compare",
                "Compare",
                "Settings, scores and curves of two runs",
                self._compare,
            ),
            ("report", "Report", "Write its report, and open it", self._report),
            ("delete", "Delete…", "Move to the project's trash  (Del)", self._delete),
        )
        return {
            name: button(f"runs_{name}", text, tip, on_click)
            for name, text, tip, on_click in rows
        }

    def _lay_out(self) -> None:
        grid = QGridLayout()
        for n, made in enumerate(self.buttons.values()):
            grid.addWidget(made, n // 3, n % 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.words)
        layout.addLayout(grid)
        layout.addWidget(self.job)
        layout.addWidget(self.notes)
        layout.addStretch(0)  # all there is while there are no runs

    def _connect(self) -> None:
        self.table.selectionModel().selectionChanged.connect(self._on_selection)
        self.table.activated.connect(lambda _index: self._look())
        self.table.deletion_wanted.connect(self.buttons["delete"].click)
