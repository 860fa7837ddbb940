"""The compiled loops of the Gaussian window; the proof is `training.duplicates.join`'s.

Importing this module imports numba, so only functions import it. The filter is
separable: first along columns, a row of the result at a time, then along rows. All
of it is float64, for no sum is a whole number here, and a variance is a difference of
squares that may be large; but two rows of equal weight are added first, in float32,
where whole numbers below 2^24 are exact. The 11 weights are written out, because the
compiler vectorises neither a function nor a loop over them.
"""

from __future__ import annotations

import numpy as np

from .compiling import compiled
from .kernels import strip_bounds
from .window import C1, C2, RADIUS, Array, gaussian_weights

_SIDE = 2 * RADIUS + 1
_WEIGHTS = np.array(gaussian_weights())
_W0, _W1, _W2, _W3, _W4, _W5 = gaussian_weights()[: RADIUS + 1]


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
    columns = np.empty((2, width))
    strip = np.empty((4, n_columns))
    for block_row in range(out.shape[1]):
        strip[:] = 0.0
        top = block_row * step
        for row in range(top, min(top + step, n_rows)):
            _filter_columns(frame, row, columns)
            _add_windows(columns, strip)
        for k in range(4):
            for block in range(out.shape[2]):
                left = block * step
                part = strip[k, left : min(left + step, n_columns)]
                out[k, block_row, block] = part.sum()


@compiled
def _filter_columns(frame: Array, top: int, columns: Array) -> None:
    """Weigh 11 rows of pixels, and of their squares, into (2, W) ``columns``."""
    for c in range(columns.shape[1]):
        middle = np.float32(frame[top + RADIUS, c])
        s, q = _W5 * np.float64(middle), _W5 * np.float64(middle * middle)
        for k in range(RADIUS):
            a = np.float32(frame[top + k, c])
            b = np.float32(frame[top + 2 * RADIUS - k, c])
            s += _WEIGHTS[k] * np.float64(a + b)
            q += _WEIGHTS[k] * np.float64(a * a + b * b)
        columns[0, c], columns[1, c] = s, q


@compiled
def _add_windows(columns: Array, strip: Array) -> None:
    """Add m, m^2, sqrt(v) and v of one row of windows to (4, windows) ``strip``."""
    for c in range(strip.shape[1]):
        mean = (
            _W0 * (columns[0, c] + columns[0, c + 10])
            + _W1 * (columns[0, c + 1] + columns[0, c + 9])
            + _W2 * (columns[0, c + 2] + columns[0, c + 8])
            + _W3 * (columns[0, c + 3] + columns[0, c + 7])
            + _W4 * (columns[0, c + 4] + columns[0, c + 6])
            + _W5 * columns[0, c + 5]
        )
        squares = (
            _W0 * (columns[1, c] + columns[1, c + 10])
            + _W1 * (columns[1, c + 1] + columns[1, c + 9])
            + _W2 * (columns[1, c + 2] + columns[1, c + 8])
            + _W3 * (columns[1, c + 3] + columns[1, c + 7])
            + _W4 * (columns[1, c + 4] + columns[1, c + 6])
            + _W5 * columns[1, c + 5]
        )
        square = mean * mean
        variance = max(squares - square, 0.0)
        strip[0, c] += mean
        strip[1, c] += square
        strip[2, c] += np.sqrt(variance)
        strip[3, c] += variance


