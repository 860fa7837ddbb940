"""Whether a frame shows a nerve at all: the decision that the competition turns on."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def sensitivity(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the share of frames with nerve that are predicted to have one.

    Parameters
    ----------
    truth, predicted
        (N,) bool, one value a frame: the mask has a pixel.

    Returns
    -------
    float
        In [0, 1]; NaN if no frame has a nerve.

    References
    ----------
    Altman, D. G., Bland, J. M. Diagnostic tests 1: sensitivity and specificity. BMJ
    308 (1994). https://doi.org/10.1136/bmj.308.6943.1552
    """
    has, said = np.asarray(truth, dtype=bool), np.asarray(predicted, dtype=bool)
    return float(said[has].mean()) if has.any() else float("nan")


def specificity(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Return the share of frames without nerve that are predicted to have none.

    Parameters, returns and reference as for `sensitivity`; NaN if every frame has a
    nerve.
    """
    absent = ~np.asarray(truth, dtype=bool)
    return sensitivity(absent, ~np.asarray(predicted, dtype=bool))


def presence_auc(truth: ArrayLike, presence: ArrayLike) -> float:
    """Return the area under the ROC curve of the presence.

    It is the chance that a frame with nerve has a higher presence than a frame
    without, ties counting half (the Mann-Whitney statistic).

    Parameters
    ----------
    truth
        (N,) bool: the frame shows a nerve.
    presence
        (N,) float, any scale: higher means more likely.

    Returns
    -------
    float
        In [0, 1]; NaN unless there are frames of both kinds.

    References
    ----------
    Hanley, J. A., McNeil, B. J. The meaning and use of the area under a receiver
    operating characteristic (ROC) curve. Radiology 143 (1982).
    https://doi.org/10.1148/radiology.143.1.7063747
    """
    has = np.asarray(truth, dtype=bool)
    if has.all() or not has.any():
        return float("nan")
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(has, np.asarray(presence, dtype=float)))
