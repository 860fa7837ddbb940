"""A worker process, for who runs a command in one: the protocol's other end.

See `training.worker` for what is said. The window has its own, on Qt's processes.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from ..errors import Cancelled, Failure, InputError
from ..events import FINAL, Event, OnEvent
from ..files import dump_json

#: What this Python is given to become a worker.
WORKER: Sequence[str] = ("-P", "-m", "training.worker")

#: Seconds in which a worker that is no longer wanted may end by itself.
GRACE = 5.0


class WorkerDied(Failure):
    """A worker ended without a last event.

    Attributes
    ----------
    code
        Its exit code.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"The worker ended with code {code}.")
        self.code = code


class WorkerClient:
    """A worker with one command; it is gone when the ``with`` block is left.

    Parameters
    ----------
    command
        With its name as ``command``, and its options.
    environment
        Variables of the process, over those of this one.
    """

    def __init__(
        self, command: Mapping[str, Any], environment: Mapping[str, str] | None = None
    ) -> None:
        pipe = subprocess.PIPE
        env = {**os.environ, **(environment or {})}
        words = [sys.executable, *WORKER]
        self._process = subprocess.Popen(words, stdin=pipe, stdout=pipe, env=env)
        self._over = False
        self._send(command)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._process as process:  # waits, and closes the pipes
            if not self._over:  # a training would go on without us
                process.terminate()
                try:
                    process.wait(GRACE)
                except subprocess.TimeoutExpired:
                    process.kill()

    def stop(self) -> None:
        """Ask it to stop; may be called from any thread, and more than once."""
        self._send({"command": "stop"})

    def result(self, on_event: OnEvent) -> dict[str, Any]:
        """Pass events on until the last one, and return the command's result.

        Raises
        ------
        InputError, Cancelled, Failure
            If the worker says that it ended so.
        WorkerDied
            If it says nothing.
        """
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event: Event = json.loads(line)
            if event["event"] not in FINAL:
                on_event(event)
                continue
            self._over = True
            if event["event"] == "error":
                raise as_exception(event)
            return dict(event["value"])
        raise WorkerDied(self._process.wait())

    def _send(self, command: Mapping[str, Any]) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write(dump_json(dict(command), indent=None).encode() + b"\n")
            pipe.flush()
        except (OSError, ValueError):  # it has ended, and its last event says how
            with contextlib.suppress(OSError):  # the rest would be tried again
                pipe.close()


def as_exception(event: Event) -> Exception:
    """Return what a worker's ``error`` event was made of, or the like.

    A fault of ours brings its traceback, as a note.
    """
    text, kind = str(event.get("text")), event.get("kind")
    if kind == "input":
        return InputError(text, *event.get("fields", ()))
    error = Cancelled(text) if kind == "cancelled" else Failure(text)
    if kind == "failure" and event.get("detail"):
        error.add_note(str(event["detail"]).rstrip())
    return error
