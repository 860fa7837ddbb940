"""Memory that one step frees is kept for the next, not handed back to the system.

The C library gives large blocks back as soon as they are free. Every step of a network
then asks for them anew, and the system clears each page again on its first touch: up to
a fifth of a step on a processor. The limits below are glibc's; where the library is
another, or the network runs elsewhere, nothing changes.

Source: M. Kerrisk et al., mallopt(3), Linux man-pages.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

#: Names of mallopt(3): what free memory may be kept, in bytes; how many blocks the
#: system may be asked for one by one; and how many heaps threads may have.
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8

#: One heap for all threads: what one frees another takes.
_KEEP = {_MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1, _ARENA_MAX: 1}

#: What glibc begins with; the threshold is the one that it would rise to by itself.
_USUAL = {_MMAP_MAX: 65536, _TRIM_THRESHOLD: 64 * 2**20, _ARENA_MAX: 0}


@contextmanager
def kept_memory(device: torch.device) -> Iterator[None]:
    """Keep freed memory for the next step inside the block, and return it afterwards.

    The process then holds what its largest step took until the block ends.

    Parameters
    ----------
    device
        Where the network runs; memory is kept for a processor only.
    """
    library = _glibc() if device.type == "cpu" else None
    if library is None:
        yield
        return
    _set(library, _KEEP)
    try:
        yield
    finally:
        _set(library, _USUAL)
        library.malloc_trim(0)


def _set(library: Any, limits: dict[int, int]) -> None:
    for name, value in limits.items():
        library.mallopt(name, value)


def _glibc() -> Any:
    """Return the C library of this process if it is glibc, else None."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
