"""What each conflict costs, worked out when there is time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from .. import _engine

if TYPE_CHECKING:
    from .._engine import DuplicatePair
    from .current_labels import CurrentLabels

Group = tuple[str, ...]


class HarmTable:
    """The harm of groups: the Dice, in frames, that a perfect model loses by them.

    Parameters
    ----------
    labels
        The masks and statuses now; excluded frames count for nothing.
    pairs_of
        Gives the similar pairs of a group.
    """

    def __init__(
        self,
        labels: CurrentLabels,
        pairs_of: Callable[[Group], Sequence[DuplicatePair]],
    ) -> None:
        self._labels, self._pairs_of = labels, pairs_of
        self._known: dict[Group, float] = {}
        self._waiting: dict[Group, None] = {}

    @property
    def waiting(self) -> int:
        """How many groups wait to be weighed."""
        return len(self._waiting)

    def of(self, group: Group) -> float | None:
        """Return the harm of a group, or None if it is not known yet."""
        return self._known.get(group)

    def want(self, groups: Iterable[Group]) -> None:
        """Weigh these groups, as far as that is still to be done."""
        self._waiting.update(dict.fromkeys(g for g in groups if g not in self._known))

    def forget(self, group: Group) -> None:
        """Note that masks of a group have changed."""
        self._known.pop(group, None)

    def clear(self) -> None:
        """Begin anew."""
        self._known.clear()
        self._waiting.clear()

    def work(self, deadline: float) -> list[Group]:
        """Weigh groups until ``deadline`` (`time.monotonic`); return which."""
        done = []
        while self._waiting and time.monotonic() < deadline:
            group = next(iter(self._waiting))
            del self._waiting[group]
            self._known[group] = self._weigh(group)
            done.append(group)
        return done

    def _weigh(self, group: Group) -> float:
        store, labels = self._labels.store, self._labels
        counted = [frame for frame in group if store.status(frame) != "excluded"]
        areas = sorted(labels.known_area(frame) or 0 for frame in counted)
        missing = any(labels.missing(frame) for frame in counted)
        if len(areas) == 2 and areas[0] == 0 < areas[1] and not missing:
            return 1.0  # a nerve or none: no need to read the masks
        masks = {frame: labels.mask(frame) for frame in counted}
        patches = {f: _engine.Patch.of(m) for f, m in masks.items() if m is not None}
        pairs = [(pair.a, pair.b) for pair in self._pairs_of(group)]
        return float(sum(_engine.frame_losses(patches, pairs).values()))
