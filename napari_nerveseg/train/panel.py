"""Tab Train: set a training up, watch it, and look back at the runs."""

from __future__ import annotations

from typing import Any

from qtpy.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..jobs.training_job import TrainingJob
from ..window.context import ReviewContext
from ..window.workers import Workers
from .runs import Run
from .runs_panel import RunsPanel
from .setup import TrainSetup
from .watch import TrainWatch

_PAGES = (
    ("setup", "Set up", "Choose settings and start"),
    ("watch", "Progress", "Curves, pictures and scores of a run"),
    ("runs", "Runs", "All runs of this project"),
)


class TrainPanel(QWidget):
    """Three pages; the training itself runs in a process of its own."""

    def __init__(self, context: ReviewContext, workers: Workers) -> None:
        super().__init__()
        self.setObjectName("train_panel")
        self._context, self._workers = context, workers
        self.setup = TrainSetup(context, workers)
        self.watch = TrainWatch(context)
        self.runs = RunsPanel(context, workers)
        self.form, self.start = self.setup.form, self.setup.start
        self.problem = self.setup.problem
        self.job, self.kept = self.watch.job, self.watch.kept
        self._pages = QStackedWidget()
        self._buttons = QButtonGroup(self)
        self._lay_out()
        self.setup.started.connect(self._on_started)
        self.runs.started.connect(self._on_started)
        self.runs.wanted.connect(self._on_wanted)
        self.runs.settings_wanted.connect(self._on_settings_wanted)
        context.session_changed.connect(self._on_session)
        self._on_session()

    @property
    def curves(self) -> Any:
        """The curves; None before the tab was first seen."""
        return self.watch.curves

    def enter(self) -> None:
        """Make what takes a moment when the tab is first seen."""
        self.watch.enter()
        self.runs.fill()

    def follow(self, job: TrainingJob) -> None:
        """Show a training that runs."""
        self.watch.follow(job)
        for ending in (job.finished, job.failed, job.cancelled):
            ending.connect(self._on_end)
        self.setup.check()
        self.runs.fill()

    def go_to(self, page: str) -> None:
        """Show the page ``setup``, ``watch`` or ``runs``."""
        names = [name for name, _title, _tip in _PAGES]
        self._buttons.button(names.index(page)).click()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(2)
        pages = (self.setup, self.watch, self.runs)
        for n, ((name, title, tip), page) in enumerate(zip(_PAGES, pages, strict=True)):
            made = QToolButton()
            made.setObjectName(f"train_page_{name}")
            made.setText(title)
            made.setToolTip(tip)
            made.setCheckable(True)
            self._buttons.addButton(made, n)
            self._pages.addWidget(page)
            row.addWidget(made)
        row.addStretch(1)
        self._buttons.button(0).setChecked(True)
        self._buttons.idClicked.connect(self._on_page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(row)
        layout.addWidget(self._pages, 1)

    def _on_page(self, index: int) -> None:
        self._pages.setCurrentIndex(index)
        self.enter()

    def _on_started(self, job: TrainingJob) -> None:
        self.follow(job)
        self.go_to("watch")

    def _on_wanted(self, run: Run) -> None:
        """Show a run; one that runs without this window is attached again."""
        if not run.is_over and not self.watch.running:
            job = self._workers.running_training(run.folder)
            if job is not None:
                self.follow(job)
        self.watch.show_run(run)
        self.go_to("watch")

    def _on_settings_wanted(self, run: Run) -> None:
        self.form.set_config(run.config)
        self.go_to("setup")

    def _on_session(self) -> None:
        """Follow a training that outlived the window before."""
        self.watch.forget()
        job = self._workers.running_training()
        if job is not None:
            self.follow(job)
        elif self.curves is not None:
            self.watch.show_newest()
        self.setup.check()
        self.runs.fill()

    def _on_end(self, *_what: object) -> None:
        self.setup.check()
        self.runs.fill()
