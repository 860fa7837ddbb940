"""Numbers that drift smoothly as the probe moves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Drift:
    """A mean and two slow sines: how an anatomical measure varies along a sweep.

    Attributes
    ----------
    mean : float
        What it swings about.
    parts : tuple of (amplitude, frequency, phase)
        The frequency in radians per unit of probe position.
    """

    mean: float
    parts: tuple[tuple[float, float, float], ...]

    def __call__(self, z: float) -> float:
        """Give the value at probe position ``z``."""
        return self.mean + sum(a * math.sin(f * z + p) for a, f, p in self.parts)


def draw_drift(
    rng: np.random.Generator,
    mean: float,
    swing: float,
    periods: tuple[float, float] = (12.0, 40.0),
) -> Drift:
    """Draw a wave that stays within about ``mean`` ± ``swing``.

    Parameters
    ----------
    rng
        Where the phases come from.
    mean, swing
        In the measure's own unit.
    periods
        Shortest and longest period, in units of probe position.
    """
    parts = []
    for share in (0.6, 0.4):
        period = rng.uniform(*periods)
        phase = rng.uniform(0, 2 * math.pi)
        parts.append((share * swing, 2 * math.pi / period, phase))
    return Drift(mean, tuple(parts))
