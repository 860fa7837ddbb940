"""Averaged weights: smoother than the trained ones, and usually better.

Source: B. T. Polyak, A. B. Juditsky, "Acceleration of Stochastic Approximation by
Averaging", SIAM J. Control Optim. 30 (1992), doi:10.1137/0330046.
"""

from __future__ import annotations

import copy

import torch
from torch import nn


class WeightAverage:
    """An exponential moving average of a network's weights and statistics.

    Parameters
    ----------
    network
        What is trained; the average starts as its copy.
    decay
        Share of the average that one step keeps, lower during the first steps, so
        that the random start is soon forgotten; 0 copies.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self._decay = decay
        self.steps = 0

    def update(self, network: nn.Module) -> None:
        """Move the average towards the network's weights of now."""
        decay = min(self._decay, (1 + self.steps) / (10 + self.steps))
        self.steps += 1
        current = network.state_dict()
        with torch.no_grad():
            for name, mean in self.network.state_dict().items():
                if decay and mean.is_floating_point():
                    mean.lerp_(current[name], 1 - decay)
                else:
                    mean.copy_(current[name])
