"""Decoding on several cores: the decoders let go of the interpreter's lock."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: Results that may wait for their taker, for each thread.
AHEAD = 4

#: Microseconds of processor time in a period, and the period.
_QUOTA = Path("/sys/fs/cgroup/cpu.max")

#: Threads beyond this wait for the disk or for one another.
MOST = 8


def n_threads() -> int:
    """Return the number of processors that this process may use.

    A container may have the time of fewer than it sees.
    """
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), _quota(_QUOTA))
    return os.cpu_count() or 1


def _quota(path: Path) -> int:
    """Return how many processors' time Linux gives this control group, rounded up."""
    try:
        allowed, period = path.read_text(encoding="ascii").split()
        return -(-int(allowed) // int(period))
    except (OSError, ValueError):  # no such file, or "max": no limit
        return sys.maxsize


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
