"""What a model said about the frames: a loaded set, and answers that came since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import _engine
from .actions import Mask
from .current_labels import Say
from .lru import Lru

if TYPE_CHECKING:
    from .._engine import PredictionSet

Probability = npt.NDArray[np.uint8]

#: Decoded predicted masks kept at hand.
MASKS_KEPT = 128


@dataclass(frozen=True, eq=False)
class LivePrediction:
    """One answer of the prediction worker.

    Attributes
    ----------
    probability
        (H, W) uint8, 255 is certain.
    mask
        (H, W) bool, cut from it by the checkpoint's decision rule.
    presence
        Probability that the frame shows a nerve, in [0, 1].
    source
        The checkpoint's name, kept with the mask if it is accepted.
    """

    probability: Probability
    mask: Mask
    presence: float | None
    source: str


class Predictions:
    """Looks up predictions by frame; an answer that came later wins over the set."""

    def __init__(self, shape_of: Callable[[str], tuple[int, int]], say: Say) -> None:
        self.loaded: PredictionSet | None = None
        self._shape_of, self._say = shape_of, say
        self._set_ids: frozenset[str] = frozenset()
        self._live: dict[str, LivePrediction] = {}
        self._masks: Lru[Mask | None] = Lru(MASKS_KEPT)

    @property
    def ids(self) -> frozenset[str]:
        """The frames that have a prediction."""
        return self._set_ids | self._live.keys()

    def load(self, found: PredictionSet) -> None:
        """Replace all that is known by a set that was read."""
        self.loaded = found
        self._set_ids = frozenset(found.ids)
        self._live.clear()
        self._masks.clear()

    def put(self, frame: str, prediction: LivePrediction) -> None:
        """Take one answer."""
        self._live[frame] = prediction

    def mask(self, frame: str) -> Mask | None:
        """Return the predicted mask, (H, W) bool, or None.

        One that cannot be read is said, and is None.
        """
        if frame in self._live:
            return self._live[frame].mask
        if self.loaded is None or frame not in self._set_ids:
            return None
        return self._masks.get(frame, self._read)

    def probability(self, frame: str) -> Probability | None:
        """Return the probability map, (H, W) uint8, or None."""
        if frame in self._live:
            return self._live[frame].probability
        if self.loaded is None or frame not in self._set_ids:
            return None
        return self.loaded.probability(frame)

    def presence(self, frame: str) -> float | None:
        """Return the probability that the frame shows a nerve, or None."""
        if frame in self._live:
            return self._live[frame].presence
        if self.loaded is None or frame not in self._set_ids:
            return None
        return self.loaded.presence(frame)

    def uncertainty(self, frame: str) -> Probability | None:
        """Return how much flips or members disagree, (H, W) uint8, or None."""
        if frame in self._live or self.loaded is None or frame not in self._set_ids:
            return None
        read = getattr(self.loaded, "uncertainty", None)
        return None if read is None else read(frame)

    def source(self, frame: str) -> str:
        """Return where the prediction of a frame comes from."""
        if frame in self._live:
            return self._live[frame].source
        return "" if self.loaded is None else self.loaded.path.name

    def _read(self, frame: str) -> Mask | None:
        if self.loaded is None:
            return None
        try:
            return self.loaded.mask(frame, self._shape_of(frame))
        except _engine.InputError as error:
            self._say("warning", str(error))
            return None
