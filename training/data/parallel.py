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


def in_threads(work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R]]:
    """Yield each item with ``work(item)``, in order, computed some items ahead.

    At most `AHEAD` results a thread wait, so that memory stays bounded. When the
    taker stops early or ``work`` raises, what has not begun never begins.
    """
    n_threads = min(8, os.cpu_count() or 1)
    rest = iter(items)
    with ThreadPoolExecutor(n_threads) as pool:
        first = islice(rest, AHEAD * n_threads)
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
