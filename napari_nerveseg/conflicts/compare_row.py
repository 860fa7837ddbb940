"""How A and B are compared: blink and its rate, difference, contours on both."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from qtpy.QtWidgets import QComboBox, QToolButton, QWidget

from ..canvas.kinds import DIFFERENCE, OTHER
from ..window.commands import Commands
from ..window.context import ReviewContext
from ..window.keys import BY_NAME, key_of, with_key
from ..window.wrapping import WrappingRow
from .blink import RATES, Blink

_TOGGLES = (
    (DIFFERENCE, "toggle_difference", "Difference"),
    (OTHER, "toggle_contours", "Both contours"),
)


class CompareRow(QWidget):
    """Three buttons that stay pressed, and a choice of the rate."""

    def __init__(
        self, context: ReviewContext, commands: Commands, blink: Blink
    ) -> None:
        super().__init__()
        self.setObjectName("compare_row")
        self._context, self._commands, self._blink = context, commands, blink
        self._blinks = self._button("blink", "Blink", blink.toggle)
        self._rate = QComboBox()
        self._rate.setObjectName("blink_rate")
        self._rate.setToolTip(
            "How long each frame stays"
            f"  ({key_of('blink_quicker')}, {key_of('blink_slower')})"
        )
        for seconds in RATES:
            self._rate.addItem(f"{seconds:g} s", seconds)
        self._rate.activated.connect(
            lambda _row: blink.set_seconds(self._rate.currentData())
        )
        self._buttons = {
            kind: self._button(command, words, partial(commands.toggle, kind))
            for kind, command, words in _TOGGLES
        }
        WrappingRow(self._blinks, self._rate, *self._buttons.values(), parent=self)
        blink.changed.connect(self._show_state)
        context.layers_changed.connect(self._show_state)
        self._show_state()

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what the keys of comparing do."""
        toggles = {
            command: partial(self._commands.toggle, kind)
            for kind, command, _words in _TOGGLES
        }
        return {
            "blink": self._blink.toggle,
            "blink_quicker": partial(self._blink.change_rate, -1),
            "blink_slower": partial(self._blink.change_rate, 1),
            **toggles,
        }

    def _button(self, command: str, words: str, act: Callable[[], None]) -> QToolButton:
        made = QToolButton()
        made.setObjectName(command)
        made.setCheckable(True)
        made.setText(f"{words} {key_of(command)}")
        made.setToolTip(with_key(BY_NAME[command].text, command))
        made.clicked.connect(lambda _on=False: self._press(act))
        return made

    def _press(self, act: Callable[[], None]) -> None:
        act()
        self._show_state()  # Qt has pressed the button, whatever came of it

    def _show_state(self) -> None:
        self._blinks.setChecked(self._blink.on)
        self._rate.setCurrentIndex(RATES.index(self._blink.seconds))
        for kind, made in self._buttons.items():
            made.setChecked(self._context.visible(kind))
