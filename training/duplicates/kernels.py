"""The compiled loops that do not depend on the window: bounds, and which pairs survive.

Importing this module imports numba, so only functions import it.
"""

from __future__ import annotations

import numpy as np

from .compiling import compiled
from .ssim_constants import Array


@compiled
def survivors(
    coarse: Array,
    fine: Array,
    first: int,
    last: int,
    start: int,
    budget: float,
    rows: Array,
    columns: Array,
) -> int:
    """List the pairs whose lower bound does not exceed the budget.

    Parameters
    ----------
    coarse
        (4, blocks, n) float32 summaries over large blocks, frames innermost.
    fine
        (n, 4, blocks) float32 summaries over small blocks.
    first, last
        The rows ``first <= i < last`` of the pair matrix.
    start
        Each row has all columns j with ``j > i`` and ``j >= start``.
    budget
        The largest sum of d that a pair may still have.
    rows, columns
        int64, overwritten with i and j; long enough for all pairs of the rows.

    Returns
    -------
    int
        How many pairs survive.
    """
    n = coarse.shape[2]
    bound = np.empty(n, np.float32)
    found = 0
    for i in range(first, last):
        begin = max(i + 1, start)
        bound[begin:] = np.float32(0.0)
        for b in range(coarse.shape[1]):
            m, q = coarse[0, b, i], coarse[1, b, i]
            s, v = coarse[2, b, i], coarse[3, b, i]
            for j in range(begin, n):
                dm = coarse[0, b, j] - m
                ds = coarse[2, b, j] - s
                bound[j] += max(
                    dm * dm / (coarse[1, b, j] + q), ds * ds / (coarse[3, b, j] + v)
                )
        for j in range(begin, n):
            if bound[j] <= budget and block_bound(fine[i], fine[j]) <= budget:
                rows[found] = i
                columns[found] = j
                found += 1
    return found


@compiled
def block_bound(a: Array, b: Array) -> float:
    """Return a lower bound of the sum of d from two frames' (4, blocks) summaries."""
    total = np.float32(0.0)
    for k in range(a.shape[1]):
        dm = a[0, k] - b[0, k]
        ds = a[2, k] - b[2, k]
        total += max(dm * dm / (a[1, k] + b[1, k]), ds * ds / (a[3, k] + b[3, k]))
    return float(total)


@compiled
def strip_bounds(a: Array, b: Array, bounds: Array) -> float:
    """Set the bound of each row of blocks, and return their sum.

    Parameters
    ----------
    a, b
        (4, rows of blocks, columns of blocks) float32 summaries of two frames.
    bounds
        (rows of blocks,) float64, overwritten.
    """
    total = 0.0
    for k in range(bounds.size):
        bounds[k] = block_bound(a[:, k], b[:, k])
        total += bounds[k]
    return total
