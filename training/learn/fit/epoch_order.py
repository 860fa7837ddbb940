"""In which order an epoch's frames are learned from, and how often each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..settings.config import TrainConfig

Indices = NDArray[np.int64]


def epoch_order(
    config: TrainConfig,
    subjects: Sequence[str | None],
    nerve: NDArray[np.bool_],
    epoch: int,
) -> Indices:
    """Deal out an epoch, which always has as many samples as there are frames.

    With ``balance_subjects`` every subject has as many samples, give or take one;
    with ``nerve_share`` every batch has that share of nerve frames, to a frame. Then
    some frames come more often than others, but none again before all its fellows
    came. Depends on (seed, epoch) only.

    Parameters
    ----------
    config
        Seed, batch and balance.
    subjects, nerve
        Of each of the N frames: whose it is, and whether it shows a nerve.
    epoch
        Counted from 1.

    Returns
    -------
    ndarray
        (N,) int64 indices of the frames.
    """
    rng = np.random.default_rng([config.seed, epoch])
    n = len(nerve)
    people = np.zeros(n, np.int64)
    if config.balance_subjects:
        people = np.unique([name or "" for name in subjects], return_inverse=True)[1]
    if config.nerve_share is None or nerve.all() or not nerve.any():
        return _draw(np.arange(n), n, people, rng)
    n_nerve = round(n * config.nerve_share)
    shows = _draw(np.flatnonzero(nerve), n_nerve, people, rng)
    empty = _draw(np.flatnonzero(~nerve), n - n_nerve, people, rng)
    order = _spread(shows, empty)
    for start in range(0, n, config.batch):  # ranks and parts take every n-th of it
        rng.shuffle(order[start : start + config.batch])
    return order


def _draw(
    frames: Indices, count: int, people: NDArray[np.int64], rng: np.random.Generator
) -> Indices:
    """Draw ``count`` of the frames, as many of each person."""
    owners = people[frames]
    piles = [frames[owners == owner] for owner in np.unique(owners)]
    quotas = np.full(len(piles), count // len(piles))
    quotas[rng.permutation(len(piles))[: count % len(piles)]] += 1
    drawn = [_rounds(*both, rng) for both in zip(piles, quotas, strict=True)]
    return rng.permutation(np.concatenate(drawn))


def _rounds(pile: Indices, count: int, rng: np.random.Generator) -> Indices:
    """Go through a pile in new orders until ``count`` are drawn."""
    rounds = range(-(-count // len(pile)))
    return np.concatenate([rng.permutation(pile) for _ in rounds] or [pile])[:count]


def _spread(some: Indices, others: Indices) -> Indices:
    """Join two lists so that any stretch has both in their proportion, to one."""
    n = len(some) + len(others)
    reached = np.arange(n + 1) * len(some) // n
    own = reached[1:] > reached[:-1]
    order = np.empty(n, np.int64)
    order[own], order[~own] = some, others
    return order
