"""Which loaded predictions are fair: by a model that never saw the frame's subject.

A model repeats the labels it learnt from, wrong ones too. Only a prediction by a fold
that did not train on the subject can contradict a label, so nothing else may accuse
one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import _engine

if TYPE_CHECKING:
    from pathlib import Path

    from .._engine import DataSet, PredictionSet

#: What cross-validation writes beside its out-of-fold predictions.
FOLDS = "folds.json"

_REMEDY = "run nerveseg crossval and load the folder oof of its run."


@dataclass(frozen=True)
class FoldPredictions:
    """A fold: its checkpoint, the subjects it learnt from, what it predicted."""

    checkpoint: str
    train_subjects: frozenset[str]
    frames: frozenset[str]


def fair_frames(dataset: DataSet, loaded: PredictionSet | None) -> frozenset[str]:
    """Return the frames whose loaded prediction is by a fold that never saw them.

    Raises
    ------
    InputError
        If no predictions are loaded, they are not out of fold, or no fold kept away
        from the subjects that it predicted.
    """
    if loaded is None:
        raise _engine.InputError(f"To doubt labels, {_REMEDY}")
    folds = read_folds(loaded.path)
    if folds is None:
        raise _engine.InputError(
            f"{loaded.path} does not say which model predicted which frame: a model"
            f" repeats the labels that it learnt from; {_REMEDY}"
        )
    fair = {f for fold in folds for f in fold.frames if _unseen(dataset, f, fold)}
    if not fair:
        raise _engine.InputError(
            f"Every fold of {loaded.path} has trained on the subjects that it predicts,"
            f" so it cannot accuse their labels; {_REMEDY}"
        )
    return frozenset(fair)


def read_folds(folder: Path) -> list[FoldPredictions] | None:
    """Return the folds of out-of-fold predictions; None if ``folder`` has no such.

    Raises
    ------
    InputError
        If the file that tells cannot be understood.
    """
    path = folder / FOLDS
    if not path.is_file():
        return None
    try:
        known = _engine.load_json(path, dict)
        folds = [
            FoldPredictions(
                str(fold["checkpoint"]),
                frozenset(map(str, fold["train_subjects"])),
                frozenset(map(str, fold["frames"])),
            )
            for fold in known["folds"]
        ]
        return folds if known["out_of_fold"] else None
    except (OSError, ValueError, KeyError, TypeError):
        raise _engine.InputError(
            f"{path} is damaged; run the cross-validation again."
        ) from None


def checkpoint_name(loaded: PredictionSet, frame: str) -> str:
    """Return which checkpoint predicted a frame: its fold's, or the run's and hash."""
    for fold in read_folds(loaded.path) or ():
        if frame in fold.frames:
            return f"{loaded.path.parent.name}/{fold.checkpoint}"
    digest = loaded.checkpoint_sha256
    return f"{loaded.path.name} {digest[:12]}" if digest else loaded.path.name


def _unseen(dataset: DataSet, frame: str, fold: FoldPredictions) -> bool:
    """Say whether a frame's subject is known and not among those trained on."""
    if frame not in dataset:
        return False
    subject = dataset.entry(frame).subject
    return subject is not None and subject not in fold.train_subjects
