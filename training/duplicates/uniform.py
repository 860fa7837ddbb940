"""The compiled loops of the 7 x 7 window; see `training.duplicates.join` for the proof.

Importing this module imports numba, so only functions import it. All integers stay
in int32: numba computes in int64, and the outermost ``np.int32`` lets the compiler
narrow the whole expression again.
"""

from __future__ import annotations

import numpy as np

from .compiling import compiled
from .kernels import strip_bounds
from .ssim_constants import C1_SUMS, C2_SUMS, PIXELS, SIDE, Array

_C1 = np.float32(C1_SUMS)
_C2 = np.float32(C2_SUMS)
_HALF = np.float32(0.5)
#: Two sums share a word: 49 * (255 + 255) < 2^15, and 510 * 2^15 + 510 < 2^24.
SHIFT = 15
SHIFTED = 1 << SHIFT


@compiled
def summarise(frame: Array, step: int, out: Array) -> None:
    """Sum up the windows of one frame, block by block.

    Parameters
    ----------
    frame
        (H, W) uint8.
    step
        Side of a block in windows, 24 at most (the sums over a strip are int32).
    out
        (4, rows of blocks, columns of blocks) float64, overwritten with the sums of
        S, S^2, sqrt(V) and V over the block's windows, where S is the sum over the
        window's 49 pixels and V = 49 Q - S^2 with the sum of squares Q.
    """
    n_rows, n_columns = frame.shape[0] - SIDE + 1, frame.shape[1] - SIDE + 1
    columns = np.zeros((2, frame.shape[1]), np.int32)
    thirds = np.empty((2, n_columns + 4), np.int32)
    strip = np.empty((3, n_columns), np.int32)
    roots = np.empty(n_columns, np.float32)
    for row in range(SIDE):
        _count_row(frame, row, columns)
    for block_row in range(out.shape[1]):
        strip[:] = 0
        roots[:] = np.float32(0)
        top = block_row * step
        for row in range(top, min(top + step, n_rows)):
            if row > 0:
                _slide_row(frame, row - 1, columns)
            _add_thirds(columns, thirds)
            _add_windows(columns, thirds, strip, roots)
        for block in range(out.shape[2]):
            left = block * step
            right = min(left + step, n_columns)
            v = float(strip[2, left:right].sum())
            out[0, block_row, block] = strip[0, left:right].sum()
            out[1, block_row, block] = PIXELS * float(strip[1, left:right].sum()) - v
            out[2, block_row, block] = roots[left:right].sum()
            out[3, block_row, block] = v


@compiled
def _count_row(frame: Array, row: int, columns: Array) -> None:
    """Add a row of pixels and of their squares to the column sums."""
    for c in range(frame.shape[1]):
        pixel = np.int32(frame[row, c])
        columns[0, c] += pixel
        columns[1, c] += np.int32(pixel * pixel)


@compiled
def _slide_row(frame: Array, old: int, columns: Array) -> None:
    """Move the column sums down by one row; in float32 as in `_slide`."""
    for c in range(frame.shape[1]):
        a, e = np.float32(frame[old + SIDE, c]), np.float32(frame[old, c])
        columns[0, c] += np.int32(a - e)
        columns[1, c] += np.int32(a * a - e * e)


@compiled
def _add_thirds(columns: Array, thirds: Array) -> None:
    """Add up three neighbours: 7 of them are two such sums and one column more.

    That is 6 loads instead of 7 that straddle two lines of the cache, and 4 additions
    instead of 6.
    """
    for k in range(thirds.shape[0]):
        for c in range(thirds.shape[1]):
            two = np.int32(columns[k, c] + columns[k, c + 1])
            thirds[k, c] = np.int32(two + columns[k, c + 2])


@compiled
def _add_windows(columns: Array, thirds: Array, strip: Array, roots: Array) -> None:
    """Add S, Q and V of one row of windows to ``strip``, and sqrt(V) to ``roots``.

    Over 24 rows no sum reaches 2^31: V <= 49^2 255^2 / 4.
    """
    for c in range(roots.size):
        s = np.int32(np.int32(thirds[0, c] + thirds[0, c + 3]) + columns[0, c + 6])
        q = np.int32(np.int32(thirds[1, c] + thirds[1, c + 3]) + columns[1, c + 6])
        v = np.int32(PIXELS * q - np.int32(s * s))
        strip[0, c] += s
        strip[1, c] += q
        strip[2, c] += v
        roots[c] += np.sqrt(np.float32(v))


