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
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from ..commands import COMMANDS, Command, Options
from ..errors import (
    Cancelled,
    Failure,
    InputError,
    is_full_disk,
    is_memory,
    sentence_of,
)
from ..events import never
from . import demo, display, doctor
from .console import (
    INTERRUPTED,
    Reporter,
    as_typed,
    asked_to_stop,
    conclude,
    say,
    take_any_character,
)
from .flags import as_callback
from .show import SHOW, Show

#: Every command with how its result is told; the last three need a terminal or a
#: screen, and no worker knows them.
ALL: dict[str, tuple[Command, Show]] = {
    **{name: (COMMANDS[name], show) for name, show in SHOW.items()},
    "review": (display.COMMAND, display.SHOW),
    "demo": (demo.COMMAND, demo.SHOW),
    "doctor": (doctor.COMMAND, doctor.SHOW),
}

app = typer.Typer(
    name="nerveseg",
    help="Look at, mend, train on and predict nerve masks in ultrasound."
    " Research software, not for diagnosis.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _do(command: Command, show: Show, options: Options, path: Path | None) -> int:
    """Do a command, tell its result, and return the exit code."""
    asking = asked_to_stop() if options.ends_well else nullcontext(never)
    with Reporter() as reporter, asking as should_stop:
        result = command.run(options, reporter, should_stop)
        warnings = show.warnings(options, result)
    shown = partial(show.show, options, result)
    conclude(result, reporter, path, shown, warnings)
    return show.code(options, result)


for _name, (_command, _show) in ALL.items():
    app.command(_name.replace("_", "-"), help=_command.options.__doc__)(
        as_callback(_command, partial(_do, _command, _show))
    )


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
    for note in getattr(error, "__notes__", ()):  # a worker's traceback
        say(note)
    if isinstance(error, Failure) or is_memory(error) or is_full_disk(error):
        return as_typed(sentence_of(error), getattr(error, "fields", ()))
    if isinstance(error, OSError):
        return f"The machine refused: {error}."
    traceback.print_exception(error)
    return f"A fault of nerveseg, please report it with the lines above: {error!r}."


def _mistake(error: Exception, words: list[str]) -> str:
    """Return a user's mistake as one line that says where help is."""
    if isinstance(error, InputError):
        return as_typed(str(error), error.fields)
    format_message = getattr(error, "format_message", None)
    text = format_message() if format_message else str(error)
    command = words[0] if words and not words[0].startswith("-") else ""
    known = command.replace("-", "_") in ALL
    where = f"nerveseg {command} --help" if known else "nerveseg --help"
    return f"{' '.join(text.split()).rstrip('.')}; see '{where}'."
