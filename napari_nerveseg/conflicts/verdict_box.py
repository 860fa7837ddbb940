"""The verdicts on one group: buttons with keys, an optional reason, undo."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..review.verdicts import VERDICTS, Verdict
from ..window.controls import button
from ..window.keys import key_of, with_key
from ..window.wrapping import WrappingRow

#: Reasons that reviewers give again and again.
PRESETS = (
    "nerve visible in all",
    "no nerve visible",
    "A is traced better",
    "B is traced better",
    "both readings plausible",
    "picture too poor to tell",
    "different moments of one sweep",
)


def _reason_after(text: str) -> str:
    """Return the preset that follows ``text``; after the last comes none."""
    if text not in PRESETS:
        return PRESETS[0]
    following = PRESETS.index(text) + 1
    return PRESETS[following] if following < len(PRESETS) else ""


#: What settles most conflicts.
_MAIN = ("verdict_keep_a", "verdict_keep_b")


class VerdictBox(QWidget):
    """Asks for a verdict; says which one by `decided` (the command's name).

    Signals: ``taken_back()`` when the verdict is to be undone; ``written()`` when
    somebody ended writing a reason with Enter.
    """

    decided = Signal(str)
    taken_back = Signal()
    written = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("verdict_box")
        self.reason, self.presets = self._reason_line(), self._preset_choice()
        self.undo = button(
            "undo_verdict",
            "Take the verdict back",
            "Undo the verdict on this group, or else the newest one, over all frames",
            self.taken_back.emit,
            command="undo_verdict",
        )
        self._buttons = {one.command: self._verdict(one) for one in VERDICTS}
        why = QHBoxLayout()
        why.addWidget(self.reason, 1)
        why.addWidget(self.presets)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(why)
        layout.addLayout(WrappingRow(*self._buttons.values()))
        layout.addWidget(self.undo)

    def set_chosen(self, chosen: int) -> None:
        """Say on the buttons how many frames are chosen, where they mean those."""
        frames = f"{chosen} chosen"
        for command, words in (
            ("verdict_exclude", f"Exclude {frames if chosen else 'all but A'}"),
            ("verdict_redraw", f"Redraw {frames}" if chosen else "Redraw"),
        ):
            self._buttons[command].setText(_face(words, command))

    def set_enabled(self, enabled: bool) -> None:
        """Take verdicts, or none; the newest can be undone all the same."""
        for part in (self.reason, self.presets, *self._buttons.values()):
            part.setEnabled(enabled)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what the verdict keys do."""
        return {
            **{name: partial(self._decide, name) for name in self._buttons},
            "undo_verdict": self.taken_back.emit,
            "next_reason": self.next_reason,
            "write_reason": self.reason.setFocus,
        }

    def next_reason(self) -> None:
        """Put the next ready-made reason into the line; after the last, none."""
        self.reason.setText(_reason_after(self.reason.text()))

    def _reason_line(self) -> QLineEdit:
        line = QLineEdit()
        line.setObjectName("verdict_reason")
        line.setAccessibleName("Reason of the verdict")
        line.setPlaceholderText("Reason (optional), kept with the verdict")
        line.setToolTip(
            with_key("Why you decide so; it is kept with the verdict", "write_reason")
        )
        line.setClearButtonEnabled(True)
        line.returnPressed.connect(self.written)
        return line

    def _preset_choice(self) -> QComboBox:
        choice = QComboBox()
        choice.setObjectName("reason_presets")
        choice.setAccessibleName("Ready-made reasons")
        choice.setToolTip(with_key("Ready-made reasons", "next_reason"))
        choice.addItem("Reasons")
        choice.addItems(PRESETS)
        choice.setFixedWidth(110)
        choice.view().setMinimumWidth(220)
        choice.activated.connect(self._on_preset)
        return choice

    def _on_preset(self, row: int) -> None:
        if row > 0:
            self.reason.setText(PRESETS[row - 1])
        self.presets.setCurrentIndex(0)

    def _verdict(self, one: Verdict) -> QPushButton:
        made = button(
            one.command,
            _face(one.label, one.command),
            one.tip,
            partial(self._decide, one.command),
            command=one.command,
        )
        if one.command in _MAIN:
            made.setProperty("role", "main")
        made.setStyleSheet("text-align: left; padding: 4px 8px;")
        return made

    def _decide(self, command: str) -> None:
        if self._buttons[command].isEnabled():
            self.decided.emit(command)


def _face(words: str, command: str) -> str:
    return f"{words}   {key_of(command)}"
