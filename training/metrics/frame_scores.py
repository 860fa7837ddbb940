"""All measures of one frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike

from ._pairs import as_pair
from .accuracy import pixel_accuracy
from .centroid import centroid_distance
from .dice import dice
from .hausdorff import hausdorff
from .iou import iou


@dataclass(frozen=True)
class FrameScores:
    """The measures of one frame's predicted mask.

    Attributes
    ----------
    frame, subject
        FrameId, and the subject or None.
    truth_area, predicted_area
        Pixels; 0 is an empty mask.
    presence
        The predicted probability of a nerve, or None if there is none.
    dice
        Competition Dice: 1 if both masks are empty.
    iou, hd95, centroid
        NaN where undefined: IoU if both are empty; HD95 and the distance of the
        centres (pixels) if either is.
    accuracy, blank_accuracy
        Pixel accuracy of the prediction, and of a blank mask in its place.
    diagonal
        Of the frame, in pixels.
    """

    frame: str
    subject: str | None
    truth_area: int
    predicted_area: int
    presence: float | None
    dice: float
    iou: float
    hd95: float
    centroid: float
    accuracy: float
    blank_accuracy: float
    diagonal: float

    @property
    def has_nerve(self) -> bool:
        """Whether the ground truth shows a nerve."""
        return self.truth_area > 0


def score_frame(
    frame: str,
    subject: str | None,
    truth: ArrayLike,
    predicted: ArrayLike,
    presence: float | None = None,
) -> FrameScores:
    """Measure one predicted mask.

    Parameters
    ----------
    frame, subject
        Whose masks these are.
    truth, predicted
        (H, W) bool, one shape.
    presence
        Predicted probability of a nerve, in [0, 1], if there is one.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    true, said = as_pair(truth, predicted)
    area = int(true.sum())
    return FrameScores(
        frame=frame,
        subject=subject,
        truth_area=area,
        predicted_area=int(said.sum()),
        presence=presence,
        dice=dice(true, said, empty="one"),
        iou=iou(true, said, empty="nan"),
        hd95=hausdorff(true, said, percentile=95),
        centroid=centroid_distance(true, said),
        accuracy=pixel_accuracy(true, said),
        blank_accuracy=1 - area / true.size,
        diagonal=math.hypot(*true.shape),
    )
