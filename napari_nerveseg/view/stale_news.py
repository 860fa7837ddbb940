"""Warns, once, of predictions that are of other pictures or of another checkpoint."""

from __future__ import annotations

from qtpy.QtCore import QObject

from ..model.stale import prediction_warnings
from .desk import Desk


class StaleNews(QObject):
    """Looks at each set of predictions as soon as the frames' hashes are known."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._looked_at: object = None
        desk.predictions_changed.connect(self._look)
        desk.table_changed.connect(self._look)

    def _look(self) -> None:
        session = self._desk.session
        if session is None or session.predictions.loaded is self._looked_at:
            return
        warnings = prediction_warnings(session)
        if warnings is None:
            return
        self._looked_at = session.predictions.loaded
        for warning in warnings:
            self._desk.say("warning", warning)
