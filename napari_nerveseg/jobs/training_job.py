"""A training in a process of its own, which outlives the window and can be found again.

Everything about it lies in its run folder: ``events.jsonl`` (what happened), ``pid``
(who runs it), ``stop`` and ``pause`` (requests), ``worker.jsonl`` and ``worker.log``
(standard output and error of a worker that a window started).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, QTimer, Signal

from .. import _engine
from . import processes, words
from .job import WatchedJob
from .lines import FileTail, tail_of
from .timers import single_shot
from .worker_process import KILL_AFTER, LOG_BYTES, TERMINATE_AFTER, worker_program

#: Milliseconds between two looks at the run folder.
INTERVAL = 100

_OUTPUT, _LOG = "worker.jsonl", "worker.log"


class TrainingJob(WatchedJob):
    """Starts a training, or finds one by its folder, and tells what happens.

    Dropping this object leaves the training running.

    Signals: as `WatchedJob`, and ``epoch(dict)`` for each line of the history. An
    object that is attached tells everything from the beginning.

    Parameters
    ----------
    out
        The run folder.
    """

    epoch = Signal(object)

    def __init__(self, out: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.out = out.absolute()
        self._pid: int | None = None
        self._since: float | None = None
        self._made = self._over = self._resumes = False
        self._events = FileTail(self.out / "events.jsonl")
        self._output = FileTail(self.out / _OUTPUT)
        self._watch = QTimer(self)
        self._watch.setInterval(INTERVAL)
        self._watch.timeout.connect(self._look)
        self._terminate = single_shot(self, TERMINATE_AFTER, self._end_process)
        self._kill = single_shot(self, KILL_AFTER, lambda: self._end_process(True))

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._pid is not None and processes.is_alive(self._pid, self._since)

    @property
    def pid(self) -> int:
        """The process id; 0 if there is none."""
        return self._pid or 0

    @property
    def best_checkpoint(self) -> Path | None:
        """The best checkpoint so far, the ensemble of all folds, or None."""
        if (self.out / "ensemble.json").exists():
            return self.out
        path = self.out / "best.safetensors"
        return path if path.exists() else None

    @property
    def paused(self) -> bool:
        """Whether it was asked to wait."""
        return self.running and any(pause.exists() for pause in self._pauses())

    @property
    def log(self) -> str:
        """The end of what the worker wrote to standard error."""
        try:
            return tail_of((self.out / _LOG).read_bytes(), LOG_BYTES).decode(
                errors="replace"
            )
        except OSError:
            return ""

    def start(
        self, command: Mapping[str, Any], program: Sequence[str] | None = None
    ) -> None:
        """Start the training.

        Parameters
        ----------
        command
            ``{"command": "train", "data", "project", "config"}`` or another that
            trains; paths have to be absolute, the run folder is added as ``out``
            unless it is there as ``resume``.
        program
            Command line of the worker, for tests.
        """
        self._watch.start()
        own = {} if "resume" in command else {"out": str(self.out)}
        line = json.dumps({**command, **own}).encode() + b"\n"
        program = list(program or worker_program())
        try:
            self._made = not self.out.exists()
            self._resumes = (self.out / "config.json").exists()
            self.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._fail(words.of_unusable_folder(self.out, error))
            return
        try:
            self._launch(program, line)
        except OSError as error:
            self._fail(words.of_refused_start(program[0], str(error)))

    def attach(self) -> None:
        """Follow the training in the folder; what it said so far is told again."""
        self._pid, self._since = _engine.process_of(self.out)
        self._watch.start()

    def cancel(self) -> None:
        """Ask it to stop; within three seconds the process is gone."""
        self._asked = True
        if self.running:
            (self.out / "stop").touch()
            self._terminate.start()
            self._kill.start()

    def pause(self, wait: bool) -> None:
        """Ask it to wait, or to go on; of a cross-validation, the folds in work."""
        for pause in self._pauses():
            if wait and self.running:
                pause.touch()
            else:
                pause.unlink(missing_ok=True)

    def detach(self) -> None:
        """Stop following; the training goes on."""
        self._watch.stop()

    # ---- inside --------------------------------------------------------------

    def _launch(self, program: Sequence[str], line: bytes) -> None:
        output, log = self.out / _OUTPUT, self.out / _LOG
        with output.open("wb") as out_file, log.open("wb") as log_file:
            self._pid = processes.start_detached(
                program, line, self.out, out_file, log_file
            )
        if not self._resumes:  # else its own name there would look like another's
            (self.out / "pid").write_text(f"{self._pid}\n", encoding="ascii")

    def _pauses(self) -> list[Path]:
        folds = [pid.parent for pid in self.out.glob("fold-*/pid")]
        return [folder / "pause" for folder in (self.out, *folds)]

    def _fail(self, text: str) -> None:
        self._last = {"event": "error", "kind": "failure", "text": text}

    def _end_process(self, force: bool = False) -> None:
        if self.running and self._pid is not None:
            processes.end_group(self._pid, force)

    def _look(self) -> None:
        # Asked first: what is read after the process is gone is all there will be.
        gone = not self.running
        for event in self._events.read():
            self._take(event)
        if self._resumes:  # how it ended before is not how it ends now
            self._resumes, self._last = False, {}
        for event in self._output.read():
            if event["event"] in _engine.FINAL:
                self._last = event
        if gone and not self._over:
            self._over = True
            for timer in (self._watch, self._terminate, self._kill):
                timer.stop()
            death = self._death()
            self._tidy()
            self._conclude(death)

    def _take(self, event: dict[str, Any]) -> None:
        super()._take(event)
        if event["event"] == "epoch":
            self.epoch.emit(event)

    def _death(self) -> str:
        code = processes.exit_code(self._pid) if self._pid is not None else None
        if code is None:
            return words.of_vanished(self.out)
        return words.of_death(abs(code), code < 0, self.log)

    def _tidy(self) -> None:
        """Remove what concerned the process; a folder with nothing else goes too."""
        if not self.out.is_dir():
            return
        for name in ("stop", "pause", "pid", _OUTPUT):
            (self.out / name).unlink(missing_ok=True)
        if self._made and [p.name for p in self.out.iterdir()] == [_LOG]:
            (self.out / _LOG).unlink()
            self.out.rmdir()


def running_trainings(runs: Path) -> list[Path]:
    """Return the run folders below ``runs`` whose training still runs."""
    return [
        pid_file.parent
        for pid_file in sorted(runs.glob("*/pid"))
        if is_running(pid_file.parent)
    ]


def is_running(out: Path) -> bool:
    """Say whether the process that a run folder names is there."""
    pid, since = _engine.process_of(out)
    return pid is not None and processes.is_alive(pid, since)
