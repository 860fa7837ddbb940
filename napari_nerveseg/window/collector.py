"""Lets Python's collector of cycles wait while many objects are made and few die."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Collect no cycles until the work is done.

    Opening a folder makes so many objects that the collector walks through all half a
    million of napari's, for a third of a second, and finds next to nothing.

    Nothing is taken for old by that (``gc.freeze``): the parts of a closed window,
    which hang together in cycles, must be found soon, for Qt has taken some of them
    away already and crashes where others turn up while it paints.
    """
    ran = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ran:
            gc.enable()
