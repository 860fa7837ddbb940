"""The fast join: bounds from summaries first, pixels only for what they leave.

`training.duplicates.join` has the proof, `training.duplicates.kernels` the loops.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from ..events import OnEvent, Progress, ShouldStop
from .frames import Cell, batches
from .pairs import Basket
from .threads import Tally, for_each
from .window import (
    C1_SUMS,
    C2_SUMS,
    SIDE,
    Array,
    Frame,
    mean_ssim,
    n_windows,
    rounding_band,
)

#: Side of a small block, in windows.
STEP = 24
#: How many small blocks make the side of a large one.
LARGE = 5
#: Pairs that one task filters; their indices take 16 bytes each.
_TASK_PAIRS = 100_000
#: Pairs that go into the basket at a time.
_PORTION = 256


@dataclass(frozen=True)
class Task:
    """The rows ``first <= i < last`` of one cell's pair matrix."""

    cell: Cell
    shape: tuple[int, int]
    fine: Array
    coarse: Array
    first: int
    last: int

    @property
    def n_pairs(self) -> int:
        """The number of pairs in these rows."""
        n = len(self.cell.members)
        return sum(n - 1 - i for i in range(self.first, self.last))


def exact_chunks(
    frames: Sequence[Frame],
    cells: Sequence[Cell],
    threshold: float,
    basket: Basket,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> None:
    """Put every pair of distinct pictures above ``threshold`` into the basket."""
    cells = [cell for cell in cells if cell.n_pairs]
    firsts = [k for cell in cells for k in cell.first]
    progress = Progress("Summarising frames", len(firsts), on_event, should_stop)
    summaries = summarise_frames(frames, firsts, progress)
    total = sum(cell.n_pairs for cell in cells)
    progress = Progress("Comparing frames", total, on_event, should_stop)

    def work(task: Task, tally: Tally) -> None:
        found = _compare(task, frames, threshold, basket, tally)
        # in portions, for what the basket knows spares comparisons in a still clip
        while portion := list(islice(found, _PORTION)):
            i, j, ssim = zip(*portion, strict=True)
            basket.add((np.array(i, np.int64), np.array(j, np.int64), np.array(ssim)))

    for _ in for_each(_tasks(frames, cells, summaries), work, progress):
        pass


def summarise_frames(
    frames: Sequence[Frame], firsts: Sequence[int], progress: Progress
) -> dict[int, Array]:
    """Return for each frame its (4, rows, columns) float64 block sums.

    They are those of `kernels.summarise`, with half of the block's share of the
    constants added to the second and fourth, so that adding two frames' gives the
    divisors of the bounds.
    """
    from .kernels import summarise

    def work(batch: range, tally: Tally) -> list[tuple[int, Array]]:
        found = []
        for k in (firsts[position] for position in batch):
            constants = _constants(frames[k].shape)
            sums = np.empty_like(constants)
            summarise(frames[k], STEP, sums)
            found.append((k, sums + constants))
            tally.add(1)
        return found

    summaries: dict[int, Array] = {}
    for found in for_each(batches(len(firsts)), work, progress):
        summaries.update(found)
    return summaries


def _constants(shape: tuple[int, int]) -> Array:
    rows, columns = (_lengths(side - SIDE + 1) for side in shape)
    half_sizes = np.outer(rows, columns) / 2
    zero = np.zeros_like(half_sizes)
    return np.stack([zero, half_sizes * C1_SUMS, zero, half_sizes * C2_SUMS])


def _lengths(n: int) -> Array:
    """Return the lengths of ``n`` windows cut into pieces of `STEP`."""
    return np.diff(np.append(np.arange(0, n, STEP), n)).astype(np.float64)


def _tasks(
    frames: Sequence[Frame], cells: Sequence[Cell], summaries: dict[int, Array]
) -> Iterator[Task]:
    for cell in cells:
        n = len(cell.members)
        fine = np.stack([summaries[k] for k in cell.first])
        coarse = _coarse(fine)
        shape = frames[cell.first[0]].shape
        rows = max(1, _TASK_PAIRS // n)
        for first in range(0, n - 1, rows):
            yield Task(cell, shape, fine, coarse, first, min(first + rows, n - 1))


def _coarse(fine: Array) -> Array:
    """Add up (n, 4, rows, columns) over large blocks: (4, blocks, n), contiguous."""
    for axis in (2, 3):
        starts = np.arange(0, fine.shape[axis], LARGE)
        fine = np.add.reduceat(fine, starts, axis=axis)
    flat = fine.reshape(len(fine), 4, -1)
    return np.ascontiguousarray(flat.transpose(1, 2, 0))


def _compare(
    task: Task, frames: Sequence[Frame], threshold: float, basket: Basket, tally: Tally
) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs above the threshold: indices of frames, and SSIM."""
    from .kernels import pair_sum

    n = n_windows(task.shape)
    band = rounding_band(task.shape, threshold)
    budget = (1 - threshold + band) * n
    first = task.cell.first
    for a, b in _survivors(task, budget, tally):
        tally.add(1)
        i, j = first[a], first[b]
        if basket.joined(i, j):
            continue
        x, y = frames[i], frames[j]
        deficit = pair_sum(x, y, task.fine[a], task.fine[b], STEP, budget)
        if deficit > budget:
            continue
        ssim = 1 - deficit / n
        if ssim < threshold + band:
            ssim = mean_ssim(x, y)
        if ssim > threshold:
            yield i, j, ssim


def _survivors(task: Task, budget: float, tally: Tally) -> Iterator[tuple[int, int]]:
    from .kernels import survivors

    n_pairs = task.n_pairs
    rows, columns = np.empty(n_pairs, np.int64), np.empty(n_pairs, np.int64)
    fine = task.fine.reshape(len(task.fine), 4, -1)
    found = survivors(task.coarse, fine, task.first, task.last, budget, rows, columns)
    tally.add(n_pairs - found)
    yield from zip(rows[:found].tolist(), columns[:found].tolist(), strict=True)
