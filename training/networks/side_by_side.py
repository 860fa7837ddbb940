"""Frames predicted at the same time, each by one thread of the processor.

A single frame is too little work for several threads: a second one makes a network at
128 x 176 no faster. Two frames at once, one thread each, take half the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from typing import TypeVar

from ..data.parallel import MOST, in_threads

T = TypeVar("T")
R = TypeVar("R")


def at_once() -> int:
    """Return how many items `side_by_side` works on at once."""
    import torch

    return min(torch.get_num_threads(), MOST)


def side_by_side(work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R]]:
    """Yield each item with ``work(item)``, in order, as many at once as torch may.

    What ``work`` finds does not depend on which others are at work. The calling
    thread's number of threads is afterwards what it was.

    Parameters
    ----------
    work
        Runs a network on the processor.
    items
        Taken in the calling thread, some ahead.
    """
    import torch

    number = torch.get_num_threads()
    size = at_once()
    # The number is each thread's own (and that of threads yet to come).
    begin = partial(torch.set_num_threads, number // size)
    try:
        with closing(in_threads(work, items, size, begin)) as found:
            yield from found
    finally:
        torch.set_num_threads(number)
