"""Opens a project where it was left: frame, tab, filter and queue."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass

from qtpy.QtCore import QObject

from .. import _engine
from ..canvas.memory import remember, remembered
from ..frames.panel import FramesPanel
from ..frames.queues import QUEUES, start
from ..jobs.timers import single_shot
from ..review.actions import Select
from ..review.session import ReviewSession
from ..window.context import ReviewContext
from .tabs import Tabs

#: Milliseconds after which a place is one where somebody stays.
STAYED = 1000


@dataclass(frozen=True)
class Place:
    """Where in a project one is; empty where nothing is known."""

    frame: str = ""
    tab: str = ""
    filter: str = ""
    queue: str = ""


class LastPlace(QObject):
    """Notes where one is in a project, and goes there when it is opened again.

    It is kept with what else the window remembers, by the path of the project.
    """

    def __init__(self, context: ReviewContext, tabs: Tabs, frames: FramesPanel) -> None:
        super().__init__(context)
        self._context, self._tabs, self._frames = context, tabs, frames
        self._name, self._place = "", Place()
        self._later = single_shot(self, STAYED, self.keep)
        context.session_changed.connect(self._on_session)
        for news in (
            context.selected_changed,
            tabs.currentChanged,
            frames.filter.line.textChanged,
            frames.queues.changed,
        ):
            news.connect(self._note)

    def keep(self) -> None:
        """Keep the place at once."""
        self._later.stop()
        if self._name and self._place.frame:
            remember(self._name, self._place)

    def _on_session(self) -> None:
        self.keep()
        session = self._context.session
        self._name = ""  # what follows is not where somebody went
        if session is not None:
            root = str(session.project.root.absolute())
            name = f"place-{hashlib.sha256(root.encode()).hexdigest()[:16]}"
            self._place = remembered(name, Place())
            self._go(session, self._place)
            self._name = name

    def _note(self, *_what: object) -> None:
        session = self._context.session
        if session is not None and self._name:
            self._place = Place(
                session.selected or "",
                self._tabs.title(),
                self._frames.filter.line.text(),
                self._frames.queues.name,
            )
            self._later.start()

    def _go(self, session: ReviewSession, place: Place) -> None:
        if place.tab in self._tabs.titles():
            self._tabs.setCurrentIndex(self._tabs.titles().index(place.tab))
        self._frames.filter.line.setText(place.filter)
        with contextlib.suppress(_engine.InputError):  # it is empty by now
            if place.queue in QUEUES and start(session, place.queue):
                self._frames.queues.begin(place.queue)
        if place.frame in session.dataset:
            self._context.do(Select(place.frame))
