r"""All pairs of frames above a similarity, exactly those that scikit-image finds.

The mean SSIM of two frames is the mean over all N windows of ``l * cs`` [1]_. With

    a = 1 - l  = (mx - my)^2 / (mx^2 + my^2 + C1)         0 <= a <= 1
    b = 1 - cs = var(x - y) / (vx + vy + C2)              0 <= b <= 2

(means m, variances v, standard deviations s, each weighted as the window weighs its
pixels; 7 x 7 equal weights with the sample covariance, or Gaussian ones) the deficit
of a window is

    d = 1 - l cs = a + (1 - a) b.

By Cauchy-Schwarz var(x - y) >= (sx - sy)^2, hence b >= c with

    c = (sx - sy)^2 / (vx + vy + C2)                      0 <= c <= 1

and ``d >= a + (1 - a) c = c + a (1 - c)``: so ``d >= max(a, c) >= 0``. (``d >= b`` is
false where cs < 0.)

**Rejection.** Mean SSIM exceeds t exactly if the sum of d over all windows is below
the budget (1 - t) N. No d is negative, so any partial sum, or any lower bound of a
partial sum, that reaches the budget proves that the pair is not above t. Nothing is
ever accepted by a bound.

**Bounds from summaries.** For a block B of windows, Cauchy-Schwarz in the form
``sum p_w^2 / q_w >= (sum p_w)^2 / sum q_w`` (Sedrakyan) gives

    sum_B d >= (sum mx - sum my)^2 / (sum mx^2 + sum my^2 + |B| C1)
    sum_B d >= (sum sx - sum sy)^2 / (sum vx + sum vy + |B| C2),

four numbers per block and frame that do not depend on the partner. The greater of
the two, summed over few large blocks and then over many small ones, rejects most
pairs (`training.duplicates.kernels.survivors`). Nothing here depends on the weights,
so it holds for both windows. The summaries are kept in float32, and every budget that
a bound is held against is widened by what that may add to it (`Window.slack`).

**Exact evaluation.** For the survivors d is summed strip by strip, the strip with the
greatest bound first, until the sum so far plus the bounds of the rest exceeds the
budget. With equal weights, sums over windows are exact int32 (49 * 49 * 255^2 <
2^31), and ``49 * sum((x - y)^2) - (Sx - Sy)^2`` gives var(x - y) without cancellation
in the quotient; so d, a sum of non-negative float32 terms, has a small *relative*
error. With Gaussian weights no sum is a whole number; they are float32 too, and a pair
near t is summed again in float64.

**Rounding.** Values within a proven band of t (`Window.rounding_band`) are decided by
scikit-image itself, strictly above t (with the Gaussian window by float64 sums first,
whose band is a million times narrower); every budget above is that of t minus the band.

References
----------
.. [1] Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli: Image quality
   assessment: from error visibility to structural similarity. IEEE Transactions on
   Image Processing 13(4), 600-612, 2004. doi:10.1109/TIP.2003.819861
.. [2] J. M. Steele: The Cauchy-Schwarz Master Class. Cambridge University Press,
   2004, chapter 1. doi:10.1017/CBO9780511817106
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import chain

import numpy as np

from ..data.store.words import SSIM_THRESHOLD
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop
from .exact import exact_chunks
from .frames import Cell, Roi, check_frames, frame_digests, sort_into_cells
from .job import Compare, JoinTask
from .pairs import Basket, SimilarPairs
from .ssim_constants import Array, Frame
from .torch_join import torch_compare
from .window import WINDOW, get_window

#: Pairs that are kept at most; beyond, only groups are.
MAX_PAIRS = 5_000_000
#: Below so many pixels to compare, scikit-image is done before numba is loaded.
SMALL_JOB = 20_000_000


def find_similar_pairs(
    frames: Array | Sequence[Array],
    threshold: float = SSIM_THRESHOLD,
    *,
    within: Sequence[Hashable] | None = None,
    other: Array | Sequence[Array] | None = None,
    window: str = WINDOW,
    roi: Roi | None = None,
    max_pairs: int = MAX_PAIRS,
    device: str = "cpu",
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> SimilarPairs:
    """Return every pair of frames whose mean SSIM is strictly above a threshold.

    The set equals that of ``skimage.metrics.structural_similarity``; see the module's
    text for the proof.

    Parameters
    ----------
    frames
        (N, H, W) uint8, memory-mapped or not, or N arrays (H, W) uint8 of any sizes;
        frames of different sizes are never compared.
    threshold
        Between 0 and 1, both excluded.
    within
        One label per frame, in any order: only frames with equal labels are compared.
        With ``other``, the labels of its frames follow.
    other
        A second set: each frame is compared with these only.
    window
        "uniform7": scikit-image's defaults, with ``data_range=255``. "gaussian": its
        ``gaussian_weights=True, sigma=1.5, use_sample_covariance=False``.
    roi
        Top, bottom, left, right in pixels, half open: compare only this part of each.
    max_pairs
        With more pairs than this the result holds a spanning forest of each group
        (``complete=False``).
    device
        "cpu", or a device of torch such as "cuda" that evaluates what the bounds
        leave; the set is the same.
    on_event, should_stop
        See `training.events`.

    Raises
    ------
    InputError
        If a setting or a frame is not as described.
    Cancelled
        If ``should_stop`` says so.
    """
    shown = get_window(window)
    checked = check_frames(frames, shown, roi)
    if other is not None:
        checked = [*checked, *check_frames(other, shown, roi, "Other frame")]
    compare = None if device == "cpu" else torch_compare(device)
    progress = Progress("Hashing frames", len(checked), on_event, should_stop)
    return join_frames(
        checked,
        frame_digests(checked, progress),
        threshold,
        within=within,
        n_first=None if other is None else len(frames),
        window=window,
        max_pairs=max_pairs,
        compare=compare,
        on_event=on_event,
        should_stop=should_stop,
    )


def join_frames(
    frames: Sequence[Frame],
    digests: Sequence[str],
    threshold: float,
    *,
    within: Sequence[Hashable] | None = None,
    n_first: int | None = None,
    window: str = WINDOW,
    max_pairs: int = MAX_PAIRS,
    compare: Compare | None = None,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> SimilarPairs:
    """Do what `find_similar_pairs` does with frames already checked and hashed.

    Those from ``n_first`` on are the other set. ``compare`` is how to compare; by
    default scikit-image for a handful of pairs and the fast join for more. The result
    is the same.
    """
    check_settings(threshold, window, max_pairs)
    labels = [None] * len(frames) if within is None else list(within)
    _check_counts(len(frames), n_first, len(labels))
    cells = sort_into_cells(frames, digests, labels, n_first)
    basket = Basket(len(frames), cells, max_pairs, threshold, n_first)
    if compare is None:
        small = _pixels_to_compare(frames, cells) <= SMALL_JOB
        compare = reference_chunks if small else exact_chunks
    shown = get_window(window)
    compare(JoinTask(frames, cells, threshold, shown, basket, on_event, should_stop))
    return basket.pairs(sum(cell.n_frame_pairs for cell in cells))


def check_settings(threshold: float, window: str = WINDOW, max_pairs: int = 1) -> None:
    """Raise InputError if a setting of the search is impossible."""
    if not 0 < threshold < 1:  # also catches NaN
        raise InputError(
            f"The threshold is {threshold}; SSIM thresholds lie between 0 and 1, both "
            f"excluded ({SSIM_THRESHOLD:g} is usual)."
        )
    get_window(window)
    if max_pairs < 0:
        raise InputError(f"max_pairs is {max_pairs}; it cannot be negative.")


def _check_counts(n: int, n_first: int | None, n_labels: int) -> None:
    if n_first is None and n < 2:
        raise InputError(f"A search for duplicates needs at least two frames, not {n}.")
    if n_first is not None and not 0 < n_first < n:
        raise InputError(
            "A search between two sets needs a frame in each; these have "
            f"{n_first} and {n - n_first}."
        )
    if n_labels != n:
        raise InputError(
            f"`within` has {n_labels} labels for {n} frames; give one for each."
        )


def _pixels_to_compare(frames: Sequence[Frame], cells: Sequence[Cell]) -> int:
    return sum(
        cell.n_pairs * frames[cell.first[0]].size for cell in cells if cell.n_pairs
    )


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
