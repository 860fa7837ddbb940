"""What a command prints: results on standard output, all else on standard error."""

from __future__ import annotations

import io
import json
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from ..events import Event, ShouldStop
from ..files import dump_json, write_json
from ..ranks import launched_rank

#: Exit code of what was interrupted, or stopped because it was asked to.
INTERRUPTED = 130

#: Seconds between two lines of progress where standard error is no terminal, and
#: how long a stage has to last for its end to be worth one.
LOG_INTERVAL, LASTING = 10.0, 2.0

#: How many warnings are printed, and of those with one remedy while a command works;
#: the JSON holds all of them.
SHOWN, ALIKE = 20, 3


def take_any_character() -> None:
    r"""Let standard output and standard error take what their encoding has not.

    Such a character, or a byte of a name that is no text, is printed as ``\x...`` or
    ``\u...``: a strange name must not end a command.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Print one line on standard error; of several ranks, the first does."""
    if launched_rank():
        return
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def as_typed(text: str, named: Sequence[str]) -> str:
    """Return a sentence with the settings that it names as they are typed.

    The engine, the window and files call ``--val-subjects`` by its name. Single words,
    such as epochs, can be read as they are.
    """
    for name in named:
        if "_" in name:
            alone = rf"(?<![\w/\\.-]){name}(?![\w/\\-]|\.\w)"  # not in a path
            text = re.sub(alone, f"--{name.replace('_', '-')}", text)
    return text


def out(text: str) -> None:
    """Print one line on standard output; of several ranks, the first does."""
    if launched_rank():
        return
    sys.stdout.write(text + "\n")
    sys.stdout.flush()  # in order with standard error, also where both are one file


def write_result(value: dict[str, Any], path: Path | None) -> None:
    """Write ``value`` as JSON to a file, or to standard output for ``-``."""
    if path is None or launched_rank():
        return
    if str(path) == "-":
        text = dump_json(value)
        try:
            text.encode(sys.stdout.encoding or "utf-8")
        except UnicodeEncodeError:  # \\xe9 is no JSON, \\u00e9 is
            text = json.dumps(json.loads(text), indent=2)
        out(text)
    else:
        write_json(path, value)


def conclude(
    result: dict[str, Any],
    reporter: Reporter,
    path: Path | None,
    show: Callable[[], None],
    warnings: Sequence[str],
) -> None:
    """Tell what a command found: its warnings, and for people or as JSON its result.

    Parameters
    ----------
    result
        What the command returned; if it has ``warnings``, all that it warned of goes
        into them.
    reporter
        Who has told some of the warnings already.
    path
        ``--json``; ``show`` is not called if it is ``-``.
    show
        Prints the result for people.
    warnings
        What is printed in the place of the warnings of ``result``.
    """
    told = dict.fromkeys(reporter.warnings)
    tell_warnings([text for text in dict.fromkeys(warnings) if text not in told])
    if "warnings" in result:
        result = {**result, "warnings": [*dict.fromkeys(result["warnings"]) | told]}
    if str(path) != "-":
        show()
    write_result(result, path)


def tell_warnings(warnings: list[str]) -> None:
    """Print warnings on standard error, the first of many."""
    for text in warnings[:SHOWN]:
        say(f"Warning: {text}")
    if len(warnings) > SHOWN:
        say(f"… and {len(warnings) - SHOWN:,} more warnings; --json lists them all.")


def clock(seconds: float) -> str:
    """Return a duration as people read it: ``0:07``, ``12:30``, ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Reporter:
    """Shows events on standard error: one living line on a terminal, else a log.

    A log gets a line when a stage that lasted has ended, and every ten seconds;
    within a training, each epoch's line stands for its stages.

    Parameters
    ----------
    margin
        What each line begins with.

    Attributes
    ----------
    warnings
        Those that were shown, so that a command can put them into its result.
    """

    def __init__(self, margin: str = "") -> None:
        self.warnings: list[str] = []
        self._margin = margin
        self._living = sys.stderr.isatty()
        self._shown = ""
        self._stage: str | None = None
        self._since = self._told = time.monotonic()
        self._in_epochs = False
        self._said: set[str] = set()
        self._alike: Counter[str] = Counter()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        kind = event.get("event")
        if kind == "progress":
            self._progress(event)
        elif kind == "message":
            self._message(event)
        elif kind == "epoch":
            self._in_epochs = event.get("epoch") != event.get("epochs")
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
        for remedy, n in self._alike.items():
            if n > ALIKE:
                self._line(f"… and {n - ALIKE:,} more warnings as these: {remedy}")
        self._alike.clear()

    def _message(self, event: Event) -> None:
        level, text = event.get("level"), str(event.get("text"))
        text = as_typed(text, event.get("fields", ()))
        if text in self._said:  # one of several commands said so before
            return
        self._said.add(text)
        if level == "warning":
            self.warnings.append(text)
            remedy = text.rpartition(": ")[2]
            self._alike[remedy] += 1
            if self._alike[remedy] > ALIKE:  # counted at the end
                return
        self._line(f"Warning: {text}" if level == "warning" else text)

    def _progress(self, event: Event) -> None:
        if self._living:
            self._wipe()
            self._shown = self._margin + progress_line(event)
            sys.stderr.write(self._shown)
            sys.stderr.flush()
            return
        now = time.monotonic()
        if event["stage"] != self._stage:
            self._stage, self._since = event["stage"], now
        ended = event["done"] == event["total"] and not self._in_epochs
        lasted = ended and now - self._since >= LASTING
        text = progress_line(event)
        if text != self._shown and (lasted or now - self._told >= LOG_INTERVAL):
            self._line(text)
            self._shown = text  # an end that is told again is not written again

    def _line(self, text: str) -> None:
        self._wipe()
        say(self._margin + text)
        self._told = time.monotonic()

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
    of_what = (("trial", None), ("fold", "folds"), ("epoch", "epochs"))
    parts = [_counted(event, *one) for one in of_what if one[0] in event]
    for key, name in (("train_loss", "loss"), ("val_dice", "validation Dice")):
        if event.get(key) is not None:
            parts.append(f"{name} {event[key]:.4f}")
    if event.get("seconds_left") is not None:
        parts.append(f"{clock(event['seconds_left'])} left")
    return ", ".join(parts) + (" (best so far)" if event.get("best") else "")


def _counted(event: Event, name: str, total: str | None) -> str:
    most = event.get(total) if total else None
    return f"{name} {event[name]}" + (f"/{most}" if most else "")


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