@compiled
def _filter_pair(x: Array, y: Array, top: int, columns: Array) -> None:
    """Weigh 11 rows of u, w, u^2, w^2 into (4, W); u = x + y and w = x - y."""
    for c in range(columns.shape[1]):
        a, b = np.float32(x[top + RADIUS, c]), np.float32(y[top + RADIUS, c])
        u, w = a + b, a - b
        su, sw = _W5 * np.float64(u), _W5 * np.float64(w)
        uu, ww = _W5 * np.float64(u * u), _W5 * np.float64(w * w)
        for k in range(RADIUS):
            a, b = np.float32(x[top + k, c]), np.float32(y[top + k, c])
            below = top + 2 * RADIUS - k
            e, f = np.float32(x[below, c]), np.float32(y[below, c])
            u, w, v, z = a + b, a - b, e + f, e - f
            su += _WEIGHTS[k] * np.float64(u + v)
            sw += _WEIGHTS[k] * np.float64(w + z)
            uu += _WEIGHTS[k] * np.float64(u * u + v * v)
            ww += _WEIGHTS[k] * np.float64(w * w + z * z)
        columns[0, c], columns[1, c], columns[2, c], columns[3, c] = su, sw, uu, ww


@compiled
def _row_sum(columns: Array, n_columns: int) -> float:
    """Sum d over one row of windows, from the (4, W) of `_filter_pair`."""
    total = 0.0
    for c in range(n_columns):
        mu = (
            _W0 * (columns[0, c] + columns[0, c + 10])
            + _W1 * (columns[0, c + 1] + columns[0, c + 9])
            + _W2 * (columns[0, c + 2] + columns[0, c + 8])
            + _W3 * (columns[0, c + 3] + columns[0, c + 7])
            + _W4 * (columns[0, c + 4] + columns[0, c + 6])
            + _W5 * columns[0, c + 5]
        )
        mw = (
            _W0 * (columns[1, c] + columns[1, c + 10])
            + _W1 * (columns[1, c + 1] + columns[1, c + 9])
            + _W2 * (columns[1, c + 2] + columns[1, c + 8])
            + _W3 * (columns[1, c + 3] + columns[1, c + 7])
            + _W4 * (columns[1, c + 4] + columns[1, c + 6])
            + _W5 * columns[1, c + 5]
        )
        su = (
            _W0 * (columns[2, c] + columns[2, c + 10])
            + _W1 * (columns[2, c + 1] + columns[2, c + 9])
            + _W2 * (columns[2, c + 2] + columns[2, c + 8])
            + _W3 * (columns[2, c + 3] + columns[2, c + 7])
            + _W4 * (columns[2, c + 4] + columns[2, c + 6])
            + _W5 * columns[2, c + 5]
        )
        sw = (
            _W0 * (columns[3, c] + columns[3, c + 10])
            + _W1 * (columns[3, c + 1] + columns[3, c + 9])
            + _W2 * (columns[3, c + 2] + columns[3, c + 8])
            + _W3 * (columns[3, c + 3] + columns[3, c + 7])
            + _W4 * (columns[3, c + 4] + columns[3, c + 6])
            + _W5 * columns[3, c + 5]
        )
        # 2 (mx^2 + my^2) = mu^2 + mw^2, and the variances likewise
        uu, ww = mu * mu, mw * mw
        vu, vw = su - uu, sw - ww
        b1 = 0.5 * (uu + ww) + C1
        b2 = 0.5 * (vu + vw) + C2
        total += (ww * b2 + (b1 - ww) * vw) / (b1 * b2)
    return total


@compiled
def pair_sum(x: Array, y: Array, a: Array, b: Array, step: int, budget: float) -> float:
    """Sum d over all windows of two frames, or stop when it must exceed the budget.

    Parameters and result are those of `training.duplicates.uniform.pair_sum`.
    """
    n_rows, n_columns = x.shape[0] - _SIDE + 1, x.shape[1] - _SIDE + 1
    columns = np.empty((4, x.shape[1]))
    bounds = np.empty(a.shape[1])
    rest = strip_bounds(a, b, bounds)
    total = 0.0
    for _ in range(bounds.size):
        worst = int(np.argmax(bounds))
        rest = max(rest - bounds[worst], 0.0)
        bounds[worst] = -1.0
        top = worst * step
        for row in range(top, min(top + step, n_rows)):
            _filter_pair(x, y, row, columns)
            total += _row_sum(columns, n_columns)
            if total + rest > budget:
                return float(total + rest)
    return float(total)
