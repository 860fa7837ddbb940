"""How much of the machine a process and its children use."""

from __future__ import annotations

from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Use:
    """One look: processors (1 is one that is fully used), and gigabytes of memory."""

    processors: float
    gigabytes: float


class ProcessUse:
    """Measures from look to look; the first only begins.

    Parameters
    ----------
    pid
        The process.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._known: dict[int, psutil.Process] = {}

    def look(self) -> Use | None:
        """Return what was used since the last look; None if the process is gone."""
        try:
            first = psutil.Process(self._pid)
            family = [first, *first.children(recursive=True)]
        except psutil.Error:
            return None
        # A process counts its time from the look before, so it must be the same object.
        self._known = {one.pid: self._known.get(one.pid, one) for one in family}
        found = [_one(process) for process in self._known.values()]
        return Use(sum(u.processors for u in found), sum(u.gigabytes for u in found))


def _one(process: psutil.Process) -> Use:
    try:
        with process.oneshot():
            cpu = process.cpu_percent(interval=None) / 100
            return Use(cpu, process.memory_info().rss / 1e9)
    except psutil.Error:  # it has ended meanwhile
        return Use(0.0, 0.0)
