"""The compiled loops of the join; see `training.duplicates.join` for the proof.

Importing this module imports numba, so only functions import it. Each loop
releases the interpreter's lock and works on one frame, one row of the pair matrix
or one pair: the threads are Python's (`training.duplicates.threads`), because
numba's own default threading layer aborts the process when two threads enter it.

Compiling takes about four seconds, once: the machine code is kept beside this file
or, where that cannot be written, in the user's cache. It is renewed when this file
changes; the constants of `window` are part of it, so touch this file with them.

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

_TWO_C1 = np.float32(2 * C1_SUMS)
_TWO_C2 = np.float32(2 * C2_SUMS)
#: Two sums share a word: 49 * (255 + 255) < 2^15, and 510 * 2^15 + 510 < 2^24.
SHIFT = 15
SHIFTED = 1 << SHIFT


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
    columns = np.zeros((2, width), np.int32)
    strip = np.empty((4, n_columns))
    for row in range(SIDE - 1):
        _count_row(frame, row, 1, columns)
    for block_row in range(out.shape[1]):
        strip[:] = 0.0
        top = block_row * step
        for row in range(top, min(top + step, n_rows)):
            _count_row(frame, row + SIDE - 1, 1, columns)
            _add_windows(columns, strip)
            _count_row(frame, row, -1, columns)
        for k in range(4):
            for block in range(out.shape[2]):
                left = block * step
                part = strip[k, left : min(left + step, n_columns)]
                out[k, block_row, block] = part.sum()


@_compiled
def _count_row(frame: Array, row: int, sign: int, columns: Array) -> None:
    """Add or subtract a row of pixels and of their squares to the column sums."""
    for c in range(frame.shape[1]):
        pixel = np.int32(frame[row, c])
        columns[0, c] += np.int32(sign * pixel)
        columns[1, c] += np.int32(sign * pixel * pixel)


@_compiled
def _add_windows(columns: Array, strip: Array) -> None:
    """Add S, S^2, sqrt(V) and V of one row of windows, in float64, to ``strip``."""
    for c in range(strip.shape[1]):
        s, q = np.int32(0), np.int32(0)
        for k in range(SIDE):
            s = np.int32(s + columns[0, c + k])
            q = np.int32(q + columns[1, c + k])
        square = np.int32(s * s)
        v = np.int32(PIXELS * q - square)
        strip[0, c] += s
        strip[1, c] += square
        strip[2, c] += math.sqrt(np.float64(v))
        strip[3, c] += v


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
            if bound[j] <= budget and _block_bound(fine[i], fine[j]) <= budget:
                rows[found] = i
                columns[found] = j
                found += 1
    return found


@_compiled
def _block_bound(a: Array, b: Array) -> float:
    """Return a lower bound of the sum of d from two frames' (4, blocks) summaries."""
    total = 0.0
    for k in range(a.shape[1]):
        dm = a[0, k] - b[0, k]
        ds = a[2, k] - b[2, k]
        total += max(dm * dm / (a[1, k] + b[1, k]), ds * ds / (a[3, k] + b[3, k]))
    return total


@_compiled
def _start(x: Array, y: Array, top: int, columns: Array) -> None:
    """Set the column sums of `_row_sum` for the windows that begin at row ``top``."""
    columns[:] = 0
    for row in range(top, top + SIDE):
        for c in range(x.shape[1]):
            a, b = np.int32(x[row, c]), np.int32(y[row, c])
            columns[0, c] += np.int32((a + b) + (a - b) * SHIFTED)
            columns[1, c] += np.int32((a - b) * (a - b))
            columns[2, c] += np.int32((a + b) * (a + b))


@_compiled
def _slide(x: Array, y: Array, old: int, columns: Array) -> None:
    """Move the column sums down by one row: ``old`` leaves, ``old + SIDE`` comes.

    In float32, which numba does not widen as it does int32; every value here is a
    whole number below 2^24, hence exact.
    """
    shifted = np.float32(SHIFTED)
    for c in range(x.shape[1]):
        a, b = np.float32(x[old + SIDE, c]), np.float32(y[old + SIDE, c])
        e, f = np.float32(x[old, c]), np.float32(y[old, c])
        u, w, v, z = a + b, a - b, e + f, e - f
        columns[0, c] += np.int32((u - v) + (w - z) * shifted)
        columns[1, c] += np.int32(w * w - z * z)
        columns[2, c] += np.int32(u * u - v * v)


@_compiled
def _row_sum(columns: Array, n_columns: int) -> float:
    """Sum d over one row of windows.

    Parameters
    ----------
    columns
        (3, W) int32: over the window's 7 rows, the sums of ``u + SHIFTED w`` (two
        sums in one word), ``w^2`` and ``u^2``, where u = x + y and w = x - y.
    n_columns
        The number of windows.
    """
    total = np.float32(0)
    for c in range(n_columns):
        both, ww, uu = np.int32(0), np.int32(0), np.int32(0)
        for k in range(SIDE):
            both = np.int32(both + columns[0, c + k])
            ww = np.int32(ww + columns[1, c + k])
            uu = np.int32(uu + columns[2, c + k])
        sw = np.int32(both >> SHIFT)
        su = np.int32(both & (SHIFTED - 1))
        # a = p / b1 and b = q / b2, each widened by two:
        # 2 (Sx^2 + Sy^2) = su^2 + sw^2, 2 sum(x^2 + y^2) = uu + ww.
        square = np.int32(sw * sw)
        squares = np.int32(su * su + square)
        p = np.float32(np.int32(2 * square))
        q = np.float32(np.int32(2 * (PIXELS * ww - square)))
        b1 = np.float32(squares) + _TWO_C1
        b2 = np.float32(np.int32(PIXELS * (ww + uu) - squares)) + _TWO_C2
        total += (p * b2 + (b1 - p) * q) / (b1 * b2)
    return float(total)


@_compiled
def _strip_sum(x: Array, y: Array, top: int, bottom: int, columns: Array) -> float:
    """Sum d over the rows ``top <= r < bottom`` of windows; ``columns`` is scratch."""
    n_columns = x.shape[1] - SIDE + 1
    _start(x, y, top, columns)
    total = _row_sum(columns, n_columns)
    for row in range(top, bottom - 1):
        _slide(x, y, row, columns)
        total += _row_sum(columns, n_columns)
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
        bounds[k] = _block_bound(a[:, k], b[:, k])
        rest += bounds[k]
    total = 0.0
    for _ in range(bounds.size):
        worst = int(np.argmax(bounds))
        rest -= bounds[worst]
        bounds[worst] = -1.0
        top = worst * step
        total += _strip_sum(x, y, top, min(top + step, n_rows), columns)
        if total + max(rest, 0.0) > budget:
            return float(total + max(rest, 0.0))
    return float(total)