@compiled
def _start(x: Array, y: Array, top: int, columns: Array) -> None:
    """Set the column sums of `_row_sum` for the windows that begin at row ``top``."""
    columns[:] = 0
    for row in range(top, top + SIDE):
        for c in range(x.shape[1]):
            a, b = np.int32(x[row, c]), np.int32(y[row, c])
            columns[0, c] += np.int32((a + b) + (a - b) * SHIFTED)
            columns[1, c] += np.int32((a - b) * (a - b))
            columns[2, c] += np.int32((a + b) * (a + b))


@compiled
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


@compiled
def _row_sum(columns: Array, thirds: Array, n_columns: int) -> float:
    """Sum d over one row of windows.

    Parameters
    ----------
    columns
        (3, W) int32: over the window's 7 rows, the sums of ``u + SHIFTED w`` (two
        sums in one word), ``w^2`` and ``u^2``, where u = x + y and w = x - y.
    thirds
        (3, windows + 4) int32, scratch.
    n_columns
        The number of windows.
    """
    _add_thirds(columns, thirds)
    total = np.float32(0)
    for c in range(n_columns):
        both = np.int32(np.int32(thirds[0, c] + thirds[0, c + 3]) + columns[0, c + 6])
        ww = np.int32(np.int32(thirds[1, c] + thirds[1, c + 3]) + columns[1, c + 6])
        uu = np.int32(np.int32(thirds[2, c] + thirds[2, c + 3]) + columns[2, c + 6])
        sw = np.int32(both >> SHIFT)
        su = np.int32(both & (SHIFTED - 1))
        # 2 (Sx^2 + Sy^2) = su^2 + sw^2, and the variances likewise
        mw, mu = np.int32(sw * sw), np.int32(su * su)
        vw, vu = np.int32(PIXELS * ww - mw), np.int32(PIXELS * uu - mu)
        p, q = np.float32(mw), np.float32(vw)
        b1 = np.float32(np.int32(mu + mw)) * _HALF + _C1
        b2 = np.float32(np.int32(vu + vw)) * _HALF + _C2
        total += (p * b2 + (b1 - p) * q) / (b1 * b2)
    return float(total)


@compiled
def _strip_sum(
    x: Array,
    y: Array,
    rows: tuple[int, int],
    limit: float,
    scratch: tuple[Array, Array],
) -> float:
    """Sum d over rows of windows, from the first to before the last.

    The sum may end as soon as it exceeds ``limit``.
    """
    columns, thirds = scratch
    n_columns = x.shape[1] - SIDE + 1
    _start(x, y, rows[0], columns)
    total = _row_sum(columns, thirds, n_columns)
    for row in range(rows[0], rows[1] - 1):
        if total > limit:
            break
        _slide(x, y, row, columns)
        total += _row_sum(columns, thirds, n_columns)
    return total


@compiled
def pair_sum(x: Array, y: Array, a: Array, b: Array, step: int, budget: float) -> float:
    """Sum d over all windows of two frames, or stop when it must exceed the budget.

    Parameters
    ----------
    x, y
        (H, W) uint8.
    a, b
        (4, rows of blocks, columns of blocks) float32 summaries of x and y.
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
    scratch = (columns, np.empty((3, x.shape[1] - 2), np.int32))
    bounds = np.empty(a.shape[1])
    rest = strip_bounds(a, b, bounds)
    total = 0.0
    for _ in range(bounds.size):
        worst = int(np.argmax(bounds))
        rest = max(rest - bounds[worst], 0.0)
        bounds[worst] = -1.0
        rows = (worst * step, min(worst * step + step, n_rows))
        total += _strip_sum(x, y, rows, budget - rest - total, scratch)
        if total + rest > budget:
            return float(total + rest)
    return float(total)
