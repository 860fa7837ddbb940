"""What the window remembers from one day to the next, in the user's settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from qtpy.QtCore import QSettings

T = TypeVar("T")

_CHECKPOINT, _REVIEWER, _KEYS, _TOUR = "checkpoint", "reviewer", "keys", "tour"
_PANELS = "napari_panels"


@dataclass(frozen=True)
class NerveSize:
    """How much of a frame a nerve may cover before a person is asked."""

    per_cent: int = 20


def _settings() -> QSettings:
    return QSettings(
        QSettings.Format.IniFormat,
        QSettings.Scope.UserScope,
        "napari-nerveseg",
        "window",
    )


def _keep(name: str, text: str) -> None:
    """Keep a text under ``name``."""
    settings = _settings()
    settings.setValue(name, text)
    settings.sync()


def _kept(name: str) -> str | None:
    """Return the text that was kept under ``name``, if there is one."""
    value = _settings().value(name)
    return value if isinstance(value, str) and value else None


def remember_checkpoint(path: Path) -> None:
    """Keep ``path`` as the checkpoint to predict with."""
    _keep(_CHECKPOINT, str(path))


def remembered_checkpoint() -> Path | None:
    """Return the checkpoint that was chosen last, if it is still there."""
    value = _kept(_CHECKPOINT)
    if value is None:
        return None
    try:
        return Path(value) if Path(value).exists() else None
    except (OSError, ValueError):  # damaged: no name that the system takes
        return None


def remember_reviewer(name: str) -> None:
    """Keep ``name`` as who reviews on this machine."""
    _keep(_REVIEWER, name)


def remembered_reviewer() -> str | None:
    """Return who reviews on this machine, if somebody has written a name."""
    return _kept(_REVIEWER)


def remember_tour() -> None:
    """Keep that somebody has seen the tour, or does not want to."""
    _keep(_TOUR, "over")


def forget_tour() -> None:
    """Let the tour come again."""
    _keep(_TOUR, "")


def tour_is_over() -> bool:
    """Tell whether the tour is to be left out."""
    return _kept(_TOUR) is not None


def remember_panels(shown: bool) -> None:
    """Keep whether napari's own panels are in sight."""
    _keep(_PANELS, "shown" if shown else "")


def panels_shown() -> bool:
    """Tell whether somebody wants napari's own panels in sight."""
    return _kept(_PANELS) == "shown"


def remember_keys(keys: Mapping[str, tuple[str, ...]]) -> None:
    """Keep the keys that are not the usual ones, by command."""
    _keep(_KEYS, json.dumps(keys))


def remembered_keys() -> dict[str, tuple[str, ...]]:
    """Return the keys that somebody has changed, by command; nothing if damaged."""
    try:
        stored = json.loads(_kept(_KEYS) or "{}")
        return {
            str(name): tuple(map(str, keys)) for name, keys in stored.items() if keys
        }
    except (ValueError, AttributeError, TypeError, RecursionError):
        return {}


def remember(name: str, settings: Any) -> None:
    """Keep a dataclass of plain values under ``name``."""
    _keep(name, json.dumps(asdict(settings)))


def remembered(name: str, usual: T, sound: Callable[[T], bool] = lambda _: True) -> T:
    """Return the dataclass that was kept under ``name``.

    Parameters
    ----------
    name
        As in `remember`.
    usual
        Of the type; returned where there is nothing, or what is there is damaged or by
        an older program: its fields have other names or types, or it is not ``sound``.
    sound
        Says whether the values are such as the window can set.
    """
    try:
        stored = json.loads(_kept(name) or "{}")
    except (ValueError, RecursionError):
        return usual
    fields = asdict(usual)  # type: ignore[call-overload]
    if not isinstance(stored, dict) or stored.keys() != fields.keys():
        return usual
    if any(type(stored[key]) is not type(own) for key, own in fields.items()):
        return usual
    found = type(usual)(**stored)
    return found if sound(found) else usual
