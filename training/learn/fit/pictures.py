"""What the network makes of a few validation frames, epoch after epoch."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import interpolate

from ...files import write_whole
from ...networks import infer
from ..preloaded import PreloadedFrames

#: The file in the run folder, and how many frames it shows.
PREVIEW = "preview.npz"
SHOWN = 6

#: Of them show a nerve, if there are as many.
_WITH_NERVE = 4

#: Longest side of a picture, in pixels.
_LONGEST = 256


class Pictures:
    """A fixed choice of validation frames, spread over the subjects.

    Parameters
    ----------
    held
        Validation frames.
    """

    def __init__(self, held: PreloadedFrames) -> None:
        chosen = _choice(held.nerve)
        self._ids = np.array([held.ids[index] for index in chosen])
        self._frames = held.frames[torch.from_numpy(chosen)]
        self._masks = held.masks[torch.from_numpy(chosen)]

    def write(self, run: Path, network: nn.Module, epoch: int) -> None:
        """Write ``preview.npz``, whole.

        It holds ``ids`` (N,), ``epoch``, and (N, h, w) uint8 ``frames``, ``truths``
        (share of nerve times 255) and ``predictions`` (probability times 255), at the
        network's size, or smaller.
        """
        logits = torch.cat([infer(network, frame[None])[0] for frame in self._frames])
        found = (logits.sigmoid() * 255).cpu()
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            ids=self._ids,
            epoch=np.int64(epoch),
            frames=_small(self._frames),
            truths=_small(self._masks),
            predictions=_small(found),
        )
        write_whole(run / PREVIEW, buffer.getvalue())


def _choice(nerve: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return indices spread over the frames, most of them of frames with a nerve."""
    with_nerve, without = np.flatnonzero(nerve), np.flatnonzero(~nerve)
    n = min(len(with_nerve), max(_WITH_NERVE, SHOWN - len(without)))
    found = [_spread(with_nerve, n), _spread(without, SHOWN - n)]
    return np.sort(np.concatenate(found))


def _spread(indices: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    n = min(n, len(indices))
    if not n:
        return indices[:0]
    return indices[np.linspace(0, len(indices) - 1, n).round().astype(np.int64)]


def _small(images: Tensor) -> NDArray[np.uint8]:
    """Return (N, 1, H, W) images of 0 to 255 as (N, h, w) uint8."""
    height, width = images.shape[-2:]
    scale = min(1.0, _LONGEST / max(height, width))
    size = (max(1, round(height * scale)), max(1, round(width * scale)))
    scaled = images.float()
    if scale < 1:
        scaled = interpolate(scaled, size, mode="bilinear", antialias=True)
    small: NDArray[np.uint8] = scaled[:, 0].round().clamp(0, 255).byte().numpy()
    return small
