"""The runs of a project, as their folders tell of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from .. import _engine
from ..jobs.lines import EventLines
from ..jobs.training_job import is_running

NOTES, TRASH = "notes.txt", "trash"
_EVENTS, _RESULT = "events.jsonl", "result.json"

#: A run's state in words.
STATES = {
    "running": "running",
    "paused": "paused",
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
    "unfinished": "broken off",
}

#: States from which one can go on.
RESUMABLE = ("stopped", "failed", "unfinished")


@dataclass(frozen=True)
class Run:
    """One training or cross-validation.

    Attributes
    ----------
    folder
        Where it lies.
    folds
        How many, of a cross-validation; 0 for a training.
    state
        One of `STATES`.
    config, result
        Its settings, and what it returned (nothing if it has not).
    epochs
        Its epoch events, in order.
    labels
        The label snapshot that it learned from, or the empty text.
    notes
        What people wrote about it.
    error
        Why it failed, in one sentence, or the empty text.
    began
        When its settings were written.
    """

    folder: Path
    folds: int = 0
    state: str = "unfinished"
    config: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    epochs: tuple[Mapping[str, Any], ...] = ()
    labels: str = ""
    notes: str = ""
    error: str = ""
    began: datetime = datetime.min

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def validation(self) -> float | None:
        """Its validation Dice: the result's, or the best of the epochs so far."""
        scores = self.result.get("nested") or self.result.get("validation")
        if scores:
            return _number(scores.get("competition_dice"))
        dices = [e["val_dice"] for e in self.epochs if e.get("val_dice") is not None]
        return max(dices, default=None)

    @property
    def test(self) -> float | None:
        """Its Dice on the test subjects, if there were any."""
        scores = self.result.get("test") or {}
        return _number(scores.get("competition_dice"))

    @property
    def is_over(self) -> bool:
        """Whether no process works on it."""
        return self.state not in ("running", "paused")


def read_runs(runs: Path) -> list[Run]:
    """Return the runs below a folder, the newest first."""
    found = [read_run(one.parent) for one in runs.glob("*/config.json")]
    return sorted(found, key=lambda run: run.began, reverse=True)


def read_run(folder: Path) -> Run:
    """Return what a run folder tells; what is missing or damaged in it is empty."""
    events = _events(folder / _EVENTS)
    result = _json(folder / _RESULT)
    state, error = _state(folder, events, result)
    config = folder / "config.json"
    return Run(
        folder=folder,
        folds=len(_json(folder / "splits.json").get("folds", ())),
        state=state,
        config=_json(config),
        result=result,
        epochs=tuple(epochs_of(events)),
        labels=str(_json(folder / "fingerprint.json").get("labels") or ""),
        notes=_text(folder / NOTES),
        error=error,
        began=_time_of(config),
    )


def epochs_of(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the epoch events, each epoch as it was told last."""
    told = {
        (event.get("fold", 0), event["epoch"]): event
        for event in events
        if event["event"] == "epoch"
    }
    return [told[key] for key in sorted(told)]


def write_notes(run: Run, text: str) -> None:
    """Keep what people write about a run, in its folder, whole.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    _engine.write_whole(run.folder / NOTES, text)


def throw_away(run: Run, project: Path) -> Path:
    """Move a run to the project's trash, and return where it lies there.

    Raises
    ------
    InputError
        If it is running.
    OSError
        If it cannot be moved.
    """
    if is_running(run.folder):
        raise _engine.InputError(
            f"{run.name} is running: stop it first, then throw it away."
        )
    target, n = project / TRASH / run.name, 1
    while target.exists():
        n += 1
        target = target.with_name(f"{run.name}-{n}")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(run.folder, target)
    return target


def differences(a: Run, b: Run) -> list[tuple[str, Any, Any]]:
    """Return the settings in which two runs differ: name, A's value, B's."""
    one, other = _flat(a.config), _flat(b.config)
    return [
        (name, one.get(name), other.get(name))
        for name in sorted({*one, *other})
        if one.get(name) != other.get(name)
    ]


def _events(path: Path) -> list[dict[str, Any]]:
    """Return what a run told, but for the progress, which is nearly all of it."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError:
        return []
    told = b"".join(line for line in lines if b'"progress"' not in line)
    return list(EventLines().feed(told))


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    flat = dict(config)
    strengths = flat.pop("augmentation", None) or {}
    return {**flat, **{f"augmentation: {name}": v for name, v in strengths.items()}}


def _state(
    folder: Path, events: list[dict[str, Any]], result: Mapping[str, Any]
) -> tuple[str, str]:
    """Return how a run stands, and why it failed."""
    if is_running(folder):
        return ("paused" if (folder / "pause").exists() else "running"), ""
    if result:
        return ("stopped" if result.get("stopped") == "asked" else "finished"), ""
    # A fold's mishap is not the end of all; the whole's carries no fold.
    ends = [e for e in events if e["event"] in ("error", "continued", "epoch")]
    last = ends[-1] if ends else {}
    if last.get("event") != "error" or "fold" in last:
        return "unfinished", ""
    if last.get("kind") == "cancelled":
        return "stopped", ""
    return "failed", str(last.get("text") or "")


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = _engine.load_json(path, dict)
    except (OSError, ValueError):
        return {}
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _time_of(path: Path) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime)
    except OSError:
        return datetime.min


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
