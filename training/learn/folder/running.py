"""Whether somebody trains in a run folder, and how to ask them to stop or to wait."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError
from ...guarded import read_bytes

#: Bytes of a file that holds the number of a process.
_MOST_DIGITS = 32

#: Seconds that clocks of processes and files may differ.
SLACK = 2.0


def request_stop(run: Path) -> None:
    """Ask the training in a run folder to stop; it notices within a step.

    Parameters
    ----------
    run
        The run folder.

    Raises
    ------
    InputError
        If it is no run folder, or nobody trains in it.
    """
    _check_running(run, "stop")
    (run / "stop").touch()


def request_pause(run: Path) -> None:
    """Ask the training in a run folder to wait; it keeps its memory meanwhile.

    Raises
    ------
    InputError
        If it is no run folder, or nobody trains in it.
    """
    _check_running(run, "pause")
    (run / "pause").touch()


def request_resume(run: Path) -> None:
    """Let a training that waits go on; nothing happens if it does not wait.

    Raises
    ------
    InputError
        If it is no run folder, or nobody trains in it.
    """
    _check_running(run, "go on with")
    (run / "pause").unlink(missing_ok=True)


def check_run_folder(run: Path) -> None:
    """Raise `InputError` if a folder does not hold a training."""
    if not (run / "config.json").is_file():
        raise InputError(
            f"{run} is no run folder: it holds no config.json; name the folder that"
            " 'nerveseg train' printed."
        )


def _check_running(run: Path, what: str) -> None:
    check_run_folder(run)
    if not is_running(run):
        raise InputError(
            f"{run} is not running: its training has ended, and there is nothing to"
            f" {what}."
        )


def is_running(run: Path) -> bool:
    """Say whether the process that a run folder names is there."""
    pid, since = process_of(run)
    return pid is not None and is_alive(pid, since)


def process_of(run: Path) -> tuple[int | None, float | None]:
    """Return the process that a run folder names, and when it did; None if none."""
    try:
        file = run / "pid"
        return int(read_bytes(file, _MOST_DIGITS)), file.stat().st_mtime
    except (OSError, ValueError):
        return None, None


def is_alive(pid: int, started_before: float | None = None) -> bool:
    """Say whether a process still runs.

    Parameters
    ----------
    pid
        Its id.
    started_before
        A time (seconds since 1970) at which it ran already: one that was started
        later is another that got the same id.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        since = process.create_time()
        return started_before is None or bool(since <= started_before + SLACK)
    except (OSError, ValueError, OverflowError, psutil.Error):
        return False
