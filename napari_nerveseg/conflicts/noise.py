"""How noisy the labels are, worked out beside the window's own work."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from .. import _engine
from ..review.counting import counted
from ..window.context import ReviewContext

if TYPE_CHECKING:
    from .._engine import DataSet, LabelNoise, StoredPairs


class NoiseReader(QObject):
    """Measures the data folder's own masks once for every duplicate search.

    Signals: ``measured(noise or None)``, None when there is nothing to measure.

    Attributes
    ----------
    noise : LabelNoise or None
        What was measured last.
    """

    measured = Signal(object)
    _done = Signal(object, object)

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self.noise: LabelNoise | None = None
        self._context = context
        self._of: StoredPairs | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._done.connect(self._on_done)
        context.session_changed.connect(self._look)
        context.conflicts_changed.connect(self._look)

    def stop(self) -> None:
        """End the work that is under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _look(self) -> None:
        """Begin anew if the search is another; conflicts are judged before."""
        session = self._context.session
        pairs = session.duplicates if session is not None else None
        if pairs is self._of or (session is not None and session.judging):
            return
        self.stop()
        self._of, self._stop = pairs, threading.Event()
        self._tell(None)
        if session is not None and pairs is not None and len(pairs.i):
            work = (session.dataset, pairs, self._stop)
            self._thread = threading.Thread(
                target=self._measure, args=work, daemon=True
            )
            self._thread.start()

    def _measure(
        self, dataset: DataSet, pairs: StoredPairs, stop: threading.Event
    ) -> None:
        """Read the masks of all pairs; the answer goes to the window's thread."""
        noise: LabelNoise | None = None
        try:
            noise = _engine.label_noise(
                dataset, dataset, pairs, should_stop=stop.is_set
            )
        except (_engine.Cancelled, _engine.InputError):
            noise = None
        if not stop.is_set():
            self._done.emit(pairs, noise)

    def _on_done(self, pairs: Any, noise: Any) -> None:
        if pairs is self._of:
            self._tell(noise)

    def _tell(self, noise: LabelNoise | None) -> None:
        self.noise = noise
        self.measured.emit(noise)


def noise_words(noise: LabelNoise) -> str:
    """Return the label noise in one line: agreement, then what a score can reach."""
    if noise.agreement is None or noise.ceiling is None:
        return ""
    return (
        f"Twins' masks agree by {_with_interval(noise.agreement, noise.agreement_ci)}"
        f" · ceiling {_with_interval(noise.ceiling, noise.ceiling_ci)}"
    )


def noise_tip(noise: LabelNoise) -> str:
    """Return what the line's numbers are, what they rest on, and how they came."""
    pairs = counted(noise.n_pairs, "pair")
    return (
        f"The folder's own labels: the Dice of two masks of one picture ({pairs},"
        f" {counted(noise.n_frames, 'frame')}), and the score that a perfect model"
        f" could reach on these frames. {noise.how}"
    )


def _with_interval(value: float, interval: tuple[float, float] | None) -> str:
    if interval is None:
        return f"{value:.3f}"
    return f"{value:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"
