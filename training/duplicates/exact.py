"""The fast join: bounds from summaries first, pixels only for what they leave.

`training.duplicates.join` has the proof, `training.duplicates.kernels`, ``uniform``
and ``gaussian`` the loops.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from types import ModuleType

import numpy as np

from .frames import Cell, batches
from .job import JoinTask
from .ssim_constants import Array, Frame
from .threads import Tally, for_each
from .window import Window

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
        return sum(n - self.cell.begin(i) for i in range(self.first, self.last))


def kernels_of(window: Window) -> ModuleType:
    """Return the module with the window's ``summarise`` and ``pair_sum``."""
    from . import gaussian, uniform

    return {"uniform7": uniform, "gaussian": gaussian}[window.name]


def exact_chunks(job: JoinTask) -> None:
    """Put every pair of distinct pictures above the threshold into the basket."""
    tasks, total = make_tasks(job)
    progress = job.progress("Comparing frames", total)

    def work(task: Task, tally: Tally) -> None:
        found = _compare(task, job, tally)
        # in portions, for what the basket knows spares comparisons in a still clip
        while portion := list(islice(found, _PORTION)):
            i, j, ssim = zip(*portion, strict=True)
            job.basket.add(
                (np.array(i, np.int64), np.array(j, np.int64), np.array(ssim))
            )

    for _ in for_each(tasks, work, progress):
        pass


def make_tasks(job: JoinTask) -> tuple[Iterator[Task], int]:
    """Summarise the frames; return the job's tasks, and how many pairs they have."""
    cells = [cell for cell in job.cells if cell.n_pairs]
    summaries = summarise_cells(job, cells)
    rows = [
        (k, range(first, last))
        for k, cell in enumerate(cells)
        for first, last in _cut_rows(cell)
    ]
    total = sum(
        len(cells[k].members) - cells[k].begin(i) for k, part in rows for i in part
    )
    return _tasks(job.frames, cells, rows, summaries), total


def summarise_cells(job: JoinTask, cells: Sequence[Cell]) -> list[Array]:
    """Return for each cell its pictures' (n, 4, rows, columns) float32 block sums.

    They are those of the kernel ``summarise``, with half of the block's share of the
    constants added to the second and fourth, so that adding two frames' gives the
    divisors of the bounds.
    """
    summarise = kernels_of(job.window).summarise
    constants = [
        _constants(job.frames[cell.first[0]].shape, job.window) for cell in cells
    ]
    summaries = [
        np.empty((len(cell.members), *more.shape), np.float32)
        for cell, more in zip(cells, constants, strict=True)
    ]
    todo = [
        (c, row, k) for c, cell in enumerate(cells) for row, k in enumerate(cell.first)
    ]

    def work(batch: range, tally: Tally) -> None:
        for c, row, k in (todo[position] for position in batch):
            sums = np.empty_like(constants[c])
            summarise(job.frames[k], STEP, sums)
            summaries[c][row] = sums + constants[c]
            tally.add(1)

    progress = job.progress("Summarising frames", len(todo))
    for _ in for_each(batches(len(todo)), work, progress):
        pass
    return summaries


def _constants(shape: tuple[int, int], window: Window) -> Array:
    rows, columns = (_lengths(side - window.side + 1) for side in shape)
    half_sizes = np.outer(rows, columns) / 2
    zero = np.zeros_like(half_sizes)
    return np.stack([zero, half_sizes * window.c1, zero, half_sizes * window.c2])


def _lengths(n: int) -> Array:
    """Return the lengths of ``n`` windows cut into pieces of `STEP`."""
    return np.diff(np.append(np.arange(0, n, STEP), n)).astype(np.float64)


def _cut_rows(cell: Cell) -> Iterator[tuple[int, int]]:
    rows = max(1, _TASK_PAIRS // len(cell.members))
    for first in range(0, cell.n_rows, rows):
        yield first, min(first + rows, cell.n_rows)


def _tasks(
    frames: Sequence[Frame],
    cells: Sequence[Cell],
    rows: Sequence[tuple[int, range]],
    summaries: Sequence[Array],
) -> Iterator[Task]:
    last = -1
    for k, part in rows:
        cell, fine = cells[k], summaries[k]
        if k != last:
            last, shape, coarse = k, frames[cell.first[0]].shape, _coarse(fine)
        yield Task(cell, shape, fine, coarse, part.start, part.stop)


def _coarse(fine: Array) -> Array:
    """Add up (n, 4, rows, columns) over large blocks: (4, blocks, n), contiguous."""
    rows, columns = (-(-side // LARGE) for side in fine.shape[2:])
    out = np.empty((4, rows * columns, len(fine)), np.float32)
    for block in range(rows * columns):
        top, left = (LARGE * k for k in divmod(block, columns))
        part = fine[:, :, top : top + LARGE, left : left + LARGE]
        out[:, block] = part.sum(axis=(2, 3), dtype=np.float64).T
    return out


def _compare(
    task: Task, job: JoinTask, tally: Tally
) -> Iterator[tuple[int, int, float]]:
    """Yield the pairs above the threshold: indices of frames, and SSIM."""
    pair_sum = kernels_of(job.window).pair_sum
    n = job.window.n_windows(task.shape)
    budget = loose_budget(job, task.shape)
    first = task.cell.first
    for a, b in survivors_of(task, job, budget, tally):
        tally.add(1)
        i, j = int(first[a]), int(first[b])
        if job.basket.joined(i, j):
            continue
        x, y = job.frames[i], job.frames[j]
        deficit = pair_sum(x, y, task.fine[a], task.fine[b], STEP, budget)
        if deficit <= budget:
            ssim = judge(job, i, j, 1 - deficit / n)
            if ssim > job.threshold:
                yield i, j, ssim


def loose_budget(job: JoinTask, shape: tuple[int, int]) -> float:
    """Return the sum of d that no pair above the threshold can reach.

    It is wider than the budget by what rounding may do to a sum or to a bound.
    """
    room = job.window.rounding_band(shape, job.threshold) + job.window.slack
    return (1 - job.threshold + room) * job.window.n_windows(shape)


def judge(job: JoinTask, i: int, j: int, ssim: float) -> float:
    """Return a mean SSIM of ours, or a better one if rounding might matter."""
    x = job.frames[i]
    band = job.window.rounding_band(x.shape, job.threshold)
    if abs(ssim - job.threshold) <= band:
        return job.window.settle(x, job.frames[j], job.threshold)
    return ssim


def survivors_of(
    task: Task, job: JoinTask, budget: float, tally: Tally
) -> Iterator[tuple[int, int]]:
    """Yield the pairs of a task's pictures that the bounds, and the basket, leave."""
    from .kernels import survivors

    n_pairs = task.n_pairs
    rows, columns = np.empty(n_pairs, np.int64), np.empty(n_pairs, np.int64)
    fine = task.fine.reshape(len(task.fine), 4, -1)
    start = task.cell.n_left or 0
    found = survivors(
        task.coarse, fine, task.first, task.last, start, budget, rows, columns
    )
    first = task.cell.first
    left = job.basket.left(first[rows[:found]], first[columns[:found]])
    tally.add(n_pairs - left.size)
    yield from zip(rows[left].tolist(), columns[left].tolist(), strict=True)
