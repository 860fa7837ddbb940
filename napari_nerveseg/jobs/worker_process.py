"""A child process that speaks JSON lines, and can be ended within three seconds."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from qtpy.QtCore import QObject, QProcess, QProcessEnvironment, Signal

from . import words
from .lines import EventLines, tail_of
from .timers import single_shot

#: Milliseconds after the request to stop: first the polite signal, then the other.
TERMINATE_AFTER, KILL_AFTER = 1200, 2200

#: Bytes of standard error that are kept.
LOG_BYTES = 64 * 1024


def worker_program() -> list[str]:
    """Return the command line of a worker: this Python, and nothing from the folder."""
    return [sys.executable, "-P", "-m", "napari_nerveseg._command", "worker"]


class WorkerProcess(QObject):
    """One process; tells each event, and once how it ended.

    Signals: ``line(event)`` for each line of its output; ``ended(words)`` exactly
    once after `start`, when the process is gone and all its lines are told: a
    sentence on how it died, or the empty text if it ended by itself with status 0.

    Parameters
    ----------
    program
        Command line; `worker_program` by default.
    """

    line = Signal(object)
    ended = Signal(str)

    def __init__(
        self, parent: QObject | None = None, program: Sequence[str] | None = None
    ) -> None:
        super().__init__(parent)
        self._program = list(program or worker_program())
        self._lines = EventLines()
        self._log = b""
        self._over = False
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_environment())
        self._process.readyReadStandardOutput.connect(self._read_output)
        self._process.readyReadStandardError.connect(self._read_log)
        self._process.errorOccurred.connect(self._on_error)
        self._process.finished.connect(self._on_finished)
        self._terminate = single_shot(self, TERMINATE_AFTER, self._process.terminate)
        self._kill = single_shot(self, KILL_AFTER, self._process.kill)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    @property
    def pid(self) -> int:
        """The process id; 0 if it does not run."""
        return int(self._process.processId())

    @property
    def log(self) -> str:
        """The end of what it wrote to standard error."""
        return self._log.decode(errors="replace")

    def start(self) -> None:
        """Start the process; what is sent from now on reaches it."""
        self._process.start(self._program[0], self._program[1:])

    def send(self, command: Mapping[str, Any]) -> None:
        """Send one command."""
        if self.running:
            self._process.write(json.dumps(command).encode() + b"\n")

    def stop(self) -> None:
        """Ask it to stop; terminate, then kill it if it does not."""
        if not self.running:
            return
        self.send({"command": "stop"})
        self._process.closeWriteChannel()
        self._terminate.start()
        self._kill.start()

    def kill_if_lingering(self) -> None:
        """Give a process that has said its last word as long as `stop` does."""
        self._kill.start()

    def stop_now(self) -> None:
        """Kill it and wait: for a window that closes."""
        if self.running:
            self._process.kill()
            self._process.waitForFinished(1000)

    # ---- what Qt tells -------------------------------------------------------

    def _read_output(self) -> None:
        for event in self._lines.feed(
            bytes(self._process.readAllStandardOutput().data())
        ):
            self.line.emit(event)

    def _read_log(self) -> None:
        new = bytes(self._process.readAllStandardError().data())
        self._log = tail_of(self._log + new, LOG_BYTES)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        # Every other error is followed by `finished`.
        if error == QProcess.ProcessError.FailedToStart:
            reason = self._process.errorString()
            self._end(words.of_refused_start(self._program[0], reason))

    def _on_finished(self, status: int, how: QProcess.ExitStatus) -> None:
        self._read_log()
        self._read_output()
        for event in self._lines.finish():
            self.line.emit(event)
        signalled = how == QProcess.ExitStatus.CrashExit
        died = signalled or status != 0
        self._end(words.of_death(status, signalled, self.log) if died else "")

    def _end(self, sentence: str) -> None:
        self._terminate.stop()
        self._kill.stop()
        if not self._over:
            self._over = True
            self.ended.emit(sentence)


def _environment() -> QProcessEnvironment:
    environment = QProcessEnvironment.systemEnvironment()
    environment.insert("PYTHONUTF8", "1")
    environment.insert("PYTHONSAFEPATH", "1")
    return environment
