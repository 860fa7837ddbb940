"""Verdicts and rules ever given, as a list for Qt, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .line_list import LineList

if TYPE_CHECKING:
    from .._engine import Action

_NAMED = 4


class ActionList(LineList):
    """One line an action: when, who, what, on which frames, and if it is undone."""

    def words(self, item: Action) -> str:
        """Return an action in one line."""
        return action_words(item)

    def tip(self, item: Action) -> str:
        """Name every frame."""
        return ", ".join(item.frames)


def action_words(action: Action) -> str:
    """Return an action in one line."""
    when = action.time[:16].replace("T", " ")
    reason = f" ({action.reason})" if action.reason else ""
    decided = f"{action.note or action.kind}{reason}"
    what = action.reason if action.kind == "rule" else decided
    undone = "" if action.in_effect else "(taken back) "
    return f"{undone}{when}  {action.author}: {what.strip()} · {named(action.frames)}"


def named(frames: Sequence[str]) -> str:
    """Return the first frames by name and the rest as a count."""
    if len(frames) <= _NAMED:
        return ", ".join(frames)
    return f"{', '.join(frames[:_NAMED])} and {len(frames) - _NAMED} more"
