"""How a network learns: settings, splits, augmentation, fit, folds, tuning.

From the ground up: ``settings``, ``folder`` (a run's files), ``preloaded`` (frames and
masks in memory), ``splits``, ``augment``, ``fit`` (epochs), ``run`` (one training),
``crossval``, ``tuning``; each knows those before it alone.

Importing this package is cheap; `train` loads torch when it is called.
"""

from .crossval.validate import cross_validate
from .run.train import train
from .settings.config import RECIPES, TrainConfig
from .splits.folds import make_folds
from .splits.groups import known_groups
from .splits.split import Split, split_subjects
from .tuning.tune import tune

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
