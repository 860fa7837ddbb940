"""The one place where a command's end becomes an exit code.

0
    Done; files that were passed over are named on standard error.
1
    A failure of ours, with a traceback, or of the machine, in one sentence.
2
    Wrong input: one line on standard error, and nothing has been written.
130
    Interrupted, by Ctrl-C or SIGTERM.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from ..errors import (
    Cancelled,
    Failure,
    InputError,
    is_full_disk,
    is_memory,
    sentence_of,
)
from . import (
    crossval,
    doctor,
    evaluating,
    learning,
    looking,
    making,
    preview,
    reporting,
    resolving,
    showing,
    stats,
    tuning,
)
from .console import INTERRUPTED, say, take_any_character
from .flags import with_reading
from .outputs import guarded

_Command = TypeVar("_Command", bound=Callable[..., Any])


class _App(typer.Typer):
    """All of whose commands look at the files that they are to write first.

    And all that open data have the same flags on how these are read.
    """

    def command(self, *args: Any, **more: Any) -> Callable[[_Command], _Command]:
        register = super().command(*args, **more)

        def add(command: _Command) -> _Command:
            register(guarded(with_reading(command)))
            return command

        return add


app = _App(
    name="nerveseg",
    help="Look at, mend, train on and predict nerve masks in ultrasound."
    " Research software, not for diagnosis.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    looking,
    stats,
    resolving,
    preview,
    learning,
    crossval,
    tuning,
    evaluating,
    reporting,
    making,
    showing,
    doctor,
):
    module.register(app)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv
        The words behind ``nerveseg``; default: those of this process.

    Returns
    -------
    int
        The exit code; see the module's text.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    take_any_character()
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _run([*words] or ["--help"])  # parsing eats its list
        sys.stdout.flush()  # a reader that went away is noticed here, not at the exit
    except (InputError, TyperException) as error:
        return _end(_mistake(error, words), 2)
    except (Cancelled, KeyboardInterrupt):
        return _end("Stopped.", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read our output wants no more of it (``| head``): not worth a word,
        # and Python must not try to flush into the closed pipe at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _end(_failure(error), 1)
    if not words:
        return _end("Name a command, for example: nerveseg scan DATA.", 2)
    return code


def _run(words: list[str]) -> int:
    # Not ``app(...)``: it takes Ctrl-C and closed pipes for itself.
    command = get_command(app)
    try:
        with command.make_context("nerveseg", words) as context:
            return int(command.invoke(context) or 0)
    except typer.Exit as end:  # --help
        return end.exit_code


def _end(text: str, code: int) -> int:
    say(text)
    return code


def _failure(error: Exception) -> str:
    """Return what to say of an end that is not the user's mistake."""
    if isinstance(error, Failure) or is_memory(error) or is_full_disk(error):
        return sentence_of(error)
    if isinstance(error, OSError):
        return f"The machine refused: {error}."
    traceback.print_exception(error)
    return f"A fault of nerveseg, please report it with the lines above: {error!r}."


def _mistake(error: Exception, words: list[str]) -> str:
    """Return a user's mistake as one line that says where help is."""
    if isinstance(error, InputError):
        return str(error)
    format_message = getattr(error, "format_message", None)
    text = format_message() if format_message else str(error)
    command = words[0] if words and not words[0].startswith("-") else ""
    known = {
        entry.callback.__name__ for entry in app.registered_commands if entry.callback
    }
    where = f"nerveseg {command} --help" if command in known else "nerveseg --help"
    return f"{' '.join(text.split()).rstrip('.')}; see '{where}'."
