"""Every frame's prediction by the network that has not learned from it, and its score.

Two scores come of them. *Pooled*: one rule, tuned on all these predictions and applied
to them. *Nested*: each fold under the rule that the other folds' predictions ask for,
so that no frame is scored under a rule that was tuned on its own subject.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import DataSet
from ...errors import InputError
from ...events import OnEvent, Progress, ShouldStop, message
from ...files import whole_folder, write_json
from ...metrics import FrameScores, score_frame
from ...networks import DecisionRule
from ...predict import Prediction, open_predictions
from ...predict.output import PredictedBy, PredictionFolder
from ..fit.rule import DiceCurves, FrameCurve, Mask, chosen_rule, cleaner, frame_curve
from ..settings.config import TrainConfig
from ..splits.split import Split
from ..splits.truth import Truth
from .fold import FoldFolder

#: What ``oof`` says of itself, beside what `training.predict.layout` lists.
FOLDS = "folds.json"


@dataclass(frozen=True)
class _Known:
    """A held-out frame, its prediction and, if it can be scored, its truth."""

    index: int
    name: str
    fold: int
    probability: NDArray[np.uint8]
    presence: float
    truth: Mask | None


@dataclass(frozen=True)
class Rules:
    """The rules that out-of-fold predictions ask for.

    Attributes
    ----------
    pooled
        Tuned on all of them.
    pooled_dice
        Their competition Dice under it.
    nested
        For each fold, tuned on the others.
    nested_dice
        Each fold under its own of these, over all frames.
    """

    pooled: DecisionRule
    pooled_dice: float
    nested: tuple[DecisionRule, ...]
    nested_dice: float


def tune_rules(
    curves: DiceCurves,
    fold_of: NDArray[np.int64],
    k: int,
    chosen: DecisionRule | None = None,
) -> Rules:
    """Tune one rule on all frames, and for each fold one on all others.

    Parameters
    ----------
    curves
        Of N frames.
    fold_of
        (N,) int, 0 to ``k - 1``.
    k
        The number of folds; a fold without a scored frame has the pooled rule.
    chosen
        What is not tuned, see `DiceCurves.tune`.
    """
    pooled, pooled_dice = curves.tune(chosen)
    nested = []
    dice = np.zeros(len(curves))
    for number in range(k):
        own = fold_of == number
        apart = own.any() and not own.all()
        rule = curves.only(~own).tune(chosen)[0] if apart else pooled
        nested.append(rule)
        if own.any():
            dice[own] = curves.only(own).dice(rule)
    return Rules(pooled, pooled_dice, tuple(nested), float(dice.mean()))


class OutOfFold:
    """The predictions that finished folds made of their held-out frames.

    Parameters
    ----------
    dataset
        The frames.
    truth
        What they are scored against.
    config
        Says how masks are cleaned.
    folds, splits
        The folds, all finished.
    """

    def __init__(
        self,
        dataset: DataSet,
        truth: Truth,
        config: TrainConfig,
        folds: Sequence[FoldFolder],
        splits: Sequence[Split],
    ) -> None:
        self._dataset, self._truth, self._config = dataset, truth, config
        self._folds, self._splits = folds, splits
        fold_of = {name: i for i, split in enumerate(splits) for name in split.val}
        self.ids = tuple(name for name in dataset.ids if name in fold_of)
        self._fold_of = fold_of
        self._sets = [open_predictions(fold.held_out) for fold in folds]

    def rules(
        self, on_event: OnEvent | None = None, should_stop: ShouldStop | None = None
    ) -> Rules:
        """Tune the rules; every map is read once.

        Raises
        ------
        InputError
            If no frame can be scored.
        """
        clean = cleaner(self._config)
        curves: list[FrameCurve] = []
        fold_of: list[int] = []
        progress = Progress("Tuning the rule", len(self.ids), on_event, should_stop)
        for one in self._known(on_event):
            if one.truth is not None:
                curves.append(
                    frame_curve(one.probability, one.truth, one.presence, clean)
                )
                fold_of.append(one.fold)
            progress.step()
        if not curves:
            raise InputError(
                f"{self._dataset.root} has no held-out frame with a mask to score "
                "against: add masks."
            )
        chosen = chosen_rule(self._config)
        folds = np.array(fold_of), len(self._folds)
        return tune_rules(DiceCurves(curves), *folds, chosen)

    def score(
        self,
        rules: Rules,
        source: PredictedBy,
        out: Path,
        on_event: OnEvent | None = None,
        should_stop: ShouldStop | None = None,
    ) -> tuple[list[FrameScores], list[FrameScores]]:
        """Cut and score every mask, and write those of the pooled rule.

        Parameters
        ----------
        rules
            Those of `rules`.
        source
            What the folder says of who predicted.
        out
            Where the predictions go; replaced if it is there.

        Returns
        -------
        pooled, nested
            The measures of each scored frame under either kind of rule.
        """
        stage = "Scoring out-of-fold predictions"
        progress = Progress(stage, len(self.ids), on_event, should_stop)
        pooled: list[FrameScores] = []
        nested: list[FrameScores] = []
        with whole_folder(out) as place:
            folder = PredictionFolder(place, list(self.ids), source, probabilities=True)
            self._note_failures(folder)
            for one in self._known(None):
                mask = rules.pooled.decide(one.probability, one.presence)
                folder.prepare(one.index, self._dataset.frame(one.name))
                folder.add(one.index, Prediction(one.probability, one.presence, mask))
                if one.truth is not None:
                    own = rules.nested[one.fold].decide(one.probability, one.presence)
                    pooled.append(self._score(one, mask))
                    nested.append(self._score(one, own))
                progress.step()
            folder.finish()
            write_json(place / FOLDS, self._folds_json())
        return pooled, nested

    def fold(self, name: str) -> int:
        """Return the fold that holds a frame out, counted from 0."""
        return self._fold_of[name]

    def _known(self, on_event: OnEvent | None) -> Iterator[_Known]:
        for index, name in enumerate(self.ids):
            fold = self._fold_of[name]
            own = self._sets[fold]
            probability, presence = own.probability(name), own.presence(name)
            if probability is None or presence is None:
                continue  # it could not be read, and the fold has told of it
            truth = self._true(name, on_event)
            yield _Known(index, name, fold, probability, presence, truth)

    def _true(self, name: str, on_event: OnEvent | None) -> Mask | None:
        try:
            return self._truth.mask(name)
        except InputError as error:
            message(on_event, f"Not scored: {error}", "warning")
            return None

    def _score(self, one: _Known, mask: Mask) -> FrameScores:
        assert one.truth is not None
        subject = self._dataset.entry(one.name).subject
        return score_frame(one.name, subject, one.truth, mask, one.presence)

    def _note_failures(self, folder: PredictionFolder) -> None:
        for index, name in enumerate(self.ids):
            error = self._sets[self._fold_of[name]].errors.get(name)
            if error is not None:
                folder.fail(index, error)

    def _folds_json(self) -> Mapping[str, Any]:
        def subjects(ids: Sequence[str]) -> list[str]:
            found = (self._dataset.entry(name).subject for name in ids)
            return list(dict.fromkeys(name for name in found if name is not None))

        return {
            "out_of_fold": True,
            "folds": [
                {
                    "checkpoint": f"{fold.path.name}/best.safetensors",
                    "train_subjects": subjects(split.train),
                    "frames": list(split.val),
                }
                for fold, split in zip(self._folds, self._splits, strict=True)
            ],
        }
