"""Decoding on several cores: the decoders let go of the interpreter's lock."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Results that may wait for their taker, for each thread.
AHEAD = 4

#: Threads beyond this wait for the disk or for one another.
MOST = 8


def n_threads() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_threads(work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R]]:
    """Yield each item with ``work(item)``, in order, computed some items ahead.

    At most `AHEAD` results a thread wait, so that memory stays bounded. When the
    taker stops early or ``work`` raises, what has not begun never begins.
    """
    size = min(MOST, n_threads())
    rest = iter(items)
    with ThreadPoolExecutor(size) as pool:
        first = islice(rest, AHEAD * size)
        waiting = deque((item, pool.submit(work, item)) for item in first)
        try:
            while waiting:
                item, future = waiting.popleft()
                result = future.result()
                for new in islice(rest, 1):
                    waiting.append((new, pool.submit(work, new)))
                yield item, result
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
