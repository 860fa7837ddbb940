"""How a user named the data, so that a run can open them again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...data.reading import CHOICES, Reading
from ...errors import InputError
from ...files import real_path
from ...guarded import damaged, stored_json
from .shapes import SOURCE

_REMEDY = "put it back as it was, or start another run"


def naming(
    data: str | Path | None = None,
    project: str | Path | None = None,
    reading: Reading | Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what was named and nothing else, as `open_data` and JSON take it."""
    paths = {"data": data, "project": project}
    how = Reading.of(reading).to_command()
    return {
        **{
            name: str(real_path(path))
            for name, path in paths.items()
            if path is not None
        },
        **({"reading": how} if how else {}),
    }


def named_over(given: Mapping[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored naming with a given one over it, choice by choice."""
    reading = Reading.of(given.get("reading")).over(Reading.of(stored.get("reading")))
    return {**stored, **given, "reading": reading.to_command()}


def source_of(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return a naming as ``source.json`` has it, which is flat."""
    rest = {name: value for name, value in named.items() if name != "reading"}
    chosen = Reading.of(named.get("reading")).to_json()
    return {"luminance": False, **rest, **chosen}


def naming_in(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the naming in a ``source.json``; empty if it has none.

    It says all on how the data are read: what the project keeps does not count.
    """
    places = {name: source[name] for name in ("data", "project") if name in source}
    chosen = {name: source[name] for name in CHOICES if name in source}
    if not places and not chosen:
        return {}
    return {**places, "reading": {**chosen, "exact": True}}


def stored_naming(run: Path) -> dict[str, Any]:
    """Return how the data of a run were named; empty if it does not say.

    Raises
    ------
    InputError
        If the file that says it is damaged.
    """
    found = naming_in(stored(run, "source.json", SOURCE))
    try:
        Reading.of(found.get("reading"))
    except InputError as error:
        raise damaged(run / "source.json", error, _REMEDY) from error
    return found


def trained_greys(network: Path) -> str | None:
    """Return how the run of a checkpoint read frames that are not of 8 bits, if so.

    Parameters
    ----------
    network
        A checkpoint, or the run folder that it lies in.

    Returns
    -------
    str or None
        As `GreyRanges.parse` reads it.
    """
    run = network if network.is_dir() else network.parent
    return Reading.of(stored_naming(run).get("reading")).grey_range


def stored(folder: Path, name: str, shape: Any = dict) -> dict[str, Any]:
    """Return a JSON object of a run folder; see `stored_json`."""
    return stored_json(folder / name, _REMEDY, shape)
