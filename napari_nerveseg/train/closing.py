"""Closing the window while a training runs: leave it running, stop it, or stay."""

from __future__ import annotations

import contextlib

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QMessageBox, QWidget

from ..window.workers import Workers

_STOPPED = "If you stop it, its best checkpoint is kept, and it can be resumed."

#: What becomes of a training that runs, and of one that is paused, if it is left.
_LEFT = {
    "running": "It goes on in a process of its own if you leave it: open this folder "
    "again to watch it.",
    "paused": "It stays paused, and keeps its memory, if you leave it: open this folder"
    " again and press Go on under Train, Progress.",
}


class CloseQuestion(QObject):
    """Asks before the window closes under a running training.

    Parameters
    ----------
    window
        The main window.
    workers
        Who knows of the training.
    """

    def __init__(self, window: QWidget, workers: Workers) -> None:
        super().__init__(window)
        self._workers = workers
        window.installEventFilter(self)

    def leave(self) -> None:
        """Ask no more."""
        with contextlib.suppress(RuntimeError):  # the window is gone, the filter too
            self._window().removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the window open if the answer is to stay."""
        if event.type() == QEvent.Type.Close and watched is self.parent():
            job = self._workers.training
            if job is not None and job.running:
                answer = self._ask("paused" if job.paused else "running")
                if answer == "stop":
                    job.cancel()
                elif answer == "stay":
                    event.ignore()
                    return True
        return super().eventFilter(watched, event)

    def _window(self) -> QWidget:
        """Return the main window, which a reference to would keep alive."""
        window = self.parent()
        assert isinstance(window, QWidget)
        return window

    def _ask(self, state: str) -> str:
        """Return ``leave``, ``stop`` or ``stay``; ``state`` is one of `_LEFT`."""
        dock = self._window().findChild(QWidget, "nerve_review")
        box = QMessageBox(dock or self._window())  # the dock's style shows the focus
        box.setObjectName("close_question")
        box.setWindowTitle(f"A training is {state}")
        box.setText(f"A training is {state}. What is to become of it?")
        box.setInformativeText(f"{_LEFT[state]} {_STOPPED}")
        role = QMessageBox.ButtonRole
        answers = {
            "leave": box.addButton(f"Leave it {state}", role.AcceptRole),
            "stop": box.addButton("Stop it", role.DestructiveRole),
            "stay": box.addButton("Stay", role.RejectRole),
        }
        box.setDefaultButton(answers["stay"])
        box.setEscapeButton(answers["stay"])
        box.exec()
        chosen = box.clickedButton()
        box.deleteLater()
        return next((name for name, one in answers.items() if one is chosen), "stay")
