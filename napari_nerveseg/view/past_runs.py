"""What earlier trainings left in the project folder: the newest run and its history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..jobs.lines import FileTail

BEST, EVENTS = "best.safetensors", "events.jsonl"


def newest_checkpoint(runs: Path) -> Path | None:
    """Return the best checkpoint of the newest run that has one."""
    return _newest(runs, BEST)


def newest_history(runs: Path) -> list[dict[str, Any]]:
    """Return the epoch events of the newest run that has any; else nothing."""
    path = _newest(runs, EVENTS, lambda file: bool(epochs_of(file)))
    return epochs_of(path) if path is not None else []


def epochs_of(events: Path) -> list[dict[str, Any]]:
    """Return the epoch events of one history."""
    return [event for event in FileTail(events).read() if event["event"] == "epoch"]


def _newest(
    runs: Path, name: str, holds: Callable[[Path], bool] = lambda _file: True
) -> Path | None:
    found = sorted(runs.glob(f"*/{name}"), key=lambda file: file.stat().st_mtime)
    return next((file for file in reversed(found) if holds(file)), None)
