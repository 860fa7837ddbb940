"""What long work tells its caller while it runs.

Every long function takes ``on_event`` and ``should_stop``. An event is a plain
``dict`` that JSON can carry, with the key ``event``:

``progress``
    ``stage`` (str), ``done`` (int), ``total`` (int or None), ``rate`` (items per
    second), ``seconds_left`` (float or None).
``message``
    ``level`` (``info``, ``warning`` or ``error``), ``text`` (one sentence), and
    ``fields``, the settings that it names, if any.
``epoch``
    one line of a training's history; see `training.learn`.
``result``
    ``value``: what a worker's command returns, once.
``error``
    how a worker's command ended early, see `training.worker`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from .errors import Cancelled

Event = dict[str, Any]
OnEvent = Callable[[Event], None]
ShouldStop = Callable[[], bool]

T = TypeVar("T")

#: The events after which a command's work is over.
FINAL = frozenset({"result", "error"})

#: Seconds between two progress events of one stage.
INTERVAL = 0.1


def ignore(_event: Event) -> None:
    """Drop an event: the default listener."""


def never() -> bool:
    """Say that nobody asked to stop: the default ``should_stop``."""
    return False


def message(
    on_event: OnEvent | None, text: str, level: str = "info", *fields: str
) -> None:
    """Send one sentence for people, which may name settings."""
    if on_event is not None:
        named = {"fields": fields} if fields else {}
        on_event({"event": "message", "level": level, "text": text, **named})


class Progress:
    """Counts a stage's items and reports at most ten times a second.

    Parameters
    ----------
    stage
        What is being done, as a user reads it ("Comparing frames").
    total
        The number of items, or None if nobody knows.
    on_event, should_stop
        As everywhere; both may be None.

    Raises
    ------
    Cancelled
        From `step`, as soon as ``should_stop()`` is true.
    """

    def __init__(
        self,
        stage: str,
        total: int | None,
        on_event: OnEvent | None = None,
        should_stop: ShouldStop | None = None,
    ) -> None:
        self.stage, self.total, self.done = stage, total, 0
        self._on_event = on_event or ignore
        self._should_stop = should_stop or never
        self._started = time.monotonic()
        self._told = self._started
        self._send()

    def step(self, n: int = 1) -> None:
        """Count ``n`` more items."""
        if self._should_stop():
            raise Cancelled(self.stage)
        self.done += n
        now = time.monotonic()
        if self.done == self.total or now - self._told >= INTERVAL:
            self._told = now
            self._send()

    def over(self, items: Iterable[T]) -> Iterator[T]:
        """Yield ``items``, counting each one after its turn."""
        for item in items:
            yield item
            self.step()

    def _send(self) -> None:
        seconds = time.monotonic() - self._started
        rate = self.done / seconds if seconds > 0 else 0.0
        left = None
        if self.total is not None and rate > 0:
            left = max(self.total - self.done, 0) / rate
        self._on_event(
            {
                "event": "progress",
                "stage": self.stage,
                "done": self.done,
                "total": self.total,
                "rate": rate,
                "seconds_left": left,
            }
        )
