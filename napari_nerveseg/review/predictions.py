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
from .out_of_fold import checkpoint_name

if TYPE_CHECKING:
    from .._engine import DecisionRule, PredictionSet

Probability = npt.NDArray[np.uint8]

#: Decoded predicted masks, and probability maps, kept at hand.
MASKS_KEPT, MAPS_KEPT = 128, 64


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
    rule
        The checkpoint's decision rule, which cut the mask.
    """

    probability: Probability
    mask: Mask
    presence: float | None
    source: str
    rule: DecisionRule | None = None


class Predictions:
    """Looks up predictions by frame; an answer that came later wins over the set.

    Attributes
    ----------
    loaded : PredictionSet or None
        The set that was read.
    rule : DecisionRule or None
        What masks are cut by where there is a map; None takes them as they came.
    """

    def __init__(self, shape_of: Callable[[str], tuple[int, int]], say: Say) -> None:
        self.loaded: PredictionSet | None = None
        self.rule: DecisionRule | None = None
        self._shape_of, self._say = shape_of, say
        self._set_ids: frozenset[str] = frozenset()
        self._live: dict[str, LivePrediction] = {}
        self._masks: Lru[Mask | None] = Lru(MASKS_KEPT)
        self._maps: Lru[Probability | None] = Lru(MAPS_KEPT)

    @property
    def own_rule(self) -> DecisionRule:
        """The rule of the checkpoint that predicted; the neutral one if unknown."""
        rule = None if self.loaded is None else self.loaded.rule
        if rule is None and self._live:
            rule = next(reversed(self._live.values())).rule
        return rule or _engine.DecisionRule()

    @property
    def ids(self) -> frozenset[str]:
        """The frames that have a prediction."""
        return self._set_ids | self._live.keys()

    @property
    def live(self) -> frozenset[str]:
        """The frames whose prediction is an answer that came since."""
        return frozenset(self._live)

    def load(self, found: PredictionSet) -> None:
        """Replace all that is known by a set that was read."""
        self.loaded = found
        self._set_ids = frozenset(found.ids)
        self.rule = None
        self._live.clear()
        self._masks.clear()
        self._maps.clear()

    def put(self, frame: str, prediction: LivePrediction) -> None:
        """Take one answer."""
        self._live[frame] = prediction

    def mask(self, frame: str) -> Mask | None:
        """Return the predicted mask, (H, W) bool, or None.

        One that cannot be read is said, and is None.
        """
        probability = None if self.rule is None else self.probability(frame)
        if self.rule is not None and probability is not None:
            return self.rule.decide(probability, self.presence(frame))
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
        return self._maps.get(frame, self.fresh_probability)

    def fresh_probability(self, frame: str) -> Probability | None:
        """Return what `probability` does, read anew; any thread may ask for it."""
        live = self._live.get(frame)
        if live is not None:
            return live.probability
        loaded = self.loaded
        return None if loaded is None else loaded.probability(frame)

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
        return self.loaded.uncertainty(frame)

    def frame_uncertainty(self, frame: str) -> float | None:
        """Return the mean of that over the predicted masks, in [0, 1], or None."""
        if frame in self._live or self.loaded is None or frame not in self._set_ids:
            return None
        return self.loaded.frame_uncertainty(frame)

    def fresh_mask(self, frame: str) -> Mask | None:
        """Return what `mask` does, read anew; any thread may ask for it.

        Raises
        ------
        InputError
            If it cannot be read.
        """
        rule, live, loaded = self.rule, self._live.get(frame), self.loaded
        probability = None if rule is None else self.fresh_probability(frame)
        if rule is not None and probability is not None:
            return rule.decide(probability, self.presence(frame))
        if live is not None:
            return live.mask
        if loaded is None or frame not in self._set_ids:
            return None
        return loaded.mask(frame, self._shape_of(frame))

    def source(self, frame: str) -> str:
        """Return where the predicted mask of a frame comes from."""
        if frame in self._live:
            name = self._live[frame].source
        else:
            name = "" if self.loaded is None else checkpoint_name(self.loaded, frame)
        return name if self.rule is None else f"{name} ({self.rule.words()})"

    def _read(self, frame: str) -> Mask | None:
        if self.loaded is None:
            return None
        try:
            return self.loaded.mask(frame, self._shape_of(frame))
        except _engine.InputError as error:
            self._say("warning", str(error))
            return None
