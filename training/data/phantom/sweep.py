"""Where the probe stands for each frame, and which masks are drawn wrong.

A sonographer sweeps slowly along the neck, comes back, holds still: frames of
one place recur minutes apart. Each new frame is therefore, with the twin rate's
probability, a return to the place of an earlier frame, missed by a little, and
else a place of its own. Popular places grow more popular, as they do in real
recordings. The order of frames is shuffled, as in the published data, so twins
are no neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .subject import PLANTS, SWEEP, Subject

#: Two frames closer than this, in units of probe position, have an SSIM above
#: 0.99 (scikit-image's defaults); beyond 2.2 times it, below 0.95.
NEAR = 0.10

#: Half the length of the stretch at the nerve's end in which no frame is taken:
#: so no two frames that look alike disagree about the nerve by chance.
GAP = 0.6

#: Length of the sweep on either side of that, units of probe position.
LENGTH = 20.0

#: How far a return misses the place, as a standard deviation.
MISS = 1.35 * NEAR

#: The share of frames that are returns, unless the caller says otherwise.
TWIN_RATE = 0.6

#: One mask in so many is drawn wrong, at least one a subject where that can be.
PLANT_EVERY = 40

#: Share of frames with a nerve, by subject: quantiles of the published masks.
_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
_SHARES = (0.0, 0.045, 0.22, 0.41, 0.57, 0.79, 0.91)

_GOLDEN = 0.6180339887498949

EMPTY, SHAPE = "empty-versus-nerve", "shape"


@dataclass(frozen=True)
class Sweep:
    """The frames of one subject, in the order of their numbers.

    Attributes
    ----------
    positions : tuple of float
        Probe positions; the nerve shows where they are above zero.
    plantings : dict of int to str
        Index of a frame whose mask is drawn wrong, and the kind of conflict.
    """

    positions: tuple[float, ...]
    plantings: dict[int, str]


def nerve_share(number: int) -> float:
    """Give subject ``number``'s share of frames with a nerve, 0 to 0.91.

    Successive subjects walk evenly through the published distribution, so that
    a set of any number of subjects has about its mean, 0.41.
    """
    place = (0.75 + (number - 1) * _GOLDEN) % 1.0
    return float(np.interp(place, _QUANTILES, _SHARES))


def plan_sweep(subject: Subject, frames: int, twin_rate: float) -> Sweep:
    """Decide where ``frames`` frames of ``subject`` are taken, and the plantings."""
    with_nerve = round(nerve_share(subject.number) * frames)
    nerve = _walk(subject, with_nerve, twin_rate, first=0)
    bare = _walk(subject, frames - with_nerve, twin_rate, first=with_nerve)
    positions = np.array([*nerve, *(-z for z in bare)])
    order = subject.rng(SWEEP, frames).permutation(frames)
    positions = positions[order]
    wrong = _choose_plantings(subject, positions, max(1, frames // PLANT_EVERY))
    return Sweep(tuple(float(z) for z in positions), wrong)


def _walk(subject: Subject, count: int, twin_rate: float, first: int) -> list[float]:
    """Give ``count`` distances from the nerve's end, all above `GAP`."""
    places: list[float] = []
    for k in range(count):
        rng = subject.rng(SWEEP, first + k)
        returns = places and rng.random() < twin_rate
        if k == 1:  # every stretch has one true pair of twins
            place = places[0] + 0.4 * NEAR
        elif returns:
            place = places[rng.integers(len(places))] + rng.normal(0, MISS)
        else:
            place = rng.uniform(GAP, GAP + LENGTH)
        places.append(float(max(place, GAP)))
    return places


def _choose_plantings(
    subject: Subject, positions: np.ndarray, wanted: int
) -> dict[int, str]:
    """Choose frames with a nerve and a twin, each far from the others chosen."""
    rng = subject.rng(PLANTS, len(positions))
    distance = np.abs(positions[:, None] - positions)
    np.fill_diagonal(distance, np.inf)
    has_twin = (distance.min(axis=1, initial=np.inf) < 0.6 * NEAR) & (positions > 0)
    kinds = [EMPTY, SHAPE] if subject.number % 2 else [SHAPE, EMPTY]
    chosen: dict[int, str] = {}
    for index in rng.permutation(np.flatnonzero(has_twin)):
        if len(chosen) == wanted:
            break
        if all(distance[index, other] > 8 * NEAR for other in chosen):
            chosen[int(index)] = kinds[len(chosen) % 2]
    return chosen
