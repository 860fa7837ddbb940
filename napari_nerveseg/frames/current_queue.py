"""The queue that is being gone through: which, where in it, how many are judged."""

from __future__ import annotations

import contextlib

from qtpy.QtCore import QObject, Signal

from .. import _engine
from ..window.context import ReviewContext
from .queues import QUEUES, start

#: The name of frames that were chosen in a plot.
CHOSEN = "chosen"


class Queues(QObject):
    """Begins and ends queues; the table then shows nothing else, in the queue's order.

    The keys are those of every frame: a verdict goes on to the next row, and the rows
    stay where they are while one works.

    Attributes
    ----------
    name : str
        One of `model.queues.QUEUES`, or `CHOSEN`; empty for all frames.
    title : str
        What the frames are that were chosen in a plot.

    Signals: ``changed()`` when another queue, or none, is gone through.
    """

    changed = Signal()

    def __init__(self, context: ReviewContext) -> None:
        super().__init__(context)
        self._context = context
        self.name, self._frames, self._begun = "", frozenset[str](), 0
        self.title = ""
        self._chosen: tuple[str, ...] = ()
        context.session_changed.connect(self._forget)

    def begin(self, name: str) -> None:
        """Go through the queue ``name`` from its start; "" shows all frames again."""
        session = self._context.session
        if session is None or self._context.drawing():
            self.changed.emit()
            return
        if name == CHOSEN:
            self._go_through(CHOSEN, self._chosen)
            return
        try:
            frames = start(session, name) if name else None
        except _engine.InputError as reason:
            self._context.said.emit("warning", str(reason))
            self.changed.emit()
            return
        self._go_through(name, frames)

    def show(self, title: str, frames: tuple[str, ...]) -> None:
        """Go through frames that somebody chose elsewhere, such as in a plot."""
        if self._context.session is not None and not self._context.drawing():
            self.title, self._chosen = title, frames
            self._go_through(CHOSEN, frames)

    def next(self) -> None:
        """Begin the queue after this one that is not empty; after the last, none."""
        session = self._context.session
        names = ["", CHOSEN, *QUEUES]
        for name in names[max(names.index(self.name), 1) + 1 :]:
            with contextlib.suppress(_engine.InputError):
                if session is not None and start(session, name):
                    self.begin(name)
                    return
        self.begin("")

    def words(self) -> str:
        """Return where one is in the queue, and how many of it are judged."""
        session, table = self._context.session, self._context.table
        if session is None or not self.name:
            return ""
        judged = len(self._frames & session.store.changed_since(self._begun))
        row = table.row_of(session.selected or "") + 1
        place = f"{row:,} of " if row else ""
        return f"{place}{table.rowCount():,} · {judged:,} judged"

    def _go_through(self, name: str, frames: tuple[str, ...] | None) -> None:
        session, table = self._context.session, self._context.table
        if session is None:
            return
        self.name, self._frames = name, frozenset(frames or ())
        self._begun = session.store.last_action
        table.set_queue(frames)
        self.changed.emit()
        if frames and table.rowCount():
            self._context.go(table.frame_at(0))

    def _forget(self) -> None:
        self.title, self._chosen = "", ()
        if self.name:
            self.name, self._frames = "", frozenset()
            self._context.table.set_queue(None)
        self.changed.emit()
