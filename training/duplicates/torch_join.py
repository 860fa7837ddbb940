"""The exact evaluation on a GPU, by torch; bounds and set are those of the fast join.

Window sums of the 7 x 7 window are int32 sums of shifted copies, hence exact; no
convolution and no matrix product is used, so TF32 cannot enter. Quotients and the
Gaussian window are float64. What lies within the rounding band is decided by
scikit-image, as everywhere.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .exact import judge, loose_budget, make_tasks, survivors_of
from .job import Compare, JoinTask
from .ssim_constants import PIXELS, RADIUS, SIDE, gaussian_weights
from .threads import Tally
from .window import Window

if TYPE_CHECKING:
    import torch

#: Pixels of one batch of pairs: about 100 bytes each on the device.
_BATCH_PIXELS = 16_000_000
#: Bytes of frames that stay on the device.
_KEPT_BYTES = 2_000_000_000


def torch_compare(device: str) -> Compare:
    """Return a way to compare on a device such as "cuda" or "cuda:1".

    Raises
    ------
    InputError
        If torch cannot use the device here.
    """
    import torch

    try:
        place = torch.device(device)
        torch.zeros(1, device=place, dtype=torch.float64)  # which mps lacks
    except (RuntimeError, AssertionError, TypeError) as error:
        raise InputError(
            f"The device {device!r} cannot be used here ({str(error).splitlines()[0]})"
            "; use 'cpu'."
        ) from error
    return lambda job: torch_chunks(job, place)


def torch_chunks(job: JoinTask, device: torch.device) -> None:
    """Put every pair of distinct pictures above the threshold into the basket."""
    import torch

    tasks, total = make_tasks(job)
    progress = job.progress("Comparing frames", total)
    store = _Frames(job, device)
    tally = Tally()
    with torch.inference_mode():
        for task in tasks:
            budget = loose_budget(job, task.shape)
            first = task.cell.first
            n = max(1, _BATCH_PIXELS // (task.shape[0] * task.shape[1]))
            left = (
                (int(first[a]), int(first[b]))
                for a, b in survivors_of(task, job, budget, tally)
            )
            wanted = (pair for pair in left if not job.basket.joined(*pair))
            while batch := list(islice(wanted, n)):
                _compare(job, batch, store)
                progress.step(tally.take())
            progress.step(tally.take())
    progress.step(total - progress.done)


class _Frames:
    """Frames on the device, those used last."""

    def __init__(self, job: JoinTask, device: torch.device) -> None:
        self._job, self._device = job, device
        self._kept: OrderedDict[int, torch.Tensor] = OrderedDict()
        self._bytes = 0

    def stack(self, numbers: Sequence[int]) -> torch.Tensor:
        """Return (B, H, W) uint8."""
        import torch

        return torch.stack([self._get(k) for k in numbers])

    def _get(self, k: int) -> torch.Tensor:
        import torch

        if k not in self._kept:
            frame = torch.from_numpy(np.array(self._job.frames[k]))
            self._kept[k] = frame.to(self._device)
            self._bytes += frame.numel()
        self._kept.move_to_end(k)
        found = self._kept[k]
        while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1].numel()
        return found


def _compare(job: JoinTask, pairs: Sequence[tuple[int, int]], store: _Frames) -> None:
    x = store.stack([i for i, _ in pairs])
    y = store.stack([j for _, j in pairs])
    values = mean_ssims(x, y, job.window).tolist()
    found = [
        (i, j, ssim)
        for (i, j), value in zip(pairs, values, strict=True)
        if (ssim := judge(job, i, j, value)) > job.threshold
    ]
    if found:
        first, second, ssims = zip(*found, strict=True)
        ends = np.array(first, np.int64), np.array(second, np.int64)
        job.basket.add((*ends, np.array(ssims)))


def mean_ssims(x: torch.Tensor, y: torch.Tensor, window: Window) -> torch.Tensor:
    """Return the mean SSIM of each pair.

    Parameters
    ----------
    x, y
        (B, H, W) uint8 on one device.
    window
        Of the SSIM.

    Returns
    -------
    Tensor
        (B,) float64.
    """
    p, q, m, v = (_moments_uniform if window.side == SIDE else _moments_gaussian)(x, y)
    b1, b2 = m.double() + window.c1, v.double() + window.c2
    p, q = p.double(), q.double()
    deficits = (p * b2 + (b1 - p) * q) / (b1 * b2)
    return 1 - deficits.mean(dim=(1, 2))


Moments = tuple["torch.Tensor", "torch.Tensor", "torch.Tensor", "torch.Tensor"]


def _moments_uniform(x: torch.Tensor, y: torch.Tensor) -> Moments:
    """Return (mx - my)^2, var(x - y), mx^2 + my^2, vx + vy in sums, exact in int32."""
    x, y = x.int(), y.int()
    sx, sy = _box(x), _box(y)
    squares, cross = _box(x * x + y * y), _box(x * y)
    apart = (sx - sy) ** 2
    means = sx * sx + sy * sy
    between = PIXELS * (squares - 2 * cross) - apart
    return apart, between, means, PIXELS * squares - means


def _box(z: torch.Tensor) -> torch.Tensor:
    rows, columns = z.shape[1] - SIDE + 1, z.shape[2] - SIDE + 1
    z = _total(z[:, k : k + rows] for k in range(SIDE))
    return _total(z[:, :, k : k + columns] for k in range(SIDE))


def _moments_gaussian(x: torch.Tensor, y: torch.Tensor) -> Moments:
    """Return the same in squared grey levels, in float64."""
    x, y = x.double(), y.double()
    w = x - y
    mx, my, mw = _blur(x), _blur(y), _blur(w)
    apart, means = mw * mw, mx * mx + my * my
    return apart, _blur(w * w) - apart, means, _blur(x * x + y * y) - means


def _blur(z: torch.Tensor) -> torch.Tensor:
    rows, columns = z.shape[1] - 2 * RADIUS, z.shape[2] - 2 * RADIUS
    weights = gaussian_weights()
    z = _total(w * z[:, k : k + rows] for k, w in enumerate(weights))
    return _total(w * z[:, :, k : k + columns] for k, w in enumerate(weights))


def _total(parts: Iterator[torch.Tensor]) -> torch.Tensor:
    total = next(parts).clone()
    for part in parts:
        total += part
    return total
