"""One epoch after another: forward, backward, step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..errors import Failure
from ..events import OnEvent, Progress, ShouldStop
from ..networks.device import has_fast_bfloat16
from .batches import Batches
from .config import TrainConfig
from .ema import WeightAverage
from .held import Held
from .initial import initial_network
from .losses import segmentation_loss
from .optimizer import build_optimizer, set_rate
from .schedule import Clock


class Diverged(Failure):
    """The loss is no longer a number."""


@dataclass
class EpochOutcome:
    """What one epoch's steps did.

    Attributes
    ----------
    loss
        Mean over its frames.
    frames
        How many it saw; fewer than there are if time ran out.
    learning_rate
        Of its last step.
    """

    loss: float
    frames: int
    learning_rate: float


class Trainer:
    """A network in training, its optimiser and its averaged weights.

    Parameters
    ----------
    config
        Every setting.
    held
        The training frames.
    device
        Where to compute.
    clock
        Counts the steps.

    Attributes
    ----------
    network, average
        The weights in training, and their average, which is validated and kept.
    """

    def __init__(
        self, config: TrainConfig, held: Held, device: torch.device, clock: Clock
    ) -> None:
        self._config, self._clock = config, clock
        self._batches = Batches(config, held, device)
        self._device = device
        self._autocast = config.amp and has_fast_bfloat16(device)
        self.network = initial_network(config).to(device)
        self.average = WeightAverage(self.network, config.ema)
        self._optimizer = build_optimizer(config, self.network)

    def epoch(
        self, number: int, on_event: OnEvent | None, should_stop: ShouldStop | None
    ) -> EpochOutcome:
        """Take one pass over the frames, or what the time allows of it.

        Parameters
        ----------
        number
            Counted from 1; the random numbers depend on it.

        Raises
        ------
        Cancelled
            Between two steps, if asked to stop.
        Diverged
            If the loss is no longer a number.
        """
        self.network.train()
        order = self._batches.order(number)
        stage = f"Epoch {number} of {self._config.epochs}"
        progress = Progress(stage, len(order), on_event, should_stop)
        outcome = EpochOutcome(0.0, 0, 0.0)
        for start in range(0, len(order), self._config.batch):
            chosen = order[start : start + self._config.batch]
            outcome.learning_rate = set_rate(
                self._optimizer, self._config, self._clock.progress
            )
            outcome.loss += self._step(chosen, number) * len(chosen)
            outcome.frames += len(chosen)
            progress.step(len(chosen))
            if self._clock.over:
                break
        outcome.loss /= outcome.frames
        return outcome

    def state(self) -> dict[str, Any]:
        """Return tensors and plain values from which the training could go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "average_steps": self.average.steps,
            "optimizer": self._optimizer.state_dict(),
        }

    def _step(self, chosen: NDArray[np.int64], epoch: int) -> float:
        config = self._config
        inputs, target = self._batches.cut(chosen, epoch)
        with torch.autocast(self._device.type, torch.bfloat16, self._autocast):
            logits, presence = self.network(inputs)
        loss = segmentation_loss(logits, presence, target, config.presence_weight)
        value = loss.item()
        if not math.isfinite(value):
            raise Diverged("the loss is no longer a number")
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if config.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), config.clip)
        self._optimizer.step()
        self.average.update(self.network)
        self._clock.step()
        return value
