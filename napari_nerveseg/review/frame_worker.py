"""Works through frames in a thread, and through those that change meanwhile again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class FrameWorker(Generic[T]):
    """Reads something about each frame that is asked for, one after the other.

    Nothing is read before `start`. What changes while it is being read is read again,
    and the first answer is thrown away.

    Parameters
    ----------
    read
        Called in the thread with the frame; returns what `put` takes.
    put
        Called in the thread with the frame and what was read of it; quick.
    """

    def __init__(self, read: Callable[[str], T], put: Callable[[str, T], None]) -> None:
        self._read, self._put = read, put
        self._waiting: dict[str, None] = {}
        self._news = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy: str | None = None
        self._stale = self._ended = False

    @property
    def waiting(self) -> int:
        """How many frames are still to be read."""
        with self._news:
            return len(self._waiting) + (self._busy is not None)

    def start(self) -> None:
        """Begin to read; again does nothing."""
        if self._thread is None and not self._ended:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def ask(self, frames: Iterable[str]) -> None:
        """Read ``frames``, once more if need be."""
        with self._news:
            for frame in frames:
                self._waiting[frame] = None
                self._stale |= frame == self._busy
            self._news.notify_all()

    def drop(self, frames: Iterable[str]) -> None:
        """Do not read ``frames``."""
        with self._news:
            for frame in frames:
                self._waiting.pop(frame, None)
                self._stale |= frame == self._busy

    def wait(self, seconds: float) -> bool:
        """Wait until all that was asked for is read; say whether it is."""
        with self._news:
            return self._news.wait_for(
                lambda: not self._waiting and self._busy is None, seconds
            )

    def close(self) -> None:
        """Stop reading for good."""
        with self._news:
            self._ended = True
            self._waiting.clear()
            self._news.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while (frame := self._next()) is not None:
            found = self._read(frame)
            with self._news:
                if not self._stale:
                    self._put(frame, found)

    def _next(self) -> str | None:
        """Wait for a frame; None is the end."""
        with self._news:
            self._busy = None
            self._news.notify_all()
            self._news.wait_for(lambda: self._waiting or self._ended)
            if self._ended:
                return None
            self._busy = next(iter(self._waiting))
            del self._waiting[self._busy]
            self._stale = False
            return self._busy
