"""How good a network is on the validation frames, at their own sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..events import OnEvent, Progress, ShouldStop
from ..networks import infer, probability_map
from ..networks.averaging import Averaged, infer_averaged
from ..predict.predictor import GPU_BATCH
from ..ranks import Ranks
from .config import TrainConfig
from .held import Held
from .losses import segmentation_loss
from .rule import Curves, FrameCurve, Rule, cleaner, frame_curve

#: Keeps the logit of a presence of 0 or 1 finite.
_LEAST = 1e-6


@dataclass(frozen=True)
class Validation:
    """What one pass over the validation frames found.

    Attributes
    ----------
    loss
        Mean over the frames, each a batch of its own.
    rule
        The decision rule that is best on these frames.
    dice
        Competition Dice under that rule.
    dice_nerve
        Dice under that rule over the frames that show a nerve; None if none does.
    blank
        What blank masks would score.
    dice_low, dice_high
        A quarter of the subjects have a lower mean Dice than the first, and a quarter
        a higher one than the second; None with fewer than two subjects.
    """

    loss: float
    rule: Rule
    dice: float
    dice_nerve: float | None
    blank: float
    dice_low: float | None = None
    dice_high: float | None = None

    @property
    def merit(self) -> tuple[float, float]:
        """What makes one epoch better than another: Dice, then loss."""
        return round(self.dice, 6), -self.loss


def validate(
    network: nn.Module,
    held: Held,
    config: TrainConfig,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
    ranks: Ranks | None = None,
) -> Validation:
    """Predict every frame as the Predictor does, and tune the rule on the outcome.

    Parameters
    ----------
    network
        In evaluation mode.
    held
        Validation frames, with their truths.
    config
        Says what the Predictor will do: average views, clean masks.
    ranks
        Who shares the frames; every one gets what all found.

    Raises
    ------
    Cancelled
        If asked to stop.
    """
    device = next(network.parameters()).device
    batch = 1 if device.type == "cpu" else GPU_BATCH
    ranks = ranks or Ranks()
    own = range(ranks.rank, len(held), ranks.size)
    progress = Progress("Validating", len(own), on_event, should_stop)
    curves: list[FrameCurve] = []
    clean = cleaner(config)
    loss = 0.0
    for start in range(0, len(own), batch):
        part = own[start : start + batch]
        found = infer_averaged(
            partial(infer, network), held.frames[part], config.averaging
        )
        targets = held.masks[part].to(device).float() / 255
        loss += _loss(found, targets, config.presence_weight) * len(targets)
        shares = found.presence.cpu().tolist()
        truths = [held.truths[index] for index in part]
        for map_, truth, share in zip(found.logits, truths, shares, strict=True):
            probability = probability_map(map_, truth.shape)
            curves.append(frame_curve(probability, truth.mask(), share, clean))
        progress.step(len(targets))
    mean_loss = ranks.total([loss])[0] / len(held)
    return _summary(Curves(ranks.woven(curves)), mean_loss, held.subjects)


def _loss(found: Averaged, targets: Tensor, presence_weight: float) -> float:
    with torch.inference_mode():
        presence = found.presence.logit(eps=_LEAST)
        loss = segmentation_loss(found.logits, presence, targets, presence_weight)
    return float(loss)


def _summary(curves: Curves, loss: float, subjects: Sequence[str | None]) -> Validation:
    rule, dice = curves.tune()
    each = curves.dice(rule)
    nerve = float(each[curves.nerve].mean()) if curves.nerve.any() else None
    blank = float(np.mean(~curves.nerve))
    return Validation(loss, rule, dice, nerve, blank, *_quartiles(each, subjects))


def _quartiles(
    dice: NDArray[np.float64], subjects: Sequence[str | None]
) -> tuple[float | None, float | None]:
    """Return the quarter and three-quarter points of the subjects' mean Dice."""
    names = sorted({name for name in subjects if name is not None})
    if len(names) < 2:
        return None, None
    known = np.array(subjects, dtype=object)
    means = [dice[known == name].mean() for name in names]
    low, high = np.quantile(means, [0.25, 0.75])
    return float(low), float(high)
