"""One epoch after another: forward, backward, step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import Failure
from ..events import OnEvent, Progress, ShouldStop
from ..networks import build_network
from ..networks.device import channels_last, has_fast_bfloat16
from ..networks.frames import normalise
from .augment import augment
from .config import TrainConfig
from .ema import WeightAverage
from .held import Held
from .losses import segmentation_loss
from .schedule import Clock, rate_factor


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
        self._config, self._held, self._clock = config, held, clock
        self._device = device
        self._autocast = config.amp and has_fast_bfloat16(device)
        self.network = _fresh_network(config).to(device)
        self.average = WeightAverage(self.network, config.ema)
        self._optimizer = _optimizer(config, self.network)

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
        order = np.random.default_rng([self._config.seed, number]).permutation(
            len(self._held)
        )
        stage = f"Epoch {number} of {self._config.epochs}"
        progress = Progress(stage, len(order), on_event, should_stop)
        outcome = EpochOutcome(0.0, 0, 0.0)
        for start in range(0, len(order), self._config.batch):
            chosen = torch.from_numpy(order[start : start + self._config.batch])
            outcome.learning_rate = self._set_rate()
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

    def _set_rate(self) -> float:
        config = self._config
        # A first step at rate zero would teach nothing: count the step as begun.
        progress = max(self._clock.progress, 1e-3)
        factor = rate_factor(progress, config.warmup, config.schedule)
        for group in self._optimizer.param_groups:
            group["lr"] = config.learning_rate * factor
        return config.learning_rate * factor

    def _step(self, chosen: Tensor, epoch: int) -> float:
        config = self._config
        inputs, target = self._batch(chosen, epoch)
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

    def _batch(self, chosen: Tensor, epoch: int) -> tuple[Tensor, Tensor]:
        frames = self._held.frames[chosen].to(self._device)
        masks = self._held.masks[chosen].to(self._device)
        if self._config.augment:
            indices = chosen.to(self._device)
            grey, target = augment(frames, masks, self._config.seed, epoch, indices)
        else:
            grey, target = frames, masks.float() / 255
        inputs = normalise(grey).contiguous(memory_format=torch.channels_last)
        return inputs, target


def _fresh_network(config: TrainConfig) -> nn.Module:
    # Built on the processor, so that a seed means the same weights on every device.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return channels_last(build_network("unet", config.network_args))


def _optimizer(config: TrainConfig, network: nn.Module) -> torch.optim.Optimizer:
    if config.optimizer == "adam":
        return torch.optim.Adam(network.parameters(), config.learning_rate)
    # Decay pulls at what multiplies; biases and norms shift and scale.
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    groups: list[dict[str, Any]] = [
        {"params": weights, "weight_decay": config.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, config.learning_rate)
