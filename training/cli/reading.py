"""What a parameter of a command is to files that are only read."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any


class Read(Enum):
    """Something that is read.

    A file (or the program's own folder) alone, a data set, a run and so its data, or a
    project folder.
    """

    FILE, DATA, RUN, PROJECT = "file", "data", "run", "project"


def naming_of(run: Path) -> tuple[Path, dict[str, Any]]:
    """Return how a run's data were named, and by which folder: a fold's is above it."""
    from ..worker.naming import stored_naming

    own = stored_naming(run)
    above = {} if own else stored_naming(run.parent)
    return (run.parent, above) if above else (run, own)
