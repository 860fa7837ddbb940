"""How sure a mean over frames is, given that frames of a subject resemble another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def subject_interval(
    values: Sequence[float],
    subjects: Sequence[str],
    *,
    level: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of the mean of ``values``.

    Whole subjects are drawn with replacement, because the frames of one subject are
    no independent draws: an interval by frame is far too narrow.

    Parameters
    ----------
    values
        N values, one a frame.
    subjects
        The N frames' subjects.
    level
        The interval's share, 0.95 for 95 %.
    resamples
        How often the subjects are drawn.
    seed
        Same seed, same interval.

    Returns
    -------
    tuple of float or None
        Low and high end; None with fewer than two subjects.

    References
    ----------
    Davison, A. C., Hinkley, D. V. Bootstrap Methods and their Application, section
    3.8 (1997). https://doi.org/10.1017/CBO9780511802843
    """
    names, place = np.unique(np.asarray(subjects, dtype=str), return_inverse=True)
    if len(names) < 2:
        return None
    place = place.ravel()
    sums = np.bincount(place, weights=np.asarray(values, dtype=float))
    counts = np.bincount(place)
    drawn = _draws(len(names), resamples, seed)
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _draws(n: int, resamples: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, n, size=(resamples, n))
