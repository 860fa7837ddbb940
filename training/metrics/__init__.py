"""Measures of predicted masks: one a file, each with its both-empty rule named."""

from .accuracy import accuracy_warning, pixel_accuracy
from .bootstrap import subject_interval
from .centroid import centroid_distance
from .dice import dice
from .frame_scores import FrameScores, score_frame
from .hausdorff import hausdorff
from .iou import iou
from .presence import presence_auc, sensitivity, specificity
from .scores import ScoredPair, Scores, score_frames, summarise

__all__ = [
    "FrameScores",
    "ScoredPair",
    "Scores",
    "accuracy_warning",
    "centroid_distance",
    "dice",
    "hausdorff",
    "iou",
    "pixel_accuracy",
    "presence_auc",
    "score_frame",
    "score_frames",
    "sensitivity",
    "specificity",
    "subject_interval",
    "summarise",
]
