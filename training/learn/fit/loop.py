"""One epoch after another: forward, backward, step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ...errors import Cancelled
from ...events import OnEvent, Progress, ShouldStop
from ...ranks import Ranks
from ..preloaded import PreloadedFrames
from ..settings.config import TrainConfig
from ..settings.limits import MOST_STEPS, check_count
from .batches import Batches
from .ema import WeightAverage
from .gradient import BatchGradient
from .initial import initial_network
from .norms import freeze_norms, joint_norms
from .optimizer import build_optimizer, set_rate
from .saved_check import check_moments, check_weights
from .schedule import Clock


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
    ranks
        Who takes part; every one has all frames and all weights.
    on_event
        Is told what nobody asked for, such as smaller parts for want of memory.

    Attributes
    ----------
    network, average
        The weights in training, and their average, which is validated and kept.
    """

    def __init__(
        self,
        config: TrainConfig,
        held: PreloadedFrames,
        device: torch.device,
        clock: Clock,
        ranks: Ranks | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        self._config, self._clock, self._device = config, clock, device
        self._ranks = ranks or Ranks()
        self._batches = Batches(config, held, device)
        first = initial_network(config).to(device)
        self.average = WeightAverage(first, config.ema)
        self.network = joint_norms(first, self._ranks, device)
        self._gradient = BatchGradient(
            config, self.network, self._batches, device, self._ranks, on_event
        )
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
            Between two steps, on all ranks after the same one, if any was asked to
            stop.
        Diverged
            If the loss is no longer a number.
        """
        self.network.train()
        freeze_norms(self.network, self._ranks, self._device)
        order = self._batches.order(number)
        stage = f"Epoch {number} of {self._config.epochs}"
        progress = Progress(stage, len(order), on_event)
        outcome = EpochOutcome(0.0, 0, 0.0)
        with torch.random.fork_rng(_gpus(self._device)):
            for start in range(0, len(order), self._config.batch):
                over, done = self._agree(stage, should_stop)
                if over and outcome.frames:
                    break
                chosen = order[start : start + self._config.batch]
                rate = set_rate(self._optimizer, self._config, done)
                outcome.loss += self._step(chosen, number) * len(chosen)
                outcome.frames += len(chosen)
                outcome.learning_rate = rate
                progress.step(len(chosen))
        outcome.loss /= outcome.frames
        return outcome

    def _agree(self, stage: str, should_stop: ShouldStop | None) -> tuple[bool, float]:
        """Return whether time is over, and the progress, by the first rank's clock."""
        stop = should_stop is not None and should_stop()
        clock, first = self._clock, self._ranks.first
        own = [stop, first and clock.over, clock.progress if first else 0.0]
        stopped, over, done = self._ranks.total(own)
        if stopped:
            raise Cancelled(stage)
        return bool(over), done

    def state(self) -> dict[str, Any]:
        """Return tensors and plain values from which the training could go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "average_steps": self.average.steps,
            "optimizer": self._optimizer.state_dict(),
            "parts": self._gradient.parts,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned, on any number of ranks.

        Raises
        ------
        RuntimeError, ValueError, KeyError
            If it is of another network or optimiser, or no state at all; nothing is
            taken over then.
        """
        check_weights(state["network"], self.network, "the network")
        check_weights(state["average"], self.network, "the average")
        check_moments(state["optimizer"], self._optimizer)
        check_count(state["average_steps"], MOST_STEPS, "the steps of the average")
        check_count(state["parts"], self._config.batch, "the parts of a batch")
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.average.steps = state["average_steps"]
        # The groups are this training's: of the saved ones only the moments count.
        groups = self._optimizer.state_dict()["param_groups"]
        moments = state["optimizer"]["state"]
        self._optimizer.load_state_dict({"state": moments, "param_groups": groups})
        self._gradient.parts = max(1, int(state["parts"]))

    def _step(self, chosen: NDArray[np.int64], epoch: int) -> float:
        value = self._gradient(chosen, epoch)
        if self._config.clip:
            nn.utils.clip_grad_norm_(self.network.parameters(), self._config.clip)
        self._optimizer.step()
        self.average.update(self.network)
        self._clock.step()
        return value


def _gpus(device: torch.device) -> list[torch.device]:
    return [device] if device.type == "cuda" else []
