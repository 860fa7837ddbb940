"""Decoding on several cores: the decoders let go of the interpreter's lock."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
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


def in_threads(
    work: Callable[[T], R],
    items: Iterable[T],
    size: int | None = None,
    begin: Callable[[], None] | None = None,
) -> Generator[tuple[T, R], None, None]:
    """Yield each item with ``work(item)``, in order, computed some items ahead.

    At most `AHEAD` results a thread wait, so that memory stays bounded. When the
    taker stops early or ``work`` raises, what has not begun never begins.

    Parameters
    ----------
    work, items
        What is done, in threads, and to what; items are taken in the calling one.
    size
        How many threads; None: one for each processor, up to `MOST`.
    begin
        Called once in each thread before its work.
    """
    size = min(MOST, n_threads()) if size is None else size
    rest = iter(items)
    with ThreadPoolExecutor(size, initializer=begin) as pool:
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
