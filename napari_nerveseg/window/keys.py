"""The keys: one table, from which shortcuts, tooltips, cheat sheet and docs come.

Shortcuts belong to napari's main window, so they work whatever is selected: a layer,
the table, a button. While one types in a text field, Qt gives the key to the field.
Which keys a person has changed is known to `key_map`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import cast

from qtpy.QtCore import QObject, Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QShortcut, QWidget

from ..review.verdicts import VERDICTS


@dataclass(frozen=True)
class Command:
    """One thing that a key does."""

    name: str
    keys: tuple[str, ...]
    text: str
    group: str
    repeats: bool = False


FRAMES, JUDGE, TOOLS, LAYERS, LOOK, CONFLICTS, WINDOW = (
    "Frames",
    "Judge and mend",
    "Mend the whole mask",
    "Layers",
    "Contrast and rule",
    "Conflicts tab",
    "Window",
)

COMMANDS = (
    Command("next_frame", ("D",), "Next frame", FRAMES, repeats=True),
    Command("previous_frame", ("S",), "Previous frame", FRAMES, repeats=True),
    Command("next_conflict", ("W",), "Next unresolved conflict", FRAMES),
    Command("previous_conflict", ("Q",), "Previous unresolved conflict", FRAMES),
    Command("next_unreviewed", ("N",), "Next unreviewed frame", FRAMES),
    Command("next_queue", ("Shift+Q",), "Go through the next queue", FRAMES),
    Command("find", ("/",), "Write a filter; Enter ends", FRAMES),
    Command("approve", ("G",), "Approve this frame, go to the next", JUDGE),
    Command("flag", ("T",), "Flag this frame, go to the next", JUDGE),
    Command("flag_note", ("Shift+M",), "Flag with a note; Enter ends", JUDGE),
    Command("exclude", ("Y",), "Exclude this frame, go to the next", JUDGE),
    Command("unreview", ("Shift+G",), "Make this frame unreviewed again", JUDGE),
    Command("verify_empty", ("O",), "No nerve here: empty mask, approved", JUDGE),
    Command("accept", ("A",), "Take the prediction as ground truth", JUDGE),
    Command("edit", ("Shift+E",), "Take the brush for the ground truth", JUDGE),
    Command("undo", ("Ctrl+Z",), "Undo the last edit of this frame", JUDGE),
    Command("redo", ("Ctrl+Shift+Z",), "Redo the edit undone last", JUDGE),
    Command("smooth", ("Shift+S",), "Smooth the outline", TOOLS),
    Command("grow", ("+", "="), "Grow the mask", TOOLS),
    Command("shrink", ("-",), "Shrink the mask", TOOLS),
    Command("fill_holes", ("Shift+F",), "Fill its holes", TOOLS),
    Command("keep_largest", ("Shift+L",), "Keep its largest part only", TOOLS),
    Command(
        "copy_previous", ("Shift+P",), "Copy the mask of the previous frame", TOOLS
    ),
    Command("copy_twin", ("Shift+V",), "Copy the mask of its twin", TOOLS),
    Command(
        "propagate",
        ("Shift+O",),
        "Give this mask to the others of its duplicate group",
        TOOLS,
    ),
    Command("toggle_image", ("I",), "Show or hide the image", LAYERS),
    Command("toggle_truth", ("H",), "Show or hide the ground truth", LAYERS),
    Command("toggle_prediction", ("J",), "Show or hide the prediction", LAYERS),
    Command("toggle_error", ("K",), "Show or hide the error", LAYERS),
    Command("toggle_probability", ("U",), "Show or hide the probability", LAYERS),
    Command("toggle_uncertainty", ("M",), "Show or hide the uncertainty", LAYERS),
    Command("flip_fill", ("Shift+C",), "Draw masks as contours or filled", LAYERS),
    Command("next_view", ("L",), "See the image in the next contrast", LOOK),
    Command("threshold_up", (".",), "Raise the threshold", LOOK, repeats=True),
    Command("threshold_down", (",",), "Lower the threshold", LOOK, repeats=True),
    Command("own_rule", ("Shift+T",), "Take the rule of the checkpoint again", LOOK),
    *(Command(one.command, (one.key,), one.tip, CONFLICTS) for one in VERDICTS),
    Command("undo_verdict", ("Shift+U",), "Take the newest verdict back", CONFLICTS),
    Command("blink", ("B",), "Blink between A and B in one place", CONFLICTS),
    Command("blink_quicker", ("Shift+Up",), "Blink quicker", CONFLICTS),
    Command("blink_slower", ("Shift+Down",), "Blink slower", CONFLICTS),
    Command(
        "toggle_difference",
        ("Shift+D",),
        "Show or hide A minus B: blue where A is brighter, orange where B is",
        CONFLICTS,
    ),
    Command(
        "toggle_contours",
        ("C",),
        "Show or hide both masks on both frames: blue that of A, orange of B",
        CONFLICTS,
    ),
    Command("strip_next", ("Shift+Right",), "Next frame of the filmstrip", CONFLICTS),
    Command(
        "strip_previous", ("Shift+Left",), "Previous frame of the filmstrip", CONFLICTS
    ),
    Command(
        "strip_to_a", ("Shift+A",), "Show the frame of the filmstrip as A", CONFLICTS
    ),
    Command(
        "strip_to_b", ("Shift+B",), "Show the frame of the filmstrip as B", CONFLICTS
    ),
    Command(
        "strip_choose",
        ("Shift+X",),
        "Choose the frame of the filmstrip to exclude or draw again",
        CONFLICTS,
    ),
    Command("next_reason", ("Shift+R",), "Next ready-made reason", CONFLICTS),
    Command("write_reason", ("Shift+W",), "Write a reason; Enter ends", CONFLICTS),
    Command("predict", ("R",), "Predict on the active image layer", WINDOW),
    Command("predict_frames", ("Shift+K",), "Predict the frames of the folder", WINDOW),
    Command(
        "show_panels", ("Shift+H",), "Show or hide the layer controls of napari", WINDOW
    ),
    Command("show_keys", ("?", "F1"), "Show these keys", WINDOW),
)


@dataclass(frozen=True)
class Tool:
    """What one draws with: ``mode`` of napari's layer, and napari's own ``keys``."""

    mode: str
    keys: tuple[str, ...]
    text: str
    taken: str


TOOLS_TO_DRAW = (
    Tool("erase", ("1", "E"), "Eraser", "is napari's eraser"),
    Tool("paint", ("2", "P"), "Brush", "is napari's brush"),
    Tool("polygon", ("3",), "Polygon; Enter closes it", "is napari's polygon"),
    Tool("fill", ("4", "F"), "Fill a closed outline", "is napari's fill"),
    Tool("pan_zoom", ("6", "Z"), "Move the picture", "moves the picture"),
)
#: napari's keys for the size of the brush.
SMALLER, LARGER = "[", "]"

#: napari's own keys that matter here, for the cheat sheet.
NAPARI_KEYS = (
    *((" or ".join(tool.keys), tool.text) for tool in TOOLS_TO_DRAW),
    (f"{SMALLER} and {LARGER}", "Brush smaller, larger"),
    ("Space, held", "Move the picture while drawing"),
)

BY_NAME = {command.name: command for command in COMMANDS}

#: What a person has changed: keys by command.
_changed: dict[str, tuple[str, ...]] = {}


def keys_of(name: str) -> tuple[str, ...]:
    """Return the keys of the command ``name`` as they are now, the main one first."""
    return _changed.get(name, BY_NAME[name].keys)


def names_of(group: str) -> tuple[str, ...]:
    """Return the names of a group's commands."""
    return tuple(command.name for command in COMMANDS if command.group == group)


