"""Going on with a training: what may change, and what must not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...data import DataSet
from ...errors import InputError
from ...files import digest_json
from ...guarded import damaged, load_json, stored_json
from ...metrics.scores import warnings_from_json
from ..folder.running import check_run_folder
from ..folder.shapes import ENDED, SPLIT
from ..settings.config import TrainConfig
from ..splits.searched import DuplicateSearch
from ..splits.split import Split
from ..text import command_line, counted

#: Settings that say how long and by what means, not what is learned.
_FREE = frozenset(
    {
        "accumulate",
        "compile",
        "deterministic",
        "device",
        "epochs",
        "max_minutes",
        "patience",
        "tensorboard",
        "threads",
    }
)

_REMEDY = "put it back, or start another training"

#: How many frames a refusal names.
_NAMED = 3


def resumed_config(run: Path, changes: Mapping[str, Any]) -> TrainConfig:
    """Return a run's settings with those that are given anew.

    Parameters
    ----------
    run
        The run folder.
    changes
        Settings as JSON carries them.

    Raises
    ------
    InputError
        If it is no run folder, its ``config.json`` is damaged, or a setting is wrong.
    """
    return TrainConfig.from_json({**_stored(run), **changes})


def _stored(run: Path) -> dict[str, Any]:
    check_run_folder(run)
    file = run / "config.json"
    try:
        found: dict[str, Any] = load_json(file, dict)
        TrainConfig.from_json(found)
    except (OSError, ValueError) as error:  # of which an `InputError` is one
        raise damaged(file, error, _REMEDY) from error
    return found


def check_resumable(run: Path, config: TrainConfig) -> str | None:
    """See that a run is not finished, and is asked for nothing that it cannot change.

    Returns
    -------
    str or None
        What another length means for the learning rate, if it means something.

    Raises
    ------
    InputError
        If it is a cross-validation, if it is finished, or if a setting that decides
        what is learned was changed.
    """
    before = resumed_config(run, {})
    _check_single(run)
    old, new = before.to_json(), config.to_json()
    changed = [name for name in old if old[name] != new[name] and name not in _FREE]
    if changed:
        name = changed[0]
        raise InputError(
            f"{run} was trained with {name} {old[name]!r}, not {new[name]!r}: leave "
            f"{name} as it was, or start another training, with --init-from {run} to "
            "begin with its weights.",
            name,
        )
    remedy = "delete it, and what the run has kept is scored again"
    result = stored_json(run / "result.json", remedy, ENDED)
    problem = _finished(result, before, config) if result else None
    if problem:  # else it was killed, or failed
        raise InputError(f"{run} is finished: {problem}.")
    return _stretched(before, config)


def _check_single(run: Path) -> None:
    """Refuse the folder of a cross-validation, whose folds a training would spoil."""
    if "folds" in stored_json(run / "splits.json", _REMEDY):
        command = command_line("crossval", "DATA", "--resume", run)
        raise InputError(f"{run} is a cross-validation: go on with '{command}'.")


def _finished(
    result: Mapping[str, Any], before: TrainConfig, config: TrainConfig
) -> str | None:
    """Say why nothing is left to do, and what would give it more to do."""
    stopped, epochs = result.get("stopped"), result.get("epochs")
    minutes, limit = before.max_minutes, config.max_minutes
    if stopped == "early" and 0 < config.patience <= before.patience:
        return (
            f"it ended after {counted(epochs or 0, 'epoch')}, as the score no longer "
            f"rose; to go on, give --patience above {before.patience}, or 0"
        )
    if stopped == "minutes" and limit is not None and limit <= (minutes or 0):
        return (
            f"it has used up its {counted(minutes or 0, 'minute')}; to go on, give "
            f"--max-minutes above {minutes:g}"
        )
    if stopped is None and config.epochs <= before.epochs:
        return (
            f"it has done its {counted(before.epochs, 'epoch')}; to go on, give "
            f"--epochs above {before.epochs}"
        )
    return None


def _stretched(before: TrainConfig, config: TrainConfig) -> str | None:
    same = (before.epochs, before.max_minutes) == (config.epochs, config.max_minutes)
    if same or config.schedule == "constant":
        return None
    return (
        "The learning rate follows the new length from here on, and rises to where it "
        "would be there: the result is not that of a training of this length from the "
        "start."
    )


def stored_split(run: Path, dataset: DataSet) -> Split | None:
    """Return a run's split, without frames that are not there any more.

    Returns
    -------
    Split or None
        None if the run ended before it had one.

    Raises
    ------
    InputError
        If it is damaged, or was changed: another one would mix who learns and who
        validates.
    """
    file = run / "splits.json"
    found = stored_json(file, _REMEDY, SPLIT)
    if not found:
        return None
    try:
        search = DuplicateSearch.from_json(found.get("duplicate_search"))
        _check_unchanged(found)
    except (TypeError, ValueError) as error:
        raise damaged(file, error, _REMEDY) from error
    parts = [found[key] for key in ("train", "validation", "test", "left_out")]
    warnings = warnings_from_json(found)
    known = set(dataset.ids)
    train, val, test, left_out = (
        tuple(name for name in part if name in known) for part in parts
    )
    noted = "duplicate_search" in found
    return Split(train, val, test, left_out, warnings, search, noted)


def _check_unchanged(split: Mapping[str, Any]) -> None:
    """Raise `ValueError` if a split is not that which its hash was taken of."""
    rest = {k: v for k, v in split.items() if k not in ("sha256", "drawn_truths")}
    # Earlier versions did not note the search.
    if "duplicate_search" in rest and split.get("sha256") != digest_json(rest):
        raise ValueError("it was changed")


def difference(
    before: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]
) -> str | None:
    """Say in words how frames and masks differ from those of a fingerprint.

    Parameters
    ----------
    before, now
        By frame id, the sha256 of ``frame`` and ``mask``.

    Returns
    -------
    str or None
        Such as ``the mask of 1_2 has changed, and 3 more``; None if nothing differs.
    """
    found = []
    for name in sorted({*before, *now}):
        if name not in now:
            found.append(f"{name} is gone")
        elif name not in before:
            found.append(f"{name} is new")
        elif before[name]["frame"] != now[name]["frame"]:
            found.append(f"the pixels of {name} have changed")
        elif before[name]["mask"] != now[name]["mask"]:
            found.append(f"the mask of {name} has changed")
    if not found:
        return None
    more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return ", ".join(found[:_NAMED]) + more
