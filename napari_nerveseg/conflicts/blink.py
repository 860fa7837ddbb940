"""A and B in one place by turns: what differs jumps, what is the same stands still."""

from __future__ import annotations

from qtpy.QtCore import QObject, QTimer, Signal

from ..window.context import ReviewContext

#: Seconds that a frame stays, from the quickest to the slowest.
RATES = (0.1, 0.15, 0.25, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0)


class Blink(QObject):
    """Switches between the two frames of the pair on the canvas while it is on.

    Signals: ``changed()`` when it went on or off or the rate is another.
    """

    changed = Signal()

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self._context = context
        self._rate = RATES.index(0.5)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._turn)
        context.session_changed.connect(self.stop)

    @property
    def on(self) -> bool:
        """Whether it blinks."""
        return self._timer.isActive()

    @property
    def seconds(self) -> float:
        """How long a frame stays."""
        return RATES[self._rate]

    def toggle(self) -> None:
        """Begin, or put both frames in view again."""
        if self.on:
            self.stop()
        elif self._context.pair is not None and self._context.pair.shown:
            self._timer.start(round(1000 * self.seconds))
            self._turn()
            self.changed.emit()

    def stop(self) -> None:
        """Put both frames in view again, if it blinked."""
        if self.on:
            self._timer.stop()
            if self._context.pair is not None:
                self._context.pair.show_turn(None)
            self.changed.emit()

    def set_seconds(self, seconds: float) -> None:
        """Take the rate nearest to ``seconds`` a frame."""
        self._rate = min(range(len(RATES)), key=lambda n: abs(RATES[n] - seconds))
        self._timer.setInterval(round(1000 * self.seconds))
        self.changed.emit()

    def change_rate(self, steps: int) -> None:
        """Blink slower by so many steps, quicker if they are negative."""
        self.set_seconds(RATES[min(max(self._rate + steps, 0), len(RATES) - 1)])

    def _turn(self) -> None:
        pair = self._context.pair
        if pair is None or not pair.shown:
            self.stop()
        elif not pair.in_stroke():
            pair.show_turn(1 if pair.turn == 0 else 0)
