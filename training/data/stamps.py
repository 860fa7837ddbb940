"""Whether what was read from a file is still true.

A file is taken as unchanged while its size and both its times are the same. The
time of the last status change (``ctime``) catches a file that was replaced by a
copy that kept its modification time. A time that was still young when the file
was read proves nothing, because a file system's clock has steps of up to two
seconds (FAT): then the content decides.
"""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

#: Nanoseconds after which a file's time can be trusted.
SETTLING = 2_000_000_000


class Stamp(NamedTuple):
    """A file's size and times, and when they were looked at (``time.time_ns``)."""

    size: int
    mtime_ns: int
    ctime_ns: int
    seen_ns: int

    def proves(self, now: Stamp) -> bool:
        """Say whether the file is surely what it was, given how it is ``now``."""
        settled = max(self.mtime_ns, self.ctime_ns) + SETTLING < self.seen_ns
        return settled and self[:3] == now[:3]


def stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file, or None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_size, found.st_mtime_ns, found.st_ctime_ns, time.time_ns())


@lru_cache(maxsize=256)
def _digest(path: Path, _stamp: tuple[int, ...]) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_digest(path: Path, stamp: Stamp) -> str:
    """Return the sha256 of a file's bytes; read once for the pages of a stack."""
    settled = max(stamp.mtime_ns, stamp.ctime_ns) + SETTLING < stamp.seen_ns
    return _digest(path, stamp[:3] if settled else tuple(stamp))
