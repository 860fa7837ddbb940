"""What the window remembers from one day to the next, in the user's settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from qtpy.QtCore import QSettings

_CHECKPOINT, _REVIEWER = "checkpoint", "reviewer"


def _settings() -> QSettings:
    return QSettings(
        QSettings.Format.IniFormat,
        QSettings.Scope.UserScope,
        "napari-nerveseg",
        "window",
    )


def remember_checkpoint(path: Path) -> None:
    """Keep ``path`` as the checkpoint to predict with."""
    settings = _settings()
    settings.setValue(_CHECKPOINT, str(path))
    settings.sync()


def remembered_checkpoint() -> Path | None:
    """Return the checkpoint that was chosen last, if it is still there."""
    value = _settings().value(_CHECKPOINT)
    path = Path(str(value)) if value else None
    return path if path is not None and path.exists() else None


def remember_reviewer(name: str) -> None:
    """Keep ``name`` as who reviews on this machine."""
    settings = _settings()
    settings.setValue(_REVIEWER, name)
    settings.sync()


def remembered_reviewer() -> str | None:
    """Return who reviews on this machine, if somebody has written a name."""
    value = _settings().value(_REVIEWER)
    return str(value) if value else None


def remember(name: str, value: Any) -> None:
    """Keep what JSON can hold under ``name``."""
    settings = _settings()
    settings.setValue(name, json.dumps(value))
    settings.sync()


def remembered(name: str) -> Any | None:
    """Return what was kept under ``name``; None if there is nothing readable."""
    value = _settings().value(name)
    if not isinstance(value, str):
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None
