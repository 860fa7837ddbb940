"""What every measure does with its two masks first."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: What a measure is when neither mask has a pixel: ``one`` (the competition's rule:
#: both say "no nerve", which is right), ``zero``, or ``nan`` (undefined, leave it
#: out of the mean).
Empty = Literal["one", "zero", "nan"]

_EMPTY = {"one": 1.0, "zero": 0.0, "nan": float("nan")}


def as_pair(a: ArrayLike, b: ArrayLike) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return two (H, W) bool masks of one shape.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    first, second = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if first.shape != second.shape:
        raise ValueError(f"masks of different sizes: {first.shape} and {second.shape}")
    return first, second


def both_empty(rule: Empty) -> float:
    """Return the value that ``rule`` gives to two empty masks.

    Raises
    ------
    ValueError
        If there is no such rule.
    """
    if rule not in _EMPTY:
        raise ValueError(f"empty={rule!r} is none of {', '.join(_EMPTY)}")
    return _EMPTY[rule]
