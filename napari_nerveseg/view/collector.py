"""Lets Python's collector of cycles wait while many objects are made and few die."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def waiting() -> Iterator[None]:
    """Collect no cycles until the work is done, and take what it made for old.

    Opening a folder makes so many objects that the collector walks through all half a
    million of napari's, for a third of a second, and finds next to nothing. It need
    not walk through the new ones twice more either, to find that they are to stay:
    its next whole walk comes to them as well.
    """
    ran = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if ran and not gc.get_freeze_count():
            gc.freeze()  # all generations become one,
            gc.unfreeze()  # which is the oldest
        if ran:
            gc.enable()
