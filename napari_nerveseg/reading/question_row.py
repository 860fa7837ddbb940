"""A row that asks how a folder is to be read, once its scan raises the question."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtWidgets import QHBoxLayout, QWidget

from ..review.session import ReviewSession
from ..window.context import ReviewContext


class QuestionRow(QWidget):
    """Hidden unless it has something to ask; the answer opens the folder anew.

    Parameters
    ----------
    context
        Whose folder it asks about.
    name
        The row's name.
    ask
        Puts the question that a session's scan raises; says whether there is one.
    """

    def __init__(
        self,
        context: ReviewContext,
        name: str,
        ask: Callable[[ReviewSession | None], bool],
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self._context, self._ask = context, ask
        self._seen: object = None
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        context.session_changed.connect(self._look)
        context.table_changed.connect(self._look)
        self.hide()

    def answer(self, **chosen: Any) -> None:
        """Open the folder as before, but for these choices of `Reading`."""
        self._context.open_again(chosen)

    def _look(self) -> None:
        """Ask once for each scan."""
        session = self._context.session
        scan = session.scan if session is not None else None
        if scan is self._seen:
            return
        self._seen = scan
        self.setVisible(self._ask(session))
