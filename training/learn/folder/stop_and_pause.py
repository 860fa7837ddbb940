"""Where a training passes, waits or turns back, between two steps."""

from __future__ import annotations

import time
from pathlib import Path

from ...events import OnEvent, ShouldStop, ignore, never

#: Seconds between two looks whether a pause is over.
_LOOK = 0.1


class StopAndPause:
    """A ``should_stop`` that also heeds the files ``stop`` and ``pause`` of a run.

    While there is a file ``pause`` it does not return, and the time is not counted.

    Parameters
    ----------
    run
        The run folder; None heeds no files.
    on_event
        Gets ``{"event": "paused"}`` and ``{"event": "resumed"}``.
    should_stop
        The caller's.
    """

    def __init__(
        self,
        run: Path | None,
        on_event: OnEvent | None = None,
        should_stop: ShouldStop | None = None,
    ) -> None:
        self._run, self._on_event = run, on_event or ignore
        self._should_stop = should_stop or never
        self._waited = 0.0

    def __call__(self) -> bool:
        """Say whether to stop; wait first, if asked to."""
        if self._run is None:
            return self._should_stop()
        if (self._run / "pause").exists():
            self._wait(self._run / "pause")
        return self._stop()

    def now(self) -> float:
        """Return `time.monotonic`, as if no time had been spent waiting."""
        return time.monotonic() - self._waited

    def _stop(self) -> bool:
        return self._should_stop() or (
            self._run is not None and (self._run / "stop").exists()
        )

    def _wait(self, pause: Path) -> None:
        self._on_event({"event": "paused"})
        began = time.monotonic()
        while pause.exists() and not self._stop():
            time.sleep(_LOOK)
        self._waited += time.monotonic() - began
        self._on_event({"event": "resumed"})
