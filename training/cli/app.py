"""The one place where a command's end becomes an exit code.

0 done, 1 a failure of ours or of the machine, 2 wrong input (one line on standard
error, nothing written), 130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from ..errors import Cancelled, InputError
from . import doctor, evaluating, learning, looking, making, resolving, showing
from .console import say

INTERRUPTED = 130

app = typer.Typer(
    name="nerveseg",
    help="Look at, mend, train on and predict nerve masks in ultrasound."
    " Research software, not for diagnosis.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (looking, resolving, learning, evaluating, making, showing, doctor):
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
    signal.signal(signal.SIGTERM, _interrupt)
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return int(app(args=words, prog_name="nerveseg", standalone_mode=False) or 0)
    except (InputError, TyperException) as error:
        return _end(_mistake(error, words), 2)
    except (Cancelled, KeyboardInterrupt):
        return _end("Stopped.", INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away (``| head``): not worth a word, and
        # Python must not try to flush into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _end(_failure(error), 1)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _end(text: str, code: int) -> int:
    say(text)
    return code


def _failure(error: Exception) -> str:
    """Return what to say of an end that is not the user's mistake."""
    if isinstance(error, MemoryError):
        return "The machine ran out of memory; close other programs and try again."
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
    if not text:  # no command at all: the help has been printed
        return "Name a command, for example: nerveseg scan DATA."
    command = words[0] if words and not words[0].startswith("-") else ""
    known = {
        entry.callback.__name__ for entry in app.registered_commands if entry.callback
    }
    where = f"nerveseg {command} --help" if command in known else "nerveseg --help"
    return f"{' '.join(text.split()).rstrip('.')}; see '{where}'."
