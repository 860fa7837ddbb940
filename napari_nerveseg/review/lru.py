"""A dictionary that forgets what was not asked for longest."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Lru(Generic[V]):
    """Keeps at most ``limit`` values, by name."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: OrderedDict[str, V] = OrderedDict()

    def get(self, name: str, make: Callable[[str], V]) -> V:
        """Return the value of ``name``, made by ``make(name)`` if it is not kept."""
        if name not in self._values:
            self._values[name] = make(name)
            if len(self._values) > self._limit:
                self._values.popitem(last=False)
        self._values.move_to_end(name)
        return self._values[name]

    def drop(self, name: str) -> None:
        """Forget one value."""
        self._values.pop(name, None)

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()

    def __len__(self) -> int:
        return len(self._values)
