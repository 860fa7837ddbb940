"""From a probability map to a mask: one rule, used by every path."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Probability = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class DecisionRule:
    """When a pixel, and a frame, is nerve: what turns a prediction into a mask.

    A default does nothing to the mask beside the threshold. So ``presence_threshold``
    is 0 and not a half: a rule that says nothing of presence (predictions or labels of
    an early version, a network without a presence of its own) must not empty masks.
    What a training finds is never the default: every checkpoint says it.

    Parameters
    ----------
    threshold
        A pixel is nerve if its probability is this or more, in [0, 1]; one of
        probability 0 never is.
    presence_threshold
        Below this presence the mask is empty, in [0, 1].
    min_area_share
        A mask smaller than this share of the frame is emptied, in [0, 1]. It is the
        whole mask's area that counts, before the two settings below.
    largest_component
        Whether only the largest connected part of the mask stays.
    fill_holes
        Whether what the mask then encloses becomes part of it.

    Raises
    ------
    ValueError
        If a setting is of another type, or outside [0, 1].
    """

    threshold: float = 0.5
    presence_threshold: float = 0.0
    min_area_share: float = 0.0
    largest_component: bool = False
    fill_holes: bool = False

    def __post_init__(self) -> None:
        for name in SHARES:
            if not is_share(value := getattr(self, name)):
                raise ValueError(f"{value} is no share between 0 and 1")
        for name in SWITCHES:
            if not isinstance(value := getattr(self, name), bool):
                raise ValueError(f"{name} is {value}, not true or false")

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> DecisionRule:
        """Return the rule among ``values``, which may hold more; see `DecisionRule`.

        What is not there is the default. Raises ValueError as the class does.
        """
        return cls(**{name: values[name] for name in RULE if name in values})

    def to_json(self) -> dict[str, Any]:
        """Return plain values, of which `from_json` makes the same rule."""
        return asdict(self)

    @property
    def filters(self) -> bool:
        """Whether the mask depends on more than how many pixels it has."""
        return self.largest_component or self.fill_holes

    def decide(self, probability: Probability, presence: float | None = None) -> Mask:
        """Return the mask that a prediction means.

        Parameters
        ----------
        probability
            (H, W) uint8, 0 to 255 for 0 to 1. It is quantised first so that a mask cut
            from a stored map equals the one cut when it was predicted.
        presence
            Probability that the frame shows a nerve, in [0, 1]; one that is not known
            empties nothing.

        Returns
        -------
        ndarray
            (H, W) bool.

        Raises
        ------
        ValueError
            If ``probability`` is not uint8.
        """
        if probability.dtype != np.uint8:
            raise ValueError(
                f"probability is {probability.dtype}, not quantised to uint8"
            )
        mask: Mask = probability >= threshold_level(self.threshold)
        too_small = np.count_nonzero(mask) < self.min_area_share * mask.size
        absent = presence is not None and presence < self.presence_threshold
        if absent or too_small:
            return np.zeros_like(mask)
        if self.largest_component:
            mask = _keep_largest(mask)
        return _close_holes(mask) if self.fill_holes else mask

    def words(self) -> str:
        """Return the rule in a few words."""
        return (
            f"threshold {self.threshold:.2f}, presence {self.presence_threshold:.2f}, "
            f"least area {100 * self.min_area_share:.2f} %"
        )


#: The names of the rule's settings, in their order: those in [0, 1], then the others.
RULE = tuple(field.name for field in fields(DecisionRule))
SHARES, SWITCHES = RULE[:3], RULE[3:]


def is_share(value: object) -> bool:
    """Say whether a value is a number from 0 to 1."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 <= value <= 1  # type: ignore[operator]


def threshold_level(threshold: float) -> int:
    """Return the lowest uint8 level that counts as nerve, 1 to 255.

    Rounded first, lest 0.2 * 255, a little more than 51 in binary, ask for 52.
    """
    return max(1, math.ceil(round(threshold * 255, 6)))


def _keep_largest(mask: Mask) -> Mask:
    """Return the largest connected part, corners touching; the first among equals.

    Parameters
    ----------
    mask
        (H, W) bool.
    """
    from scipy.ndimage import label

    parts, count = label(mask, structure=np.ones((3, 3)))
    if count < 2:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    largest: Mask = parts == sizes.argmax()
    return largest


def _close_holes(mask: Mask) -> Mask:
    """Fill what is enclosed by the mask; corners do not let the outside in.

    Parameters
    ----------
    mask
        (H, W) bool.
    """
    from scipy.ndimage import label

    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return mask
    inside = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    # With a margin all of the outside hangs together, and is part 1.
    outside, _count = label(~np.pad(mask[inside], 1))
    filled = mask.copy()
    filled[inside] = outside[1:-1, 1:-1] != 1
    return filled
