"""The ways in which work ends early, and the words for each.

Whatever ends a command, a worker or a training is of one of four kinds, and is said
in the same sentence by the command line, in ``events.jsonl`` and in the window.
"""

from __future__ import annotations

import errno
import re
from typing import Literal

#: ``input``: the user's mistake. ``memory``: there was too little of it.
#: ``cancelled``: as asked. ``failure``: everything else.
Kind = Literal["input", "memory", "failure", "cancelled"]

#: What the system says of a full disk, and of a user's full share of one.
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}

#: What torch's errors say when memory runs out; most of them are plain RuntimeErrors.
_OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
)


#: A name that no file can have: damage, which would bury the sentence it is in.
_ENDLESS = re.compile(r"[^\s/\\]{256,}")


class InputError(ValueError):
    """A user's mistake, or a file that is not what it should be.

    The message is one sentence that names the file or setting and the remedy.
    The command line prints it and exits with 2; the window shows it once. It
    is one line, and words longer than a file's name can be are cut.

    Parameters
    ----------
    text
        The message.
    fields
        The settings or options that it is about, by name, the one to mend first.
    """

    def __init__(self, text: str = "", *fields: str) -> None:
        line = " ".join(text.splitlines())
        super().__init__(_ENDLESS.sub(lambda word: f"{word[0][:100]}…", line))
        self.fields = fields


class Cancelled(Exception):
    """The work was asked to stop, and did."""


class Failure(RuntimeError):
    """The work cannot go on, though neither the input nor the program is wrong.

    The message is one sentence for the user; no traceback is worth showing.

    Attributes
    ----------
    fields
        The settings that it names.
    """

    fields: tuple[str, ...] = ()


def kind_of(error: BaseException) -> Kind:
    """Return what kind of end an exception is."""
    if isinstance(error, InputError):
        return "input"
    if isinstance(error, Cancelled | KeyboardInterrupt):
        return "cancelled"
    return "memory" if is_memory(error) else "failure"


def is_memory(error: BaseException) -> bool:
    """Say whether an exception means that memory ran out, of any device."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and any(
        sign in text for sign in _OUT_OF_MEMORY
    )


def is_full_disk(error: BaseException) -> bool:
    """Say whether an exception means that there was no room left to write."""
    return isinstance(error, OSError) and error.errno in _FULL


def sentence_of(error: BaseException) -> str:
    """Return an early end in one sentence, as the user reads it."""
    kind = kind_of(error)
    if kind == "input" or isinstance(error, Failure):
        return str(error)
    if kind == "cancelled":
        return "The work was stopped as asked."
    if kind == "memory":
        return (
            "There was not enough memory: close other programs, or choose a smaller "
            "batch or frame size."
        )
    if is_full_disk(error):
        name = getattr(error, "filename", None)
        where = f" ({name})" if name else ""
        return f"The disk is full{where}: free some space and start again."
    words = " ".join(str(error).split())
    return f"The work failed: {type(error).__name__}" + (f": {words}" if words else "")
