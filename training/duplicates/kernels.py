"""The compiled loops of the join; see `training.duplicates.join` for the proof.

Importing this module imports numba, so only functions import it. Each loop
releases the interpreter's lock and works on one frame, one row of the pair matrix
or one pair: the threads are Python's (`training.duplicates.threads`), because
numba's own default threading layer aborts the process when two threads enter it.

``error_model="numpy"`` keeps the divisions free of a test for zero that would stop
vectorisation (no divisor here can be zero). Of the fast-math flags only those that
reorder sums are on: ``nnan`` would let a NaN through and ``arcp`` replaces exact
quotients. All integers stay in int32: numba computes in int64, and the outermost
``np.int32`` lets the compiler narrow the whole expression again.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from .window import C1_SUMS, C2_SUMS, PIXELS, SIDE, Array

F = TypeVar("F", bound=Callable[..., Any])

_C1 = np.float32(C1_SUMS)
_C2 = np.float32(C2_SUMS)


def _compiled(function: F) -> F:
    """Compile ``function`` on first use, kept on disk where that is possible."""
    import numba

    options: dict[str, Any] = {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": {"reassoc", "nsz", "contract"},
    }
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder can be written: compile anew in each process
        compiled = numba.njit(**options)(function)
    return compiled  # type: ignore[no-any-return]


@_compiled
def summarise(frame: Array, step: int, out: Array) -> None:
    """Sum up the windows of one frame, block by block.

    Parameters
    ----------
    frame
        (H, W) uint8.
    step
        Side of a block in windows.
    out
        (4, rows of blocks, columns of blocks) float64, overwritten with the sums of
        S, S^2, sqrt(V) and V over the block's windows, where S is the sum over the
        window's 49 pixels and V = 49 * (sum of squares) - S^2.
    """
    height, width = frame.shape
    n_rows, n_columns = height - SIDE + 1, width - SIDE + 1
    sums = np.zeros(width, np.int32)
    squares = np.zeros(width, np.int32)
    out[:] = 0.0
    for row in range(height):
        for c in range(width):
            new = np.int32(frame[row, c])
            sums[c] += new
            squares[c] += np.int32(new * new)
        top = row - SIDE + 1
        if top < 0:
            continue
        block_row = top // step
        for block in range(out.shape[2]):
            total, total_square, total_root, total_v = 0.0, 0.0, 0.0, 0.0
            for c in range(block * step, min((block + 1) * step, n_columns)):
                s, q = np.int32(0), np.int32(0)
                for k in range(SIDE):
                    s = np.int32(s + sums[c + k])
                    q = np.int32(q + squares[c + k])
                square = np.int32(s * s)
                v = np.float64(np.int32(PIXELS * q - square))
                total += s
                total_square += square
                total_root += math.sqrt(v)
                total_v += v
            out[0, block_row, block] += total
            out[1, block_row, block] += total_square
            out[2, block_row, block] += total_root
            out[3, block_row, block] += total_v
        if top < n_rows:
            for c in range(width):
                old = np.int32(frame[top, c])
                sums[c] -= old
                squares[c] -= np.int32(old * old)


@_compiled
def survivors(
    coarse: Array,
    fine: Array,
    first: int,
    last: int,
    budget: float,
    rows: Array,
    columns: Array,
) -> int:
    """List the pairs whose lower bound does not exceed the budget.

    Parameters
    ----------
    coarse
        (4, blocks, n) float64 summaries over large blocks, frames innermost.
    fine
        (n, 4, blocks) float64 summaries over small blocks.
    first, last
        The rows ``first <= i < last`` of the pair matrix, each with all ``j > i``.
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
    bound = np.empty(n)
    found = 0
    for i in range(first, last):
        bound[i + 1 :] = 0.0
        for b in range(coarse.shape[1]):
            m, q = coarse[0, b, i], coarse[1, b, i]
            s, v = coarse[2, b, i], coarse[3, b, i]
            for j in range(i + 1, n):
                dm = coarse[0, b, j] - m
                ds = coarse[2, b, j] - s
                bound[j] += max(
                    dm * dm / (coarse[1, b, j] + q), ds * ds / (coarse[3, b, j] + v)
                )
        for j in range(i + 1, n):
            if bound[j] <= budget and block_bound(fine[i], fine[j]) <= budget:
                rows[found] = i
                columns[found] = j
                found += 1
    return found


