"""The two pipes of a worker: lines of JSON, one way each."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from queue import SimpleQueue
from typing import Any, BinaryIO

from ..errors import InputError
from ..events import Event
from ..files import dump_json

Command = dict[str, Any]


class Channel:
    """Takes commands and sends events.

    A thread reads the commands, so that ``stop`` and the end of the input are known
    at once while the work runs.

    Parameters
    ----------
    source
        File descriptor that commands are read from.
    sink
        Where events go.

    Attributes
    ----------
    asked
        Set once ``stop`` has come.
    closed
        Set once nobody can send anything more, or nobody listens.
    """

    def __init__(self, source: int, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._sending = threading.Lock()
        self._commands: SimpleQueue[Command | InputError | None] = SimpleQueue()
        self.asked, self.closed = threading.Event(), threading.Event()
        threading.Thread(target=self._read, name="commands", daemon=True).start()

    @classmethod
    def of_this_process(cls) -> Channel:
        """Take over standard input and output.

        File descriptor 1 becomes standard error, so that nothing that a library
        prints, from C included, gets between the events.
        """
        sys.stdout.flush()
        sink = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        return cls(0, sink)

    def send(self, event: Event) -> None:
        """Send one event; may be called from any thread."""
        line = dump_json(event, indent=None).encode() + b"\n"
        with self._sending:
            try:
                self._sink.write(line)
                self._sink.flush()
            except OSError:  # the reader is gone, and with it its interest
                self.closed.set()

    def next(self) -> Command | None:
        """Wait for the next command; None is ``stop`` or the end of the input.

        Raises
        ------
        InputError
            If a line is no command.
        """
        found = self._commands.get()
        if isinstance(found, InputError):
            raise found
        return found

    def stopped_or_closed(self) -> bool:
        """Say whether to stop, for work that must not outlive who asked for it."""
        return self.asked.is_set() or self.closed.is_set()

    def _read(self) -> None:
        for line in self._lines():
            command = _parse(line)
            if isinstance(command, dict) and command["command"] == "stop":
                self.asked.set()
                self._commands.put(None)
            else:
                self._commands.put(command)
        self.closed.set()
        self._commands.put(None)

    def _lines(self) -> Iterator[bytes]:
        # Not through sys.stdin: a thread waiting in its buffer, and holding the
        # buffer's lock, would abort the interpreter when it shuts down.
        rest = b""
        while found := os.read(self._source, 1 << 16):
            *lines, rest = (rest + found).split(b"\n")
            yield from (line for line in lines if line.strip())
        if rest.strip():
            yield rest


def _parse(line: bytes) -> Command | InputError:
    try:
        command = json.loads(line)
    except ValueError:
        shown = line[:60].decode(errors="replace")
        return InputError(f"the worker takes one command as JSON a line, not {shown!r}")
    if not isinstance(command, dict) or not isinstance(command.get("command"), str):
        return InputError('a command for the worker is {"command": its name, …}')
    return command
