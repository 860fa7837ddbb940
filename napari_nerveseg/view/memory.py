"""What the window remembers from one day to the next, in the user's settings."""

from __future__ import annotations

from pathlib import Path

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