def change_keys(changed: Mapping[str, tuple[str, ...]]) -> None:
    """Let these commands have these keys, and all others the usual ones."""
    _changed.clear()
    _changed.update({name: keys for name, keys in changed.items() if name in BY_NAME})


def native(key: str) -> str:
    """Return a key as the system writes it: Ctrl is Cmd on macOS."""
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)


def key_of(name: str) -> str:
    """Return the first key of the command ``name`` as the system writes it."""
    return native(keys_of(name)[0])


def with_key(text: str, name: str) -> str:
    """Return a tooltip that ends in the command's key."""
    return f"{text}  ({key_of(name)})"


def shortcut(
    window: QWidget, key: str, handler: Callable[[], None], repeats: bool = False
) -> QShortcut:
    """Return a key that works wherever the focus is in ``window``, typing apart."""
    made = QShortcut(QKeySequence(key), window)
    made.setContext(Qt.ShortcutContext.WindowShortcut)
    made.setAutoRepeat(repeats)
    made.activated.connect(handler)
    return made


def drop(shortcuts: Iterable[QShortcut]) -> None:
    """Take shortcuts away, at once and for good."""
    with contextlib.suppress(RuntimeError):  # the window has deleted them already
        for one in shortcuts:
            one.setEnabled(False)
            one.deleteLater()


class Keys(QObject):
    """The shortcuts of one dock; closing it takes them away.

    Parameters
    ----------
    window
        The main window in which the keys work.
    handlers
        What each command does, by its name.
    """

    def __init__(
        self, window: QWidget, handlers: Mapping[str, Callable[[], None]]
    ) -> None:
        super().__init__(window)
        self._handlers = dict(handlers)
        self._off: set[str] = set()
        self._shortcuts: dict[str, list[QShortcut]] = {}
        self.renew()

    def renew(self) -> None:
        """Take the keys as they are now."""
        self._drop()
        for name, handler in self._handlers.items():
            command = BY_NAME[name]
            self._shortcuts[name] = [
                self._shortcut(key, command, handler) for key in keys_of(name)
            ]

    def enable_group(self, group: str, enabled: bool) -> None:
        """Switch the keys of one group on or off."""
        (self._off.discard if enabled else self._off.add)(group)
        for name, shortcuts in self._shortcuts.items():
            if BY_NAME[name].group == group:
                for one in shortcuts:
                    one.setEnabled(enabled)

    def close(self) -> None:
        """Give the keys back."""
        self._handlers.clear()
        self._drop()

    def _drop(self) -> None:
        drop(chain.from_iterable(self._shortcuts.values()))
        self._shortcuts.clear()

    def _shortcut(
        self, key: str, command: Command, handler: Callable[[], None]
    ) -> QShortcut:
        made = shortcut(cast(QWidget, self.parent()), key, handler, command.repeats)
        made.setEnabled(command.group not in self._off)
        return made
