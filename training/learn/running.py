"""Whether somebody trains in a run folder, and how to ask them to stop."""

from __future__ import annotations

from pathlib import Path

from ..errors import InputError

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
    if not (run / "config.json").is_file():
        raise InputError(
            f"{run} is no run folder: it holds no config.json; name the folder that"
            " 'nerveseg train' printed."
        )
    if not is_running(run):
        raise InputError(
            f"{run} is not running: its training has ended, and there is nothing to"
            " stop."
        )
    (run / "stop").touch()


def is_running(run: Path) -> bool:
    """Say whether the process that a run folder names is there."""
    import psutil

    try:
        file = run / "pid"
        pid, since = int(file.read_text(encoding="ascii")), file.stat().st_mtime
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        # One that was started later is another that got the same number.
        return bool(process.create_time() <= since + SLACK)
    except (OSError, ValueError, psutil.Error):
        return False
