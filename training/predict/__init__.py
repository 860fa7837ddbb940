"""One Predictor for the window, the command line and validation; files in and out.

Importing this package is cheap; torch is imported by what is called.
"""

from .batch import predict_folder
from .prediction_set import PredictionSet, changed_frames, open_predictions
from .predictor import Prediction, Predictor
from .settings import PredictSettings

__all__ = [
    "PredictSettings",
    "Prediction",
    "PredictionSet",
    "Predictor",
    "changed_frames",
    "open_predictions",
    "predict_folder",
]
