"""Threads for work that releases the interpreter's lock, with progress and stop."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ..data.parallel import n_threads
from ..errors import Cancelled
from ..events import Progress

T = TypeVar("T")
R = TypeVar("R")

#: Seconds between two looks at ``should_stop``.
_LOOK = 0.05
#: Seconds that a stop waits for a thread: one that compiles cannot be interrupted.
_FAREWELL = 0.5


class Tally:
    """What workers tell the thread that started them: items done; and hear: stop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done = 0
        self.stopped = False

    def add(self, n: int) -> None:
        """Count ``n`` items done.

        Raises
        ------
        Cancelled
            If the work is to stop.
        """
        if self.stopped:
            raise Cancelled
        with self._lock:
            self._done += n

    def take(self) -> int:
        """Return the items counted since the last call."""
        with self._lock:
            done, self._done = self._done, 0
        return done


def for_each(
    items: Iterable[T], work: Callable[[T, Tally], R], progress: Progress
) -> Iterator[R]:
    """Yield ``work(item, tally)`` for all items, in the order in which they end.

    The work counts what it did with ``tally.add``; ``progress`` hears of it here,
    in the caller's thread, at least ten times a second.

    Raises
    ------
    Cancelled
        When ``progress`` was asked to stop. The threads end at their next count.
    """
    tally = Tally()
    source, lock = iter(items), threading.Lock()
    results: queue.Queue[tuple[bool, R | BaseException | None]] = queue.Queue()

    def labour() -> None:
        try:
            while not tally.stopped:
                with lock:
                    item = next(source)
                results.put((True, work(item, tally)))
        except StopIteration:
            results.put((False, None))
        except BaseException as error:  # carried to the caller's thread
            results.put((False, error))

    team = [threading.Thread(target=labour, daemon=True) for _ in range(n_threads())]
    for thread in team:
        thread.start()
    try:
        yield from _collect(results, len(team), progress, tally)
    finally:
        tally.stopped = True
        for thread in team:
            thread.join(_FAREWELL / len(team))


def _collect(
    results: queue.Queue[tuple[bool, R | BaseException | None]],
    working: int,
    progress: Progress,
    tally: Tally,
) -> Iterator[R]:
    while working:
        try:
            is_result, value = results.get(timeout=_LOOK)
        except queue.Empty:
            progress.step(tally.take())
            continue
        if is_result:
            yield value  # type: ignore[misc]
        elif isinstance(value, BaseException):
            raise value
        else:
            working -= 1
        progress.step(tally.take())
