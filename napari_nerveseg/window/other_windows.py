"""Looks whether another window, or program, wrote to the labels that are open here."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

from .. import _engine

if TYPE_CHECKING:
    from .state import ReviewState

#: Milliseconds between two looks.
LOOK = 1000

_CHANGED = "The labels were changed in another window; they are shown as they are now."


class OtherWindows(QObject):
    """Shows here what was done elsewhere; never in the middle of a stroke."""

    def __init__(self, context: ReviewState) -> None:
        super().__init__(context)
        self._context = context
        self._trouble = ""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(LOOK)

    def stop(self) -> None:
        """Look no more.

        A timer that still runs when the collector frees what it belongs to, maybe in a
        reader's thread, rings in Qt's thread for an object that is gone, and crashes
        it. One that went with its window rings no more.
        """
        with contextlib.suppress(RuntimeError):
            self._timer.stop()

    def look(self) -> None:
        """Take over what was written elsewhere; a lasting trouble is said once."""
        context = self._context
        if context.session is None or context.in_stroke():
            return
        try:
            if context.session.poll():
                context.said.emit("info", _CHANGED)
            self._trouble = ""
        except _engine.InputError as problem:
            if str(problem) != self._trouble:
                self._trouble = str(problem)
                context.say("warning", self._trouble)
