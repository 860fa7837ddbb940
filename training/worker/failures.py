"""What a worker says when its work ends early."""

from __future__ import annotations

import errno
import traceback

from ..errors import Cancelled, InputError
from ..events import Event

#: Exit codes by the kind of error.
EXIT = {"input": 2, "memory": 1, "failure": 1, "cancelled": 130}

#: What torch's errors say when memory runs out; most of them are plain RuntimeErrors.
_OUT_OF_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
)


def error_event(error: BaseException) -> Event:
    """Turn an exception into the event that ends a worker's work."""
    kind = _kind(error)
    detail = None
    if kind in ("memory", "failure"):
        detail = "".join(traceback.format_exception(error))
    return {
        "event": "error",
        "kind": kind,
        "text": _text(kind, error),
        "detail": detail,
    }


def _kind(error: BaseException) -> str:
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


def _text(kind: str, error: BaseException) -> str:
    if kind == "input":
        return str(error)
    if kind == "cancelled":
        return "The work was stopped as asked."
    if kind == "memory":
        return (
            "There was not enough memory: close other programs, or choose a smaller "
            "batch or frame size."
        )
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        where = f" ({error.filename})" if error.filename else ""
        return f"The disk is full{where}: free some space and start again."
    words = " ".join(str(error).split())
    return f"The work failed: {type(error).__name__}" + (f": {words}" if words else "")
