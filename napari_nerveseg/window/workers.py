"""Long work for the window: starts jobs, follows them, and ends them with the dock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, Signal

from ..jobs.job import Job
from ..jobs.training_job import TrainingJob, running_trainings
from ..review.counting import counted
from ..review.session import ReviewSession
from .context import ReviewContext
from .folder_scanner import FolderScanner
from .progress_words import progress_words

_CANCELLED = {
    "scan": "FolderScanner through the frames was stopped.",
    "duplicates": "The search was cancelled; what was known before stays.",
    "stats": "Counting was cancelled.",
    "export": "The export was cancelled; nothing was written.",
    "predict": "Predicting was cancelled.",
    "phantom": "Making frames was cancelled; nothing was written.",
    "train": "Training was cancelled.",
    "estimate": "The estimate was cancelled.",
    "augment_preview": "The preview was cancelled.",
    "report": "The report was cancelled.",
}


class Workers(QObject):
    """At most one job of each kind; a failure is said once, in words.

    Signals: ``checkpoint_made(path)`` when a training has ended with one.
    """

    checkpoint_made = Signal(object)

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self._context = context
        self._jobs: dict[str, Any] = {}
        self._scanner = FolderScanner(context, self._job)
        context.session_changed.connect(self._on_session)

    @property
    def busy(self) -> bool:
        """Whether a job of this folder runs."""
        return bool(self._jobs)

    def runs(self, kind: str) -> bool:
        """Tell whether a job of this kind runs."""
        return kind in self._jobs

    def search_duplicates(self) -> Job | None:
        """Search near-duplicates of the open folder; None if it cannot start."""
        session, job = self._context.session, self._job("duplicates")
        if job is not None:
            job.finished.connect(lambda found: self._on_duplicates(session, found))
            job.start()
        return job

    def count_data(self) -> Job | None:
        """Count the open folder under its labels now; None if it cannot start."""
        return self._look_ahead("stats")

    def start(self, kind: str, settings: Mapping[str, Any]) -> Job | None:
        """Start a command that says itself what it works on; None if it runs."""
        if kind in self._jobs:
            return None
        job = Job({"command": kind, **settings}, self)
        self._keep(kind, job)
        job.start()
        return job

    def export(self, out: Path, form: str) -> Job | None:
        """Write the current masks to the empty folder ``out``."""
        if self._context.session is not None:
            self._context.session.flush()  # the export reads what is on disk
        job = self._job("export", out=str(out), format=form)
        if job is not None:
            job.finished.connect(self._on_exported)
            job.start()
        return job

    def estimate(self, config: dict[str, Any]) -> Job | None:
        """Predict a training's time and memory by a few of its steps."""
        asked = {"command": "train", "dry_run": True, "config": config}
        return self._look_ahead("estimate", **asked)

    def preview_augmentation(self, config: dict[str, Any], out: Path) -> Job | None:
        """Draw frames as a training would see them into the picture ``out``."""
        return self._look_ahead("augment_preview", config=config, out=str(out))

    def report(self, run: Path) -> Job | None:
        """Write a run's report; None if one is being written."""
        # The run knows how its data are read, but they may have moved since.
        job = self._job("report", run=str(run), reading=None)
        if job is not None:
            job.start()
        return job

    def train(self, config: dict[str, Any], folds: int = 0) -> TrainingJob | None:
        """Start a training, or a cross-validation, into a new run folder.

        Returns
        -------
        TrainingJob or None
            None if one runs already.
        """
        kind = f"cv-{config['recipe']}" if folds else config["recipe"]
        command = {"command": "train", **self._context.source, "config": config}
        if folds:
            command |= {"command": "crossval", "folds": folds}
        session = self._context.session
        folder = None if session is None else session.project.runs / run_name(kind)
        return self._start_training(folder, command)

    def resume(self, run: Path, *, folds: bool = False) -> TrainingJob | None:
        """Go on with an unfinished run; None if another one runs."""
        # The run knows how its data were opened, but they may have moved since.
        where = {name: self._context.source.get(name) for name in ("data", "project")}
        how = {"command": "crossval" if folds else "train", "resume": str(run)}
        return self._start_training(run, {**where, **how})

    def running_training(self, run: Path | None = None) -> TrainingJob | None:
        """Return a training of this project that outlived its window, attached.

        ``run`` says which; else it is the newest.
        """
        session = self._context.session
        if session is None or "train" in self._jobs:
            return None
        folders = running_trainings(session.project.runs)
        if not folders or run not in (None, *folders):
            return None
        job = TrainingJob(run or folders[-1], self)
        self._follow_training(job)
        job.attach()
        return job

    def left_running(self) -> bool:
        """Tell whether a training of this project has outlived its window."""
        session = self._context.session
        if session is None or "train" in self._jobs:
            return False
        return bool(running_trainings(session.project.runs))

    @property
    def training(self) -> TrainingJob | None:
        """The training that is followed, if one is."""
        return self._jobs.get("train")

    def shut_down(self) -> None:
        """End every job at once, but let a training go on: it lives in its folder."""
        jobs, self._jobs = self._jobs, {}
        for job in jobs.values():
            if isinstance(job, TrainingJob):
                job.detach()
            else:
                job.close()

    # Inside -----------------------------------------------------------------------

    def _start_training(
        self, folder: Path | None, command: dict[str, Any]
    ) -> TrainingJob | None:
        session = self._context.session
        if session is None or folder is None or "train" in self._jobs:
            return None
        session.flush()  # the training reads what is on disk
        job = TrainingJob(folder, self)
        self._follow_training(job)
        job.start(command)
        return job

    def _look_ahead(self, kind: str, **settings: Any) -> Job | None:
        """Start what needs the labels as they are now on disk."""
        if self._context.session is not None:
            self._context.session.flush()
        job = self._job(kind, **settings)
        if job is not None:
            job.start()
        return job

    def _job(self, kind: str, **settings: Any) -> Job | None:
        """Return a new job on the open folder, or None if one of its kind runs."""
        if self._context.session is None or kind in self._jobs:
            return None
        job = Job({"command": kind, **self._context.source, **settings}, self)
        self._keep(kind, job)
        return job

    def _keep(self, kind: str, job: Any) -> None:
        """Hold on to ``job`` until it ends, and say how it goes and how it ended."""
        self._jobs[kind] = job
        job.progress.connect(self._on_progress)
        job.cancelled.connect(lambda: self._context.said.emit("info", _CANCELLED[kind]))
        job.failed.connect(self._context.say_error)
        for ending in (job.finished, job.failed, job.cancelled):
            ending.connect(lambda *_what: self._forget(kind, job))

    def _forget(self, kind: str, job: Any) -> None:
        """Let go of a job; one that ends late must not take its successor along."""
        if self._jobs.get(kind) is job:
            del self._jobs[kind]

    def _follow_training(self, job: TrainingJob) -> None:
        self._keep("train", job)
        job.finished.connect(lambda _result: self._on_trained(job))

    def _on_session(self) -> None:
        """Look at all files in the background, once a folder opens.

        It counts areas and finds problems; of a folder that is known it makes sure
        that the files still are what they were.
        """
        self.shut_down()
        self._scanner.look()

    def _on_progress(self, event: dict[str, Any]) -> None:
        self._context.said.emit("progress", progress_words(event))

    def _on_duplicates(
        self, session: ReviewSession | None, report: dict[str, Any]
    ) -> None:
        if session is None or session is not self._context.session:
            return
        session.reload_duplicates()
        pairs = counted(len(report.get("pairs", ())), "pair")
        found = f"{pairs} above SSIM {report['threshold']}"
        words = f"{found} in {report['seconds']:.1f} s."
        if session.found.search is None:
            self._scanner.look(words)  # the files changed since they were looked at
        else:
            self._context.said.emit("info", words)

    def _on_trained(self, job: TrainingJob) -> None:
        self._context.said.emit("info", "Training is done.")
        if job.best_checkpoint is not None:
            self.checkpoint_made.emit(job.best_checkpoint)

    def _on_exported(self, result: dict[str, Any]) -> None:
        masks = counted(result["n_masks"], "mask")
        self._context.said.emit("info", f"{masks} written to {result['out']}.")


def run_name(recipe: str) -> str:
    """Return a run folder's name: when, and by which recipe."""
    return f"{datetime.now():%Y-%m-%d_%H%M%S}_{recipe}"
