"""Lets a session work in the pauses of the window."""

from __future__ import annotations

from qtpy.QtCore import QObject, QTimer

from ..review.session import ReviewSession

#: Milliseconds between two turns while there is work, and while there is none.
BUSY, IDLE = 15, 150

#: Seconds that one turn takes at most, short of what a hand notices.
TURN = 0.008


class IdleWorker(QObject):
    """Calls `ReviewSession.work` from the event loop for as long as it lives."""

    def __init__(self, session: ReviewSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._beat)
        self._timer.start(IDLE)
        session.pending_changed.connect(self._on_pending)

    def stop(self) -> None:
        """Stop for good, before the session is closed."""
        self._timer.stop()
        self._session.pending_changed.disconnect(self._on_pending)

    def _on_pending(self, pending: int) -> None:
        if pending:
            self._timer.start(BUSY)

    def _beat(self) -> None:
        more = self._session.work(TURN)
        self._timer.setInterval(BUSY if more else IDLE)
