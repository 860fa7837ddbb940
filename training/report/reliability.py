"""Whether probabilities mean what they say: of ten pixels at 0.7, seven are nerve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: How many bins probabilities are put into.
BINS = 10


@dataclass(frozen=True)
class Reliability:
    """Predicted probabilities against what was found, by bins of equal width.

    Attributes
    ----------
    predicted, found
        (B,) float: the mean probability in each bin that has any, and the share that
        is nerve.
    counts
        (B,) int: how many pixels or frames lie in it.

    References
    ----------
    Guo, C. et al. On calibration of modern neural networks. ICML (2017).
    https://proceedings.mlr.press/v70/guo17a.html
    """

    predicted: NDArray[np.float64]
    found: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def error(self) -> float | None:
        """The expected calibration error: the mean distance of both, by counts."""
        if not len(self.counts):
            return None
        return float(np.average(abs(self.predicted - self.found), weights=self.counts))

    @property
    def points(self) -> list[tuple[float, float | None]]:
        """Both as points (predicted, found)."""
        return list(zip(self.predicted.tolist(), self.found.tolist(), strict=True))


def reliability(
    probability: ArrayLike, found: ArrayLike, weights: ArrayLike | None = None
) -> Reliability:
    """Put probabilities into bins.

    Parameters
    ----------
    probability
        (N,) float in [0, 1].
    found
        (N,) float: how many of the ``weights`` each stands for are nerve.
    weights
        (N,) int: how many pixels or frames each stands for; None: one.
    """
    p = np.asarray(probability, float)
    hits = np.asarray(found, float)
    n = np.ones(len(p), np.int64) if weights is None else np.asarray(weights, np.int64)
    bins = np.minimum((p * BINS).astype(int), BINS - 1)
    counts = np.bincount(bins, weights=n, minlength=BINS)
    some = counts > 0
    means = np.bincount(bins, weights=p * n, minlength=BINS)[some] / counts[some]
    shares = np.bincount(bins, weights=hits, minlength=BINS)[some] / counts[some]
    return Reliability(means, shares, counts[some].astype(np.int64))


class PixelCounts:
    """Counts pixels by their probability, 0 to 255, and how many are nerve."""

    def __init__(self) -> None:
        self._all = np.zeros(256, np.int64)
        self._nerve = np.zeros(256, np.int64)

    def add(self, probability: NDArray[np.uint8], truth: NDArray[np.bool_]) -> None:
        """Count the pixels of a frame, both (H, W)."""
        self._all += np.bincount(probability.ravel(), minlength=256)
        self._nerve += np.bincount(probability[truth], minlength=256)

    def reliability(self) -> Reliability:
        """Return what was counted so far."""
        return reliability(np.arange(256) / 255, self._nerve, self._all)


def presence_reliability(
    presence: Sequence[float | None], has_nerve: Sequence[bool]
) -> Reliability | None:
    """Put frames into bins by their presence.

    Parameters
    ----------
    presence
        Of each frame, in [0, 1]; None is unknown.
    has_nerve
        Whether it shows a nerve.

    Returns
    -------
    Reliability or None
        None unless there are frames of both kinds.
    """
    known = [
        (p, has) for p, has in zip(presence, has_nerve, strict=True) if p is not None
    ]
    if len({has for _, has in known}) < 2:
        return None
    return reliability([p for p, _ in known], [has for _, has in known])