@_compiled
def block_bound(a: Array, b: Array) -> float:
    """Return a lower bound of the sum of d from two frames' (4, blocks) summaries."""
    total = 0.0
    for k in range(a.shape[1]):
        dm = a[0, k] - b[0, k]
        ds = a[2, k] - b[2, k]
        total += max(dm * dm / (a[1, k] + b[1, k]), ds * ds / (a[3, k] + b[3, k]))
    return total


@_compiled
def add_row(x: Array, y: Array, row: int, sign: int, columns: Array) -> None:
    """Add (or subtract) one row of two frames to the column sums of `strip_sum`."""
    for c in range(x.shape[1]):
        a, b = np.int32(x[row, c]), np.int32(y[row, c])
        columns[0, c] += np.int32(sign * (a + b * 65536))
        columns[1, c] += np.int32(sign * ((a - b) * (a - b)))
        columns[2, c] += np.int32(sign * (a * a + b * b))


@_compiled
def row_sum(columns: Array, n_columns: int) -> float:
    """Sum d over one row of windows from the column sums of `strip_sum`."""
    total = np.float32(0)
    for c in range(n_columns):
        both, dd, qq = np.int32(0), np.int32(0), np.int32(0)
        for k in range(SIDE):
            both = np.int32(both + columns[0, c + k])
            dd = np.int32(dd + columns[1, c + k])
            qq = np.int32(qq + columns[2, c + k])
        sy = np.int32(both >> 16)
        sx = np.int32(both & 65535)
        p_int = np.int32((sx - sy) * (sx - sy))
        r_int = np.int32(sx * sx + sy * sy)
        p = np.float32(p_int)
        q = np.float32(np.int32(PIXELS * dd - p_int))
        b1 = np.float32(r_int) + _C1
        b2 = np.float32(np.int32(PIXELS * qq - r_int)) + _C2
        total += (p * b2 + (b1 - p) * q) / (b1 * b2)
    return float(total)


@_compiled
def strip_sum(x: Array, y: Array, top: int, bottom: int, columns: Array) -> float:
    """Sum d over the rows ``top <= r < bottom`` of windows of two frames.

    ``columns`` is (3, W) int32 scratch: over the window's 7 rows, the sums of
    ``x + 65536 y`` (two sums in one word), ``(x - y)^2`` and ``x^2 + y^2``.
    """
    n_columns = x.shape[1] - SIDE + 1
    columns[:] = 0
    for row in range(top, top + SIDE - 1):
        add_row(x, y, row, 1, columns)
    total = 0.0
    for r in range(top, bottom):
        add_row(x, y, r + SIDE - 1, 1, columns)
        total += row_sum(columns, n_columns)
        add_row(x, y, r, -1, columns)
    return total


@_compiled
def pair_sum(x: Array, y: Array, a: Array, b: Array, step: int, budget: float) -> float:
    """Sum d over all windows of two frames, or stop when it must exceed the budget.

    Parameters
    ----------
    x, y
        (H, W) uint8.
    a, b
        (4, rows of blocks, columns of blocks) float64 summaries of x and y.
    step
        Side of a block in windows.
    budget
        The largest sum that is of interest.

    Returns
    -------
    float
        The sum if it is at most ``budget``, else some number above ``budget``.
    """
    n_rows = x.shape[0] - SIDE + 1
    columns = np.empty((3, x.shape[1]), np.int32)
    bounds = np.empty(a.shape[1])
    rest = 0.0
    for k in range(bounds.size):
        bounds[k] = block_bound(a[:, k], b[:, k])
        rest += bounds[k]
    total = 0.0
    for _ in range(bounds.size):
        worst = int(np.argmax(bounds))
        rest -= bounds[worst]
        bounds[worst] = -1.0
        top = worst * step
        total += strip_sum(x, y, top, min(top + step, n_rows), columns)
        if total + max(rest, 0.0) > budget:
            return total + max(rest, 0.0)
    return float(total)
