"""Reads a run folder as it is: whole, stopped, killed, or still at work."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..learn.running import check_run_folder, is_running

Json = Mapping[str, Any]
Row = Mapping[str, float | None]

#: What every configuration of ours has.
_OURS = {"recipe", "network", "size", "epochs"}

#: Events that end a run or begin it anew.
_TURNS = ("result", "error", "continued")


@dataclass(frozen=True)
class RunFiles:
    """What lies in the folder of a training or of a cross-validation.

    What is not there, or is damaged, is an empty mapping.

    Attributes
    ----------
    path
        The folder.
    config, environment, source, splits, fingerprint, excluded
        The JSON files of these names.
    result
        What the run returned; empty if it has not ended by itself.
    end
        In one sentence why it ended otherwise; empty if it did not.
    epochs
        The rows of ``metrics.csv``, by column; None is undefined.
    folds
        Of a cross-validation, those that were begun.
    running
        Whether a process is at it.
    """

    path: Path
    config: Json
    environment: Json
    source: Json
    splits: Json
    fingerprint: Json
    excluded: Json
    result: Json
    end: str
    epochs: tuple[Row, ...]
    folds: tuple[RunFiles, ...]
    running: bool

    @property
    def is_crossval(self) -> bool:
        """Whether its parts are trainings."""
        return "folds" in self.splits

    @property
    def held_out(self) -> tuple[str, ...]:
        """The frames that it was not to learn from: to validate, or of all folds."""
        if self.is_crossval:
            return tuple(name for fold in self.splits["folds"] for name in fold["val"])
        return tuple(self.splits.get("validation", ()))

    @cached_property
    def sha256(self) -> Mapping[str, Mapping[str, str]]:
        """By frame, the hashes of ``frame`` and ``mask`` that the run saw."""
        found: dict[str, Mapping[str, str]] = {}
        for part in (*self.folds, self):
            found |= part.fingerprint.get("frames", {})
        return found


def read_run(path: Path) -> RunFiles:
    """Read a run folder.

    Parameters
    ----------
    path
        Of ``train``, ``crossval``, or one fold.

    Raises
    ------
    InputError
        If it is none.
    """
    check_run_folder(path)
    config = _json(path / "config.json")
    if not _is_ours(config):
        raise InputError(
            f"{path} is no run folder: its config.json is not one of nerveseg; name "
            "the folder that 'nerveseg train' or 'nerveseg crossval' printed."
        )
    splits = _json(path / "splits.json")
    result, end = _end(path)
    return RunFiles(
        path=path,
        config=config,
        environment=_json(path / "environment.json"),
        # A fold was opened as the whole was.
        source=_json(path / "source.json") or _json(path.parent / "source.json"),
        splits=splits,
        fingerprint=_json(path / "fingerprint.json"),
        excluded=_json(path / "excluded.json"),
        result=result,
        end=end,
        epochs=_epochs(path / "metrics.csv"),
        folds=tuple(_folds(path, len(splits.get("folds", ())))),
        running=is_running(path),
    )


def _is_ours(config: Json) -> bool:
    size = config.get("size")
    return (
        _OURS.issubset(config)
        and isinstance(size, list)
        and [type(side) for side in size] == [int, int]
    )


def _folds(path: Path, n: int) -> Sequence[RunFiles]:
    places = (path / f"fold-{number}" for number in range(1, n + 1))
    return [read_run(place) for place in places if (place / "config.json").is_file()]


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _end(path: Path) -> tuple[dict[str, Any], str]:
    """Return the result, and the sentence of an end that has none."""
    result = _json(path / "result.json")
    if result:
        return result, ""
    last = _last_turn(path / "events.jsonl")
    if last.get("event") == "result" and isinstance(last["value"], dict):
        return last["value"], ""
    return {}, str(last.get("text", ""))


def _last_turn(path: Path) -> dict[str, Any]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    for line in reversed(lines):
        if any(f'"{turn}"' in line for turn in _TURNS):
            try:
                event = json.loads(line)
            except ValueError:  # a killed process cut it short
                continue
            if isinstance(event, dict) and event.get("event") in _TURNS:
                return event
    return {}


def _epochs(path: Path) -> tuple[Row, ...]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error):
        return ()
    return tuple({key: _number(text) for key, text in row.items()} for row in rows)


def _number(text: str | None) -> float | None:
    """Return what a cell holds; None if it is empty, or no number."""
    switches = {"True": 1.0, "False": 0.0}
    if text in switches:
        return switches[text]
    try:
        return float(text or "")
    except ValueError:
        return None
