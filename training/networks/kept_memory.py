"""Memory that one step frees is kept for the next, not handed back to the system.

The C library gives large blocks back as soon as they are free. Every step of a network
then asks for them anew, and the system clears each page again on its first touch: up to
a fifth of a step on a processor. The limits below are glibc's; where the library is
another, or the network runs elsewhere, nothing changes.

One limit cannot be taken back: glibc counts once how many heaps there may be, when a
thread first wants one of its own. A process in which that happens inside the block has
one heap for all its threads from then on. With a heap each, frames of 448 x 576 side by
side would lose what is gained: heaps of threads end at 64 MB and are then given back.

Source: M. Kerrisk et al., mallopt(3), Linux man-pages.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

#: Names of mallopt(3): what free memory may be kept, in bytes; from what size on a
#: block may be one that the system is asked for by itself; how many of those there may
#: be; and how many heaps threads may have.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -3, -4, -8

#: One heap for all threads: what one frees another takes.
_KEEP = {_MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1, _ARENA_MAX: 1}

#: What glibc begins with. Its thresholds rise by themselves until one is set, and never
#: again: so they are what they would rise to.
_USUAL = {
    _MMAP_MAX: 65536,
    _MMAP_THRESHOLD: 32 * 2**20,
    _TRIM_THRESHOLD: 64 * 2**20,
    _ARENA_MAX: 0,
}


@contextmanager
def kept_memory(device: torch.device) -> Iterator[None]:
    """Keep freed memory for the next step inside the block, and return it afterwards.

    The process then holds what its largest step took until the block ends, or the last
    of several that overlap, in one thread or in many.

    Parameters
    ----------
    device
        Where the network runs; memory is kept for a processor only.
    """
    library = _glibc() if device.type == "cpu" else None
    if library is None:
        yield
        return
    _BLOCKS.begin(library)
    try:
        yield
    finally:
        _BLOCKS.end(library)


class _Blocks:
    """Counts the blocks that are open: the limits are the whole process's."""

    def __init__(self) -> None:
        self._lock, self._open = threading.Lock(), 0

    def begin(self, library: Any) -> None:
        """Keep memory from here on."""
        with self._lock:
            self._open += 1
            if self._open == 1:
                _set(library, _KEEP)

    def end(self, library: Any) -> None:
        """Return what was kept, unless another block still wants it."""
        with self._lock:
            self._open -= 1
            if self._open == 0:
                _set(library, _USUAL)
                library.malloc_trim(0)


_BLOCKS = _Blocks()


def _set(library: Any, limits: dict[int, int]) -> None:
    for name, value in limits.items():
        library.mallopt(name, value)


def _glibc() -> Any:
    """Return the C library of this process if it is glibc, else None."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
