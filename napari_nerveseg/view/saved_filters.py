"""Filter lines that somebody gave a name, kept in the user's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from .memory import remember, remembered

_KEY = "filters"

#: Lines that everybody needs.
READY_MADE = {
    "Open conflicts": "conflict",
    "Not yet reviewed": "status:unreviewed",
    "Flagged": "status:flagged",
    "Poor predictions": "dice<0.5",
    "Missed or invented nerves": "dice=0",
    "Empty, not verified": "empty -status:approved",
    "Edited": "edited",
    "With a note": "note",
}


@dataclass(frozen=True)
class _Saved:
    lines: dict[str, str] = field(default_factory=dict)


def saved_filters() -> dict[str, str]:
    """Return the saved lines by name."""
    return dict(remembered(_KEY, _Saved(), _sound).lines)


def _sound(saved: _Saved) -> bool:
    return all(isinstance(line, str) for line in saved.lines.values())


def save_filter(name: str, line: str) -> None:
    """Keep a line by a name; a line of the same name goes."""
    remember(_KEY, _Saved({**saved_filters(), name: line}))


def forget_filter(name: str) -> None:
    """Keep no line by this name any more."""
    left = {key: line for key, line in saved_filters().items() if key != name}
    remember(_KEY, _Saved(left))
