"""What a command prints: results on standard output, all else on standard error."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from ..errors import InputError
from ..events import Event, ShouldStop
from ..files import dump_json, write_json

#: Seconds between two lines of progress where standard error is no terminal.
LOG_INTERVAL = 10.0


def say(text: str) -> None:
    """Print one line on standard error."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def out(text: str) -> None:
    """Print one line on standard output."""
    sys.stdout.write(text + "\n")


def check_json(path: Path | None) -> None:
    """Refuse, before any work is done, a ``--json`` that cannot be written."""
    if path is not None and str(path) != "-" and not path.parent.is_dir():
        raise InputError(
            f"--json {path}: the folder {path.parent} is not there; create it first."
        )


def write_result(value: dict[str, Any], path: Path | None) -> None:
    """Write ``value`` as JSON to a file, or to standard output for ``-``."""
    if path is None:
        return
    if str(path) == "-":
        out(dump_json(value))
    else:
        write_json(path, value)


def clock(seconds: float) -> str:
    """Return a duration as people read it: ``0:07``, ``12:30``, ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Reporter:
    """Shows events on standard error: one living line on a terminal, else a log.

    Warnings are kept in ``warnings``, so that a command can put them into its
    result.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._living = sys.stderr.isatty()
        self._shown = ""
        self._stage = ""
        self._told = 0.0

    def __call__(self, event: Event) -> None:
        """Show one event."""
        kind = event.get("event")
        if kind == "progress":
            self._progress(event)
        elif kind == "message":
            self._message(event)
        elif kind == "epoch":
            self._line(epoch_line(event))

    def __enter__(self) -> Reporter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._wipe()

    def _message(self, event: Event) -> None:
        level, text = event.get("level"), str(event.get("text"))
        if level == "warning":
            self.warnings.append(text)
        self._line(f"Warning: {text}" if level == "warning" else text)

    def _progress(self, event: Event) -> None:
        text = progress_line(event)
        if self._living:
            self._wipe()
            sys.stderr.write(text)
            sys.stderr.flush()
            self._shown = text
            return
        now = time.monotonic()
        due = event["done"] == event["total"] or now - self._told >= LOG_INTERVAL
        if text != self._shown and (due or event["stage"] != self._stage):
            self._stage, self._told, self._shown = str(event["stage"]), now, text
            say(text)

    def _line(self, text: str) -> None:
        self._wipe()
        say(text)

    def _wipe(self) -> None:
        if self._living and self._shown:
            sys.stderr.write("\r" + " " * len(self._shown) + "\r")
            self._shown = ""


def progress_line(event: Event) -> str:
    """Return a progress event as one line: stage, count, time left."""
    done, total = event["done"], event["total"]
    count = f"{done:,}" if total is None else f"{done:,}/{total:,}"
    left = event.get("seconds_left")
    rest = f", {clock(left)} left" if left is not None and done != total else ""
    return f"{event['stage']}: {count}{rest}"


def epoch_line(event: Event) -> str:
    """Return an epoch's event as one line."""
    parts = [f"epoch {event['epoch']}"]
    if event.get("epochs"):
        parts[0] += f"/{event['epochs']}"
    for key, name in (("train_loss", "loss"), ("val_dice", "validation Dice")):
        if event.get(key) is not None:
            parts.append(f"{name} {event[key]:.4f}")
    if event.get("seconds_left") is not None:
        parts.append(f"{clock(event['seconds_left'])} left")
    return ", ".join(parts) + (" (best so far)" if event.get("best") else "")


@contextmanager
def reporting() -> Iterator[Reporter]:
    """Give a reporter whose last line is wiped at the end."""
    with Reporter() as reporter:
        yield reporter


@contextmanager
def asked_to_stop() -> Iterator[ShouldStop]:
    """Turn the first Ctrl-C into a request to end well; the second one interrupts.

    Yields
    ------
    callable
        Says whether Ctrl-C was pressed.
    """
    asked = False

    def ask(_signal: int, _frame: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        say("Stopping after this step; press Ctrl-C again to stop at once.")

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)
