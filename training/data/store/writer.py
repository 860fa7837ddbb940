"""One thread that writes, so that the window never waits for the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from .store import LabelStore

T = TypeVar("T")


class StoreWriter:
    """Runs calls one after another in a thread of its own, at once.

    ``writer.submit(store.act, "paint", masks=...)`` gives a future; what the call
    raises comes out of it. Calls that are submitted in order happen in order. When
    the interpreter ends, what is pending is written first.

    Parameters
    ----------
    store
        The store that is written to.
    """

    def __init__(self, store: LabelStore) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="label-store")
        self._waiting: set[Future[Any]] = set()
        self._lock = threading.Lock()

    def submit(
        self, call: Callable[..., T], /, *args: object, **kwargs: object
    ) -> Future[T]:
        """Have ``call(*args, **kwargs)`` run in the writing thread.

        Raises
        ------
        RuntimeError
            If the writer is closed.
        """
        with self._lock:
            future = self._thread.submit(call, *args, **kwargs)
            self._waiting.add(future)
        future.add_done_callback(self._done)
        return future

    @property
    def pending(self) -> int:
        """The calls that are not done yet."""
        with self._lock:
            return len(self._waiting)

    def flush(self) -> None:
        """Wait until all that was submitted is done; failures stay in their futures."""
        with self._lock:
            waiting = set(self._waiting)
        wait(waiting)

    def close(self) -> None:
        """Finish what is pending and end the thread; the store stays open."""
        self._thread.shutdown(wait=True)

    def _done(self, future: Future[Any]) -> None:
        with self._lock:
            self._waiting.discard(future)
