"""The join as scikit-image does it, pair by pair: for few pairs, and for tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..events import OnEvent, Progress, ShouldStop
from .frames import Cell
from .pairs import Basket
from .window import Frame, mean_ssim


def reference_chunks(
    frames: Sequence[Frame],
    cells: Sequence[Cell],
    threshold: float,
    basket: Basket,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> None:
    """Put every pair of distinct pictures above ``threshold`` into the basket."""
    total = sum(cell.n_pairs for cell in cells)
    progress = Progress("Comparing frames", total, on_event, should_stop)
    for cell in cells:
        first = cell.first
        for k, i in enumerate(first):
            for j in first[k + 1 :]:
                progress.step()
                if basket.joined(i, j):
                    continue
                ssim = mean_ssim(frames[i], frames[j])
                if ssim > threshold:
                    ends = np.array([[i], [j]], np.int64)
                    basket.add((ends[0], ends[1], np.array([ssim])))
