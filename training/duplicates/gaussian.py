"""The compiled loops of the Gaussian window; the proof is `training.duplicates.join`'s.

Importing this module imports numba, so only functions import it. The filter is
separable: first down the columns, a row of the result at a time, then along that row.

A pair is summed in float32, twice as many numbers at a time as in float64. What that
may be wrong by is bounded (`training.duplicates.window.Gaussian.rounding_band`), and a
pair that is so close to the threshold is summed again by the same loops in float64
(`double_sum`): the type of the weights decides. Summaries are float64 until the
variance is taken, for a bound of the deficit sees the root of its error.

Pixels, their sums and differences less a whole number, and sums of two squares of
those are whole numbers below 2^24: float32 holds them exactly.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiling import compiled
from .kernels import strip_bounds
from .ssim_constants import C1, C2, RADIUS, Array, gaussian_weights

_SIDE = 2 * RADIUS + 1
#: The outermost six of the 11 symmetric weights, and what else d is made of.
_DOUBLE = tuple(np.float64(v) for v in (*gaussian_weights()[:6], C1, C2, 0.5))
_WEIGHTS = np.array(_DOUBLE[:RADIUS])
_W5 = _DOUBLE[RADIUS]
_SINGLE = tuple(np.float32(v) for v in _DOUBLE)
#: Rows of windows for which `double_sum` keeps pixels at a time.
_ROWS = 24


@compiled
def _down(planes: Array, k: int, r: int, c: int, w: Any) -> Any:
    """Weigh 11 values of plane ``k``, from row ``r`` on; written out to vectorise."""
    return (
        w[0] * (planes[k, r, c] + planes[k, r + 10, c])
        + w[1] * (planes[k, r + 1, c] + planes[k, r + 9, c])
        + w[2] * (planes[k, r + 2, c] + planes[k, r + 8, c])
        + w[3] * (planes[k, r + 3, c] + planes[k, r + 7, c])
        + w[4] * (planes[k, r + 4, c] + planes[k, r + 6, c])
        + w[5] * planes[k, r + 5, c]
    )


@compiled
def _down_squares(planes: Array, k: int, r: int, c: int, w: Any) -> Any:
    """Weigh the squares of 11 values of plane ``k``, from row ``r`` on."""
    return (
        w[0] * (planes[k, r, c] ** 2 + planes[k, r + 10, c] ** 2)
        + w[1] * (planes[k, r + 1, c] ** 2 + planes[k, r + 9, c] ** 2)
        + w[2] * (planes[k, r + 2, c] ** 2 + planes[k, r + 8, c] ** 2)
        + w[3] * (planes[k, r + 3, c] ** 2 + planes[k, r + 7, c] ** 2)
        + w[4] * (planes[k, r + 4, c] ** 2 + planes[k, r + 6, c] ** 2)
        + w[5] * planes[k, r + 5, c] ** 2
    )


@compiled
def _along(columns: Array, k: int, c: int, w: Any) -> Any:
    """Weigh 11 values of row ``k``, from column ``c`` on."""
    return (
        w[0] * (columns[k, c] + columns[k, c + 10])
        + w[1] * (columns[k, c + 1] + columns[k, c + 9])
        + w[2] * (columns[k, c + 2] + columns[k, c + 8])
        + w[3] * (columns[k, c + 3] + columns[k, c + 7])
        + w[4] * (columns[k, c + 4] + columns[k, c + 6])
        + w[5] * columns[k, c + 5]
    )


@compiled
def _filter_down(planes: Array, row: int, columns: Array, weights: Any) -> None:
    """Weigh 11 rows of each plane, and of its squares, into ``columns``.

    Parameters
    ----------
    planes
        (2, rows, W) of the weights' type.
    row
        The first of the 11.
    columns
        (4, W) of the weights' type, overwritten: the planes, then the squares.
    weights
        `_SINGLE` or `_DOUBLE`.
    """
    for k in range(2):
        for c in range(planes.shape[2]):
            columns[k, c] = _down(planes, k, row, c, weights)
            columns[2 + k, c] = _down_squares(planes, k, row, c, weights)


@compiled
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
        m, m^2, sqrt(v) and v over the block's windows, of mean m and variance v.
    """
    height, width = frame.shape
    n_rows, n_columns = height - _SIDE + 1, width - _SIDE + 1
    pixels = np.empty((step + _SIDE - 1, width), np.float32)
    columns = np.empty((2, width))
    strip = np.empty((4, n_columns), np.float32)
    for block_row in range(out.shape[1]):
        strip[:] = np.float32(0)
        top = block_row * step
        bottom = min(top + step, n_rows)
        for row in range(top, bottom + _SIDE - 1):
            for c in range(width):
                pixels[row - top, c] = np.float32(frame[row, c])
        for row in range(bottom - top):
            _filter_pixels(pixels, row, columns)
            _add_windows(columns, strip)
        for k in range(4):
            for block in range(out.shape[2]):
                left = block * step
                part = strip[k, left : min(left + step, n_columns)]
                out[k, block_row, block] = part.sum()


