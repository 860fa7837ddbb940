"""One piece of long work in a child process, from start to exactly one ending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qtpy.QtCore import QObject, Signal

from .. import _engine
from . import words
from .worker_process import WorkerProcess


class WatchedJob(QObject):
    """What is told of work in another process, however its events come here.

    Exactly one of ``finished``, ``failed`` and ``cancelled`` comes, once, when the
    process is gone.

    Signals: ``event(dict)``, everything the worker says, in order;
    ``progress(dict)``, those with stage, done, total, rate and seconds_left;
    ``finished(value)``, the worker's result; ``failed(text)``, one sentence;
    ``cancelled()``.
    """

    event = Signal(object)
    progress = Signal(object)
    finished = Signal(object)
    failed = Signal(str)
    cancelled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._last: dict[str, Any] = {}
        self._asked = False

    def _take(self, event: dict[str, Any]) -> None:
        self.event.emit(event)
        if event["event"] == "progress":
            self.progress.emit(event)
        elif event["event"] in _engine.FINAL:
            self._last = event

    def _conclude(self, death: str) -> None:
        """Tell how it ended; ``death`` is for a process that did not say so itself."""
        last = self._last
        value, ended = last.get("value"), last.get("event") == "result"
        stopped = isinstance(value, Mapping) and value.get("stopped") == "asked"
        if ended and not stopped:
            self.finished.emit(value)
        elif ended or self._asked or last.get("kind") == "cancelled":
            self.cancelled.emit()
        else:
            self.failed.emit(words.of_error(last) if last else death)


class Job(WatchedJob):
    """Runs one worker command: a scan, a search, a prediction, an export.

    Parameters
    ----------
    command
        What `training.worker` is to do: ``{"command": "scan", "data": ...}``.
    program
        Command line of the worker, for tests.
    """

    def __init__(
        self,
        command: Mapping[str, Any],
        parent: QObject | None = None,
        *,
        program: Sequence[str] | None = None,
    ) -> None:
        super().__init__(parent)
        self.command = dict(command)
        self._process = WorkerProcess(self, program)
        self._process.line.connect(self._take)
        self._process.ended.connect(self._end)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.running

    @property
    def pid(self) -> int:
        """The process id; 0 if it does not run."""
        return self._process.pid

    @property
    def log(self) -> str:
        """The end of what the worker wrote to standard error."""
        return self._process.log

    def start(self) -> None:
        """Start the worker and give it its command."""
        self._process.start()
        self._process.send(self.command)

    def cancel(self) -> None:
        """Ask it to stop; within three seconds the process is gone."""
        self._asked = True
        self._process.stop()

    def close(self) -> None:
        """Kill it at once, for a window that closes."""
        self._asked = True
        self._process.stop_now()

    def _take(self, event: dict[str, Any]) -> None:
        super()._take(event)
        if self._last:
            self._process.kill_if_lingering()

    def _end(self, death: str) -> None:
        self._conclude(death or words.of_death(0, signalled=False, log=self.log))
