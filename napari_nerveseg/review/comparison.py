"""Two sources of masks against each other: where they differ most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .. import _engine
from .frame_worker import FrameWorker
from .mask_sources import MaskSource


@dataclass(frozen=True)
class Difference:
    """How two masks of one frame differ: their Dice, and their areas in pixels."""

    frame: str
    dice: float
    areas: tuple[int, int]


class Comparison:
    """Compares two sources frame by frame in a thread.

    Parameters
    ----------
    frames
        Those to compare.
    a, b
        What is compared.
    """

    def __init__(self, frames: Iterable[str], a: MaskSource, b: MaskSource) -> None:
        self.a, self.b = a, b
        self._found: dict[str, Difference] = {}
        self._worker = FrameWorker(self._read, self._put)
        self._worker.ask(frames)
        self._worker.start()

    @property
    def waiting(self) -> int:
        """How many frames are still to be compared."""
        return self._worker.waiting

    @property
    def compared(self) -> int:
        """How many frames both have a mask of, as far as they were read."""
        return len(self._found)

    def touch(self, frames: Iterable[str]) -> None:
        """Compare ``frames`` anew."""
        self._worker.ask(frames)

    def one(self, frame: str) -> Difference | None:
        """Return how the two differ on one frame now; None if either has no mask."""
        return self._read(frame)

    def differing(self) -> list[Difference]:
        """Return the frames read so far on which the two differ, the most first.

        Both empty is no difference; of equal Dice, the larger difference in area
        comes first.
        """
        found = [d for d in tuple(self._found.values()) if d.dice < 1]
        return sorted(found, key=lambda d: (d.dice, -abs(d.areas[0] - d.areas[1])))

    def wait(self, seconds: float) -> bool:
        """Wait until all frames are compared; say whether they are."""
        return self._worker.wait(seconds)

    def close(self) -> None:
        """Stop comparing."""
        self._worker.close()

    def _read(self, frame: str) -> Difference | None:
        a, b = self.a.mask(frame), self.b.mask(frame)
        if a is None or b is None or a.shape != b.shape:
            return None
        areas = int(np.count_nonzero(a)), int(np.count_nonzero(b))
        return Difference(frame, _engine.dice(a, b), areas)

    def _put(self, frame: str, found: Difference | None) -> None:
        self._found.pop(frame, None)
        if found is not None:
            self._found[frame] = found
