"""Tells frames that `phantom` made from frames of people, without loading it."""

from __future__ import annotations

from pathlib import Path

#: The file beside synthetic frames that lists what was planted.
TRUTH = "truth.json"


def is_phantom(folder: Path) -> bool:
    """Tell whether a folder of frames is a part of what `make_phantom` wrote."""
    return (folder.resolve().parent / TRUTH).is_file()
