"""Similar pairs and what their masks say, judged pair by pair as labels change."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from .. import _engine
from .actions import Mask

if TYPE_CHECKING:
    from .._engine import DuplicatePair

#: Up to this many pairs are judged at once after an edit; more wait for `work`.
JUDGED_AT_ONCE = 32

MaskOf = Callable[[str], Mask | None]
AreaOf = Callable[[str], int | None]

#: Frame, frame (in natural order), SSIM.
Similar = tuple[str, str, float]


def judge(
    similar: Similar, mask: MaskOf, area: AreaOf, shape_dice: float
) -> DuplicatePair:
    """Compare the masks of a pair, decoding them only where both show a nerve."""
    first, second, _ = similar

    def dice() -> float | None:
        a, b = mask(first), mask(second)
        if a is None or b is None or a.shape != b.shape:
            return None
        return _engine.dice(a, b)

    areas = area(first), area(second)
    judged = _engine.compare_masks(areas, dice, shape_dice)
    return _engine.DuplicatePair(*similar, *judged)


class PairTable:
    """All pairs of a search, with the judgement of each as soon as it is known."""

    def __init__(
        self, pairs: Sequence[Similar], mask: MaskOf, area: AreaOf, shape_dice: float
    ) -> None:
        self.pairs = pairs
        self._mask, self._area, self._shape_dice = mask, area, shape_dice
        self._known: dict[int, DuplicatePair] = {}
        self._unknown = dict.fromkeys(range(len(pairs)))
        self._of_frame: defaultdict[str, list[int]] = defaultdict(list)
        for number, (a, b, _) in enumerate(pairs):
            self._of_frame[a].append(number)
            self._of_frame[b].append(number)

    @property
    def unknown(self) -> int:
        """How many pairs wait to be judged."""
        return len(self._unknown)

    def pair(self, number: int) -> DuplicatePair:
        """Return a pair; one that waits has neither conflict nor Dice."""
        known = self._known.get(number)
        return known or _engine.DuplicatePair(*self.pairs[number], None, None)

    def touch(self, frames: Iterable[str]) -> None:
        """Judge the pairs of ``frames`` anew, or put them off if they are many."""
        numbers = {n for frame in frames for n in self._of_frame.get(frame, ())}
        for number in sorted(numbers):
            self._unknown[number] = None
            if len(numbers) <= JUDGED_AT_ONCE:
                self._settle(number)

    def work(self, deadline: float) -> set[int]:
        """Judge pairs until ``deadline`` (`time.monotonic`); return their numbers."""
        settled = set()
        while self._unknown and time.monotonic() < deadline:
            number = next(iter(self._unknown))
            self._settle(number)
            settled.add(number)
        return settled

    def _settle(self, number: int) -> None:
        self._unknown.pop(number, None)
        self._known[number] = judge(
            self.pairs[number], self._mask, self._area, self._shape_dice
        )
