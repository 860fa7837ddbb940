"""How good a network is on the validation frames, at their own sizes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import nn

from ..events import OnEvent, Progress, ShouldStop
from ..networks import infer, probability_map
from ..predict.predictor import GPU_BATCH
from .held import Held
from .losses import segmentation_loss
from .rule import Curves, FrameCurve, Rule, frame_curve


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
    """

    loss: float
    rule: Rule
    dice: float
    dice_nerve: float | None
    blank: float

    @property
    def merit(self) -> tuple[float, float]:
        """What makes one epoch better than another: Dice, then loss."""
        return round(self.dice, 6), -self.loss


def validate(
    network: nn.Module,
    held: Held,
    presence_weight: float,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> Validation:
    """Predict every frame as the Predictor does, and tune the rule on the outcome.

    Parameters
    ----------
    network
        In evaluation mode.
    held
        Validation frames, with their truths.
    presence_weight
        Of the loss.

    Raises
    ------
    Cancelled
        If asked to stop.
    """
    device = next(network.parameters()).device
    batch = 1 if device.type == "cpu" else GPU_BATCH
    progress = Progress("Validating", len(held), on_event, should_stop)
    curves: list[FrameCurve] = []
    loss = 0.0
    for start in range(0, len(held), batch):
        part = slice(start, start + batch)
        logits, presence = infer(network, held.frames[part])
        targets = held.masks[part].to(device).float() / 255
        loss += float(
            segmentation_loss(logits, presence, targets, presence_weight)
        ) * len(targets)
        shares = presence.sigmoid().cpu().tolist()
        for own, truth, share in zip(logits, held.truths[part], shares, strict=True):
            probability = probability_map(own, truth.shape)
            curves.append(frame_curve(probability, truth.mask(), share))
        progress.step(len(targets))
    return _summary(Curves(curves), loss / len(held))


def _summary(curves: Curves, loss: float) -> Validation:
    rule, dice = curves.tune()
    each = curves.dice(rule)
    nerve = float(each[curves.nerve].mean()) if curves.nerve.any() else None
    return Validation(loss, rule, dice, nerve, float(np.mean(~curves.nerve)))