@compiled
def _filter_pixels(pixels: Array, top: int, columns: Array) -> None:
    """Weigh 11 rows of pixels, and of their squares, into (2, W) ``columns``.

    Two rows of one weight are added in float32, which is exact, and then widened;
    through a function the compiler does not vectorise that.
    """
    for c in range(columns.shape[1]):
        middle = pixels[top + 5, c]
        s, q = _W5 * np.float64(middle), _W5 * np.float64(middle * middle)
        for k in range(RADIUS):
            a, b = pixels[top + k, c], pixels[top + 2 * RADIUS - k, c]
            s += _WEIGHTS[k] * np.float64(a + b)
            q += _WEIGHTS[k] * np.float64(a * a + b * b)
        columns[0, c], columns[1, c] = s, q


@compiled
def _add_windows(columns: Array, strip: Array) -> None:
    """Add m, m^2, sqrt(v) and v of one row of windows to (4, windows) ``strip``."""
    for c in range(strip.shape[1]):
        exact = _along(columns, 0, c, _DOUBLE)
        variance = max(_along(columns, 1, c, _DOUBLE) - exact * exact, 0.0)
        mean, v = np.float32(exact), np.float32(variance)
        strip[0, c] += mean
        strip[1, c] += mean * mean
        strip[2, c] += np.sqrt(v)
        strip[3, c] += v


@compiled
def _split(
    x: Array, y: Array, rows: tuple[int, int], centre: Any, planes: Array
) -> None:
    """Write x + y - ``centre`` and x - y of some rows to (2, rows, W) ``planes``."""
    for row in range(rows[0], rows[1]):
        for c in range(x.shape[1]):
            a, b = np.float32(x[row, c]), np.float32(y[row, c])
            planes[0, row - rows[0], c] = a + b - centre
            planes[1, row - rows[0], c] = a - b


@compiled
def _row_sum(columns: Array, centre: Any, weights: Any) -> float:
    """Sum d over one row of windows.

    Parameters
    ----------
    columns
        (4, W): u = x + y - centre, w = x - y, u^2 and w^2, weighed down the columns.
    centre
        Of the same type. A variance does not feel it, and the nearer it is to the
        mean of x + y, the less is lost in the difference of squares.
    weights
        `_SINGLE` or `_DOUBLE`, of the same type.
    """
    c1, c2, half = weights[6], weights[7], weights[8]
    total = weights[0] - weights[0]  # zero, of that type
    for c in range(columns.shape[1] - _SIDE + 1):
        mu, mw = _along(columns, 0, c, weights), _along(columns, 1, c, weights)
        vu = _along(columns, 2, c, weights) - mu * mu
        vw = _along(columns, 3, c, weights) - mw * mw
        # 2 (mx^2 + my^2) = mu^2 + mw^2, and the variances likewise
        uu, ww = (mu + centre) ** 2, mw * mw
        b1 = half * (uu + ww) + c1
        b2 = half * (vu + vw) + c2
        total += (ww * b2 + (b1 - ww) * vw) / (b1 * b2)
    return float(total)


@compiled
def pair_sum(x: Array, y: Array, a: Array, b: Array, step: int, budget: float) -> float:
    """Sum d over all windows of two frames, or stop when it must exceed the budget.

    Parameters and result are those of `training.duplicates.uniform.pair_sum`.
    """
    n_rows, n_columns = x.shape[0] - _SIDE + 1, x.shape[1] - _SIDE + 1
    planes = np.empty((2, step + _SIDE - 1, x.shape[1]), np.float32)
    columns = np.empty((4, x.shape[1]), np.float32)
    bounds = np.empty(a.shape[1])
    rest = strip_bounds(a, b, bounds)
    total = 0.0
    for _ in range(bounds.size):
        worst = int(np.argmax(bounds))
        rest = max(rest - bounds[worst], 0.0)
        bounds[worst] = -1.0
        top = worst * step
        bottom = min(top + step, n_rows)
        n = (bottom - top) * n_columns
        centre = np.float32(round((a[0, worst].sum() + b[0, worst].sum()) / n))
        _split(x, y, (top, bottom + _SIDE - 1), centre, planes)
        for row in range(bottom - top):
            _filter_down(planes, row, columns, _SINGLE)
            total += _row_sum(columns, centre, _SINGLE)
            if total + rest > budget:
                return float(total + rest)
    return float(total)


@compiled
def double_sum(x: Array, y: Array) -> float:
    """Sum d over all windows of two (H, W) uint8 frames, in float64."""
    n_rows = x.shape[0] - _SIDE + 1
    planes = np.empty((2, _ROWS + _SIDE - 1, x.shape[1]))
    columns = np.empty((4, x.shape[1]))
    total = 0.0
    for top in range(0, n_rows, _ROWS):
        bottom = min(top + _ROWS, n_rows)
        _split(x, y, (top, bottom + _SIDE - 1), 0.0, planes)
        for row in range(bottom - top):
            _filter_down(planes, row, columns, _DOUBLE)
            total += _row_sum(columns, 0.0, _DOUBLE)
    return float(total)
