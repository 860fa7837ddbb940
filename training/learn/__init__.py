"""Splits, recipes, augmentation, the training loop.

Importing this package is cheap; `train` loads torch when it is called.
"""

from .config import TrainConfig
from .crossval import cross_validate
from .folds import make_folds
from .groups import known_groups
from .recipes import RECIPES
from .run import train
from .splits import Split, split_subjects
from .tuning import tune

__all__ = [
    "RECIPES",
    "Split",
    "TrainConfig",
    "cross_validate",
    "known_groups",
    "make_folds",
    "split_subjects",
    "train",
    "tune",
]
