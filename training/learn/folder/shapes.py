"""What the JSON files of a run folder have to say, for `training.guarded.fits`."""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

_FIGURE = (float, None)
_INTERVAL = ([float, float], None)
_SEARCH = (
    {"settings": str, "across_subjects": bool, "n_unsearched?": int},
    None,
)

#: ``config.json``: what is needed to know one; `TrainConfig` checks the rest.
CONFIG: Shape = {"recipe": str, "network": str, "size": [int, int], "epochs": int}

#: ``splits.json`` of a training.
SPLIT: Shape = {
    "train": [str],
    "validation": [str],
    "test": [str],
    "left_out": [str],
    "warnings": [str],
    "caveats?": {str: str},
    "duplicate_search?": _SEARCH,
    "sha256?": str,
}

#: ``splits.json`` of a cross-validation or of a tuning.
FOLDS: Shape = {
    "folds": [
        {"train_subjects": [str], "val_subjects": [str], "train": [str], "val": [str]}
    ],
    "test": [str],
    "left_out": [str],
    "near_duplicates_across?": ([[str]], None),
    "duplicate_search?": _SEARCH,
    "warnings": [str],
    "caveats?": {str: str},
    "sha256": str,
}

#: ``fingerprint.json``.
FINGERPRINT: Shape = {
    "labels?": str,
    "subjects?": {str: (str, None)},
    "frames?": {str: {"frame": str, "mask": str}},
    "sha256?": str,
}

#: ``environment.json``.
ENVIRONMENT: Shape = {
    "libraries?": {str: str},
    "device?": str,
    "gpu?": (str, None),
    "bfloat16?": bool,
    "threads?": int,
    "ranks?": int,
}

#: ``source.json``; `Reading.of` checks the rest.
SOURCE: Shape = {"data?": str, "project?": str}

#: ``excluded.json``.
EXCLUDED: Shape = {str: [str]}  # type: ignore[dict-item]

#: Scores, as `training.metrics.Scores.to_json` gives them.
SCORES: Shape = {
    "n_frames": int,
    "n_nerve_frames": int,
    "n_located": int,
    "competition_dice": _FIGURE,
    "competition_dice_ci?": _INTERVAL,
    "blank_baseline": _FIGURE,
    "pixel_accuracy_blank": _FIGURE,
    **dict.fromkeys(
        (
            "dice_nerve_frames?",
            "iou_nerve_frames?",
            "hd95_nerve_frames?",
            "centroid_distance_nerve_frames?",
            "centroid_share_nerve_frames?",
            "presence_auc?",
            "sensitivity?",
            "specificity?",
            "pixel_accuracy?",
        ),
        _FIGURE,
    ),
    "confusion?": (
        {"found": int, "missed": int, "marked": int, "left_empty": int},
        None,
    ),
    "per_subject": {
        str: {
            "n_frames": int,
            "n_nerve_frames": int,
            "competition_dice": _FIGURE,
            "blank_baseline": _FIGURE,
            "dice_nerve_frames": _FIGURE,
        }
    },
    "warnings": [str],
    "caveats?": {str: str},
    "used_for?": str,
    "labels?": str,
}

#: ``result.json``, so far as it says whether there is something to go on with.
ENDED: Shape = {
    "stopped": ("asked", "early", "minutes", None),
    "epochs?": int,
}

#: ``result.json`` of a training.
RESULT: Shape = {
    **ENDED,
    "text": str,
    "seconds": float,
    "epochs": int,
    "best_epoch": (int, None),
    "validation": (SCORES, None),
    "test": (SCORES, None),
    "warnings": [str],
}

#: A decision rule by its numbers and switches.
_RULE: Shape = {str: (float, bool)}  # type: ignore[dict-item]

#: ``result.json`` of a cross-validation.
CROSSVAL_RESULT: Shape = {
    "stopped": ("asked", None),
    "text": str,
    "seconds": float,
    "nested?": SCORES,
    "pooled?": SCORES,
    "test?": (SCORES, None),
    "folds?": [
        {
            "fold": int,
            "best_epoch": (int, None),
            "rule_of_the_others": _RULE,
            "nested": SCORES,
            "pooled": SCORES,
        }
    ],
    "rule?": _RULE,
    "ensemble?": str,
    "warnings": [str],
}

#: ``study.json``.
STUDY: Shape = {
    "data": dict,
    "reading?": dict,
    "labels": str,
    "config": dict,
    "folds": int,
    "space": dict,
}
