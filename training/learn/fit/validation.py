"""How good a network is on the validation frames, at their own sizes."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ...events import OnEvent, Progress, ShouldStop
from ...networks import DecisionRule, infer, probability_map
from ...networks.averaging import Averaged, infer_averaged
from ...networks.side_by_side import at_once, side_by_side
from ...predict.predictor import GPU_BATCH
from ...ranks import Ranks
from ..preloaded import PreloadedFrames
from ..settings.config import TrainConfig
from .losses import segmentation_loss
from .rule import DiceCurves, FrameCurve, chosen_rule, cleaner, frame_curve

#: Keeps the logit of a presence of 0 or 1 finite.
_LEAST = 1e-6

#: Pixels of the frames that a thread of the processor takes at once: small frames are
#: predicted faster in company, large ones are not and would take more memory.
_PIXELS = 100_000

#: Each frame's loss and curve.
_Found = tuple[list[float], list[FrameCurve]]


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
    rule: DecisionRule
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
    held: PreloadedFrames,
    config: TrainConfig,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
    ranks: Ranks | None = None,
) -> Validation:
    """Predict every frame as the Predictor does, and tune the rule on the outcome.

    Up to rounding: frames go through the network in company, which changes a logit by
    up to 1e-6, and now and then a map's level by one. Whose company a frame has depends
    on the number of ranks, but not on that of threads.

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
    ranks = ranks or Ranks()
    own = range(ranks.rank, len(held), ranks.size)
    progress = Progress("Validating", len(own), on_event, should_stop)
    look = _Look(network, held, config)
    curves: list[FrameCurve] = []
    loss = 0.0
    with closing(look.over(own)) as found:
        for some, (losses, theirs) in found:
            loss += sum(losses)
            curves += theirs
            progress.step(len(some))
    mean_loss = ranks.total([loss])[0] / len(held)
    known = DiceCurves(ranks.woven(curves))
    return _summary(known, chosen_rule(config), mean_loss, held.subjects)


class _Look:
    """Predicts some validation frames, from several threads at once."""

    def __init__(
        self, network: nn.Module, held: PreloadedFrames, config: TrainConfig
    ) -> None:
        self._infer, self._held, self._config = partial(infer, network), held, config
        self._clean = cleaner(config)
        self._device = next(network.parameters()).device

    def over(self, own: range) -> Generator[tuple[range, _Found], None, None]:
        """Yield frames with what was found of them, a few at a time."""
        if self._device.type == "cpu":
            yield from side_by_side(self, _cut(own, _together(self._config)))
        else:
            yield from ((some, self(some)) for some in _cut(own, GPU_BATCH))

    def __call__(self, some: range) -> _Found:
        """Return each frame's loss and curve."""
        held, config = self._held, self._config
        found = infer_averaged(self._infer, held.frames[some], config.averaging)
        targets = held.masks[some].to(self._device).float() / 255
        shares = found.presence.cpu().tolist()
        curves = []
        for map_, index, share in zip(found.logits, some, shares, strict=True):
            truth = held.truths[index]
            probability = probability_map(map_, truth.shape)
            curves.append(frame_curve(probability, truth.mask(), share, self._clean))
        return _losses(found, targets, config.presence_weight), curves


def validated_at_once(config: TrainConfig, device: torch.device) -> int:
    """Return how many frames are looked at at the same time."""
    return at_once() * _together(config) if device.type == "cpu" else GPU_BATCH


def _together(config: TrainConfig) -> int:
    """Return how many frames a thread of the processor takes at once."""
    return max(1, _PIXELS // math.prod(config.size))


def _cut(own: range, n: int) -> Iterator[range]:
    return (own[start : start + n] for start in range(0, len(own), n))


def _losses(found: Averaged, targets: Tensor, presence_weight: float) -> list[float]:
    """Return each frame's loss, as if it were a batch of its own."""
    with torch.inference_mode():
        presences = found.presence.logit(eps=_LEAST)
        each = zip(found.logits, presences, targets, strict=True)
        losses = [
            segmentation_loss(
                logits[None], presence[None], target[None], presence_weight
            )
            for logits, presence, target in each
        ]
        return torch.stack(losses).tolist()


def _summary(
    curves: DiceCurves,
    chosen: DecisionRule,
    loss: float,
    subjects: Sequence[str | None],
) -> Validation:
    rule, dice = curves.tune(chosen)
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
