"""The verdicts on one group: buttons with keys, an optional reason, undo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QGridLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ..view.keys import BY_NAME, key_of
from .controls import button

#: Command, words on the button.
_VERDICTS = (
    ("verdict_keep_a", "Keep A"),
    ("verdict_keep_b", "Keep B"),
    ("verdict_all_empty", "All empty"),
    ("verdict_union", "Union"),
    ("verdict_intersection", "Intersection"),
    ("verdict_majority", "Majority"),
    ("verdict_exclude", "Exclude all but A"),
    ("verdict_redraw", "Redraw"),
    ("verdict_ambiguous", "Ambiguous"),
    ("verdict_not_duplicate", "Not duplicates"),
)


class VerdictBox(QWidget):
    """Asks for a verdict; says which one by `decided` (the command's name)."""

    decided = Signal(str)
    taken_back = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("verdict_box")
        self.reason = QLineEdit()
        self.reason.setObjectName("verdict_reason")
        self.reason.setPlaceholderText("Reason (optional), kept with the verdict")
        self.reason.setToolTip("Why you decide so; it is kept with the verdict")
        self.reason.setClearButtonEnabled(True)
        self.undo = button(
            "undo_verdict",
            "Take the verdict back",
            "Undo the verdict on this group, over all its frames",
            self.taken_back.emit,
        )
        self._buttons = {name: self._verdict(name, words) for name, words in _VERDICTS}
        grid = QGridLayout()
        grid.setSpacing(4)
        for n, made in enumerate(self._buttons.values()):
            grid.addWidget(made, n // 2, n % 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.reason)
        layout.addLayout(grid)
        layout.addWidget(self.undo)

    def set_frames(self, a: str, b: str) -> None:
        """Name the two frames in view on the buttons that keep one of them."""
        for command, words in (
            ("verdict_keep_a", f"Keep A, {a}"),
            ("verdict_keep_b", f"Keep B, {b}"),
            ("verdict_exclude", f"Exclude all but A, {a}"),
        ):
            self._buttons[command].setText(_face(words, command))

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what the verdict keys do."""
        return {command: partial(self._decide, command) for command, _ in _VERDICTS}

    def take_reason(self) -> str:
        """Return the reason that was typed, and empty the line."""
        reason = self.reason.text().strip()
        self.reason.clear()
        return reason

    def _verdict(self, command: str, words: str) -> QPushButton:
        made = button(
            command,
            _face(words, command),
            BY_NAME[command].text,
            partial(self._decide, command),
            command=command,
        )
        made.setStyleSheet("text-align: left; padding: 4px 8px;")
        return made

    def _decide(self, command: str) -> None:
        if self.isEnabled():
            self.decided.emit(command)


def _face(words: str, command: str) -> str:
    return f"{words}   {key_of(command)}"
