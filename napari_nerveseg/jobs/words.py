"""The one place where what happened to a process becomes a sentence for a person."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

_START_AGAIN = "start it again, and report it with the log if it happens again"

_MEMORY = "close other programs, or choose a smaller batch or frame size, and try again"

_RESUME = "Resume on the page Runs goes on with it."

#: Last words of a process that mean that memory ran out.
_MEMORY_SIGNS = ("MemoryError", "OutOfMemoryError", "std::bad_alloc", "out of memory")


def of_error(event: dict[str, Any]) -> str:
    """Return the sentence that a worker's ``error`` event carries."""
    text = str(event.get("text") or "").strip()
    return text or f"The worker failed without saying why; {_START_AGAIN}."


def of_death(status: int, signalled: bool, log: str = "") -> str:
    """Say how a process ended that should have said something first.

    Parameters
    ----------
    status
        Its exit status, or the number of the signal that ended it.
    signalled
        Whether a signal did.
    log
        The end of its standard error.
    """
    if signalled:
        return _of_signal(status, log)
    if any(sign in log for sign in _MEMORY_SIGNS):
        return f"The worker ran out of memory; {_MEMORY}."
    last = _last_line(log)
    said = f", saying: {last}" if last else ""
    return (
        f"The worker ended without an answer (exit status {status}){said};"
        f" {_START_AGAIN}."
    )


def of_vanished(folder: Path) -> str:
    """Say that a run outlived its window and then ended without a word."""
    return (
        f"The training in {folder} has ended without saying why: it was killed, ran"
        " out of memory, or the machine was restarted; what it had saved is in that"
        " folder."
    )


def of_refused_start(program: str, reason: str) -> str:
    """Say that a process could not be started at all."""
    return (
        f"The worker could not be started ({reason}); see that {program} is there and"
        " may be run."
    )


def of_unusable_folder(folder: Path, error: OSError) -> str:
    """Say that a run folder cannot be made."""
    return (
        f"The run folder {folder} cannot be made ({error.strerror}); make its project"
        " folder writable, or open the data with another one."
    )


def of_cancelled_training(epochs: int, folds: int = 0, *, resumable: bool) -> str:
    """Say what a cancelled training leaves, and what can be done with it.

    Parameters
    ----------
    epochs
        How many were finished, in all folds.
    folds
        How many folds, of a cross-validation; 0 for a training.
    resumable
        Whether there is a run to go on with.
    """
    if epochs and folds:
        kept = "the folds' best checkpoints so far are kept"
    elif epochs:
        kept = "the best checkpoint so far is kept"
    else:
        kept = "no epoch was finished, so there is no checkpoint yet"
    what = "Cross-validation" if folds else "Training"
    return f"{what} cancelled; {kept}.{f' {_RESUME}' if resumable else ''}"


def of_stale_answer(frame: str) -> str:
    """Say that an answer came too late."""
    return (
        f"The prediction of {frame} was dropped: the picture has changed or gone"
        " since it was asked for."
    )


def _of_signal(number: int, log: str) -> str:
    name = _signal_name(number)
    if any(sign in log for sign in _MEMORY_SIGNS):
        return f"The worker ran out of memory ({name}); {_MEMORY}."
    if name == "SIGKILL":
        return (
            "The worker was killed (SIGKILL); if nobody did so, the machine ran out of"
            f" memory: {_MEMORY}."
        )
    return f"The worker crashed ({name}); {_START_AGAIN}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_line(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else ""
