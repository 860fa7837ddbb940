"""Reads a run folder as it is: whole, stopped, killed, or still at work."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..data.csv_table import read_table
from ..errors import InputError
from ..guarded import damaged, fits, last_lines, load_json, parse_json, stored_json
from ..learn.folder.running import check_run_folder, is_running
from ..learn.folder.shapes import (
    CONFIG,
    CROSSVAL_RESULT,
    ENVIRONMENT,
    EXCLUDED,
    FINGERPRINT,
    FOLDS,
    RESULT,
    SOURCE,
    SPLIT,
)

Json = Mapping[str, Any]
Row = Mapping[str, float | None]

#: Beyond it, no figure of a training can be drawn.
_LARGEST = 1e30

_REMEDY = "what it said is left out here; put it back as it was"

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
    damaged
        For each file that is damaged, a sentence that names it.
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
    damaged: tuple[str, ...] = ()

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
    try:
        config = load_json(path / "config.json", CONFIG)
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} is no run folder: its config.json is not one of nerveseg "
            f"({error}); name the folder that 'nerveseg train' or 'nerveseg crossval' "
            "printed."
        ) from error
    reader = _RunReader(path)
    splits = reader.splits()
    folds = tuple(reader.folds(len(splits.get("folds", ()))))
    result, end = reader.end(CROSSVAL_RESULT if "folds" in splits else RESULT)
    # A fold was opened as the whole was.
    source = reader if (path / "source.json").exists() else _RunReader(path.parent)
    return RunFiles(
        path=path,
        config=config,
        environment=reader.json("environment.json", ENVIRONMENT),
        source=source.json("source.json", SOURCE),
        splits=splits,
        fingerprint=reader.json("fingerprint.json", FINGERPRINT),
        excluded=reader.json("excluded.json", EXCLUDED),
        result=result,
        end=end,
        epochs=reader.epochs(),
        folds=folds,
        running=is_running(path),
        damaged=(*reader.damaged, *(one for fold in folds for one in fold.damaged)),
    )


class _RunReader:
    """Reads the files of a folder, and notes which are damaged."""

    def __init__(self, path: Path) -> None:
        self.path, self.damaged = path, list[str]()

    def json(self, name: str, shape: Any) -> dict[str, Any]:
        """Return what a file says; nothing if it is not there or damaged."""
        try:
            return stored_json(self.path / name, _REMEDY, shape)
        except InputError as error:
            self.damaged.append(str(error))
            return {}

    def splits(self) -> dict[str, Any]:
        found = self.json("splits.json", dict)
        if found and not fits(found, FOLDS if "folds" in found else SPLIT):
            self._note("splits.json", ValueError("it lists no frames"))
            return {}
        return found

    def folds(self, n: int) -> Iterator[RunFiles]:
        for place in (self.path / f"fold-{number}" for number in range(1, n + 1)):
            try:
                if (place / "config.json").is_file():
                    yield read_run(place)
            except InputError as error:
                self.damaged.append(str(error))

    def end(self, shape: Any) -> tuple[dict[str, Any], str]:
        """Return the result, and the sentence of an end that has none."""
        result = self.json("result.json", shape)
        if result:
            return result, ""
        last = self._last_turn()
        if last.get("event") == "result":
            value = last.get("value")
            return (dict(value), "") if value and fits(value, shape) else ({}, "")
        return {}, str(last.get("text", ""))

    def _last_turn(self) -> dict[str, Any]:
        try:
            for line in last_lines(self.path / "events.jsonl"):
                if any(b'"%s"' % turn.encode() in line for turn in _TURNS):
                    with contextlib.suppress(ValueError):  # a kill cut it short
                        event = parse_json(line)
                        if fits(event, {"event": _TURNS}):
                            return dict(event)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            self._note("events.jsonl", error)
        return {}

    def epochs(self) -> tuple[Row, ...]:
        try:
            rows = read_table(self.path / "metrics.csv")
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, csv.Error) as error:
            self._note("metrics.csv", error)
            return ()
        for row in rows:
            if "epoch" not in row or None in row or None in row.values():
                self._note("metrics.csv", ValueError("a line has other columns"))
                return ()
        return tuple({key: _number(text) for key, text in row.items()} for row in rows)

    def _note(self, name: str, error: Exception) -> None:
        self.damaged.append(str(damaged(self.path / name, error, _REMEDY)))


def _number(text: str | None) -> float | None:
    """Return what a cell holds; None if it is empty, or no number."""
    switches = {"True": 1.0, "False": 0.0}
    if text in switches:
        return switches[text]
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < _LARGEST else None
