"""Whether a study's SQLite file is one, before Optuna believes what it says."""

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import Cancelled, Failure, InputError
from ...guarded import damaged, open_regular
from .search_space import Space

#: Bytes of a file and of a cell in it: a trial of ours takes 2 kB.
_MOST, _MOST_CELL = 256 << 20, 1 << 20

#: What Optuna keeps in a file.
_TABLES = frozenset(
    {
        "alembic_version",
        "studies",
        "study_directions",
        "study_system_attributes",
        "study_user_attributes",
        "trial_heartbeats",
        "trial_intermediate_values",
        "trial_params",
        "trial_system_attributes",
        "trial_user_attributes",
        "trial_values",
        "trials",
        "version_info",
    }
)

_REMEDY = "put it back as it was, or begin another study with --study or --out"


def check_file(path: Path) -> None:
    """Refuse a file that is not there as one of a single, sound study.

    Raises
    ------
    InputError
        If it is damaged, or holds anything but what Optuna writes.
    """
    if not path.exists():
        return
    with understood(path):
        with open_regular(path, _MOST):
            pass
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_CELL)
            _check(connection)


def _check(connection: sqlite3.Connection) -> None:
    def ask(query: str) -> list[tuple[Any, ...]]:
        return connection.execute(query).fetchall()

    if ask("PRAGMA integrity_check(1)") != [("ok",)] or ask("PRAGMA foreign_key_check"):
        raise ValueError("it is damaged")
    kinds = {
        (kind, table) for kind, table in ask("SELECT type, tbl_name FROM sqlite_master")
    }
    if not kinds:
        return  # killed before anything was written
    if any(
        kind not in ("table", "index") or name not in _TABLES for kind, name in kinds
    ):
        raise ValueError("it holds more than a study")
    studies = [name for (name,) in ask("SELECT study_name FROM studies")]
    ways = ask("SELECT direction, objective FROM study_directions")
    if (studies, ways) not in (([], []), (["nerveseg"], [("MAXIMIZE", 0)])):
        raise ValueError("it is another study")
    numbers = [n for (n,) in ask("SELECT number FROM trials ORDER BY trial_id")]
    if any(type(n) is not int for n in numbers) or numbers != [*range(len(numbers))]:
        raise ValueError("its trials are not numbered")


def check_trials(path: Path, trials: list[Any], space: Space) -> None:
    """Refuse trials of other settings, or with scores that are none.

    Parameters
    ----------
    path
        The file.
    trials
        Optuna's frozen trials.
    space
        What the study tunes.

    Raises
    ------
    InputError
        If a trial is not of this space.
    """
    with understood(path):
        for one in trials:
            _check_trial(one, space)


def _check_trial(one: Any, space: Space) -> None:
    given = one.system_attrs.get("fixed_params", {})
    values = [*one.params.items(), *given.items()]
    whole = one.state.name not in ("COMPLETE", "PRUNED") or set(one.params) == {*space}
    if not whole or not all(_is_value(space, *item) for item in values):
        raise ValueError(f"trial {one.number} has other settings")
    scores = [*(one.values or ()), *one.intermediate_values.values()]
    n_scores = 1 if one.state.name == "COMPLETE" else len(one.values or ())
    if len(one.values or ()) != n_scores or not all(map(math.isfinite, scores)):
        raise ValueError(f"the score of trial {one.number} is none")


def _is_value(space: Space, name: str, value: Any) -> bool:
    if name not in space:
        return False
    if space[name].choices:
        return isinstance(value, str) and space[name].has(json.loads(value))
    return type(value) in (int, float) and space[name].has(value)


@contextlib.contextmanager
def understood(path: Path) -> Iterator[None]:
    """Say in one sentence, without SQL, what a study's file makes a library raise.

    Raises
    ------
    InputError
        For whatever leaves the block, if it has no sentence of its own.
    """
    try:
        yield
    except (InputError, Failure, Cancelled):
        raise
    except Exception as error:  # two libraries, and a file that may hold anything
        raise damaged(path, ValueError(_why(error)), _REMEDY) from error


@contextlib.contextmanager
def stored(path: Path) -> Iterator[None]:
    """Say so if a sound study cannot be written or read any more.

    Raises
    ------
    Failure
        For what the file's libraries raise.
    """
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (SQLAlchemyError, StorageInternalError, sqlite3.Error) as error:
        raise Failure(
            f"{path} cannot be written ({_why(error)}): free some space or see to the "
            "disk, and give the same command again to go on."
        ) from error


def _why(error: BaseException) -> str:
    """Return what SQLite said, which its users wrap into words of their own."""
    inner: BaseException | None = error
    while inner is not None and not isinstance(inner, sqlite3.Error):
        inner = getattr(inner, "orig", None) or inner.__cause__
    text = str(inner or error).strip().partition("\n")[0].rstrip(".")
    return text or type(error).__name__
