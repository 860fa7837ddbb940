"""The rule that cuts masks from probabilities, as sliders set it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _engine
from .actions import Mask


@dataclass(frozen=True)
class DecisionRule:
    """When a pixel, and a frame, is nerve; the settings of the engine's ``decide``.

    Parameters
    ----------
    threshold, presence_threshold, min_area_share
        All in [0, 1].
    largest_component, fill_holes
        What is done to the mask that these leave.
    """

    threshold: float = 0.5
    presence_threshold: float = 0.0
    min_area_share: float = 0.0
    largest_component: bool = False
    fill_holes: bool = False

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> DecisionRule:
        """Take a checkpoint's settings; what else they hold is none of this rule's."""
        names = {field.name for field in fields(cls)}
        return cls(**{k: v for k, v in settings.items() if k in names})

    @property
    def filters(self) -> bool:
        """Whether the mask depends on more than how many pixels it has."""
        return self.largest_component or self.fill_holes

    def cut(self, probability: npt.NDArray[np.uint8], presence: float | None) -> Mask:
        """Return the (H, W) bool mask; an unknown presence is taken as certain."""
        settings = asdict(self)
        for name in ("largest_component", "fill_holes"):
            if not settings[name]:
                del settings[name]
        known = 1.0 if presence is None else presence
        mask: Mask = _engine.decide(probability, known, **settings)
        return mask

    def words(self) -> str:
        """Return the rule in a few words."""
        return (
            f"threshold {self.threshold:.2f}, presence {self.presence_threshold:.2f}, "
            f"least area {100 * self.min_area_share:.2f} %"
        )
