"""How a user named the data, so that a run can open them again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .opening import Where, real

#: What names data, as `open_data` takes it and ``source.json`` has it.
NAMES = ("data", "project", "nerve_label", "masks_csv", "luminance")


def naming(
    data: Where | None = None,
    project: Where | None = None,
    nerve_label: int | None = None,
    masks_csv: Where | None = None,
    luminance: bool = False,
) -> dict[str, Any]:
    """Return what was named and nothing else, paths absolute and as text."""
    paths = {"data": data, "project": project, "masks_csv": masks_csv}
    rest = {"nerve_label": nerve_label, "luminance": luminance or None}
    return {
        **{name: str(real(path)) for name, path in paths.items() if path is not None},
        **{name: value for name, value in rest.items() if value is not None},
    }


def source_of(named: Mapping[str, Any]) -> dict[str, Any]:
    """Return a naming as ``source.json`` has it."""
    return {"luminance": False, **named}


def stored_naming(run: Path) -> dict[str, Any]:
    """Return how the data of a run were named; empty if it does not say."""
    found = stored(run, "source.json")
    return {name: found[name] for name in NAMES if name in found}


def stored(folder: Path, name: str) -> dict[str, Any]:
    """Return a JSON object of a run folder; empty if it is not there."""
    try:
        found = json.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
