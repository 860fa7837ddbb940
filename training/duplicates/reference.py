"""The join as scikit-image does it, pair by pair: for few pairs, and for tests."""

from __future__ import annotations

from itertools import chain

import numpy as np

from .job import JoinTask


def reference_chunks(job: JoinTask) -> None:
    """Put every pair of distinct pictures above the threshold into the basket."""
    pairs = list(chain.from_iterable(cell.pairs() for cell in job.cells))
    progress = job.progress("Comparing frames", len(pairs))
    for i, j in progress.over(pairs):
        if job.basket.joined(i, j):
            continue
        ssim = job.window.mean_ssim(job.frames[i], job.frames[j])
        if ssim > job.threshold:
            ends = np.array([[i], [j]], np.int64)
            job.basket.add((ends[0], ends[1], np.array([ssim])))
