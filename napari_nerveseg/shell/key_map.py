"""The keys as a person has them: changed, refused with a reason, remembered, reset."""

from __future__ import annotations

import re
from typing import Any

from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QAbstractButton, QMenu, QWidget

from ..canvas.memory import remember_keys, remembered_keys
from ..window.keys import (
    BY_NAME,
    COMMANDS,
    LARGER,
    SMALLER,
    TOOLS_TO_DRAW,
    change_keys,
    key_of,
    keys_of,
    native,
)

#: Keys with which one gets along in any window, and draws in napari.
RESERVED = {
    "Return": "presses what is chosen",
    "Enter": "presses what is chosen",
    "Esc": "leaves a field or a dialog",
    "Tab": "goes to the next control",
    "Backtab": "goes to the control before",
    "Space": "moves the picture while drawing",
    "Backspace": "deletes what is written",
    "Up": "goes up in a list",
    "Down": "goes down in a list",
    "Left": "goes left in a list",
    "Right": "goes right in a list",
    **{key: tool.taken for tool in TOOLS_TO_DRAW for key in tool.keys},
    SMALLER: "makes the brush smaller",
    LARGER: "makes the brush larger",
}


class KeyMap(QObject):
    """Changes keys, one at a time or all back.

    Signals: ``changed(dict)``: new keys by the ones before, as the system writes them.

    Parameters
    ----------
    window
        napari's main window, whose menus have keys of their own; None without one.
    """

    changed = Signal(object)

    def __init__(self, window: Any | None = None) -> None:
        super().__init__(window)
        change_keys(remembered_keys())
        if not _are_sound():
            change_keys({})

    def refusal(self, name: str, key: str) -> str:
        """Return why ``key`` cannot be the command's, in one sentence; empty if it can.

        Parameters
        ----------
        name
            A command of `keys.COMMANDS`.
        key
            As Qt writes it: ``Ctrl+Shift+K``.
        """
        key = portable(key)
        if not key:
            return "Press the key that it is to have."
        if "," in key.removesuffix(","):
            return f"{native(key)} are several keys one after the other: press one."
        if key in RESERVED:
            return f"{native(key)} {RESERVED[key]}: choose another key."
        other = next(
            (c for c in COMMANDS if c.name != name and _has(c.name, key)), None
        )
        if other is not None:
            return (
                f"{native(key)} already does '{other.text}': choose another key, or "
                "change that one first."
            )
        if key in self._of_menus() and key not in map(portable, BY_NAME[name].keys):
            return f"{native(key)} is in napari's menus: choose another key."
        return ""

    def change(self, name: str, key: str) -> str:
        """Give a command another key, in place of those it has; return a refusal."""
        words = self.refusal(name, key)
        if not words:
            self._set({**_own(), name: (portable(key),)})
        return words

    def reset(self, name: str) -> str:
        """Give a command its usual keys; return a refusal if they are taken."""
        for key in BY_NAME[name].keys:
            if words := self.refusal(name, key):
                return words
        self._set({other: keys for other, keys in _own().items() if other != name})
        return ""

    def reset_all(self) -> None:
        """Give every command its usual keys."""
        self._set({})

    def _set(self, own: dict[str, tuple[str, ...]]) -> None:
        before = {command.name: key_of(command.name) for command in COMMANDS}
        change_keys(own)
        remember_keys(own)
        now = {old: key_of(name) for name, old in before.items()}
        self.changed.emit({old: new for old, new in now.items() if old != new})

    def _of_menus(self) -> set[str]:
        window = self.parent()
        menus = window.findChildren(QMenu) if window is not None else []
        for menu in menus:  # napari fills them when they are opened
            menu.aboutToShow.emit()
        return {
            sequence.toString()
            for menu in menus
            for action in menu.actions()
            for sequence in action.shortcuts()
        }


def portable(key: str) -> str:
    """Return a key as it is written on every system."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.PortableText)


def relabel(root: QWidget, changed: dict[str, str]) -> None:
    """Write the new keys where the old ones stood, in tooltips and on buttons.

    No two commands ever share a key, so that a key in brackets names its command.
    """
    for widget in root.findChildren(QWidget):
        tip = widget.toolTip()
        written = _with_new_keys(tip, changed)
        if written == tip:
            continue
        widget.setToolTip(written)
        if isinstance(widget, QAbstractButton):
            words, space, key = widget.text().rpartition(" ")
            if space and key in changed:
                widget.setText(f"{words} {changed[key]}")


def _with_new_keys(tip: str, changed: dict[str, str]) -> str:
    head, bracket, inside = tip.rpartition("(")
    if not bracket or not inside.endswith(")"):
        return tip
    parts = re.split("(,? )", inside.removesuffix(")"))
    return f"{head}({''.join(changed.get(part, part) for part in parts)})"


def _has(name: str, key: str) -> bool:
    return key in map(portable, keys_of(name))


def _are_sound() -> bool:
    """Say whether every command has keys of its own that it may have."""
    keys = [portable(key) for command in COMMANDS for key in keys_of(command.name)]
    own = {portable(key) for keys in _own().values() for key in keys}
    return (
        len(set(keys)) == len(keys)
        and all(keys)
        and all(key not in RESERVED and "," not in key[:-1] for key in own)
    )


def _own() -> dict[str, tuple[str, ...]]:
    """Return the keys that are not the usual ones."""
    return {
        command.name: keys_of(command.name)
        for command in COMMANDS
        if keys_of(command.name) != command.keys
    }
