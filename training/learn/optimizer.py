"""The optimiser: what decays, what learns more slowly, and what waits at first."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from .config import TrainConfig
from .schedule import rate_factor

#: A first step at rate zero would teach nothing: count the step as begun.
_BEGUN = 1e-3


def build_optimizer(config: TrainConfig, network: nn.Module) -> torch.optim.Optimizer:
    """Give a network's parameters to an optimiser.

    Returns
    -------
    torch.optim.Optimizer
        Its groups say, beside the decay, at what share of the learning rate
        (``share``) their parameters learn.
    """
    if config.optimizer == "adam":
        return torch.optim.Adam(_groups(network, 0.0), config.learning_rate)
    groups = _groups(network, config.weight_decay)
    return torch.optim.AdamW(groups, config.learning_rate)


def set_rate(
    optimizer: torch.optim.Optimizer, config: TrainConfig, progress: float
) -> float:
    """Bring every group to the learning rate that belongs to a place in the training.

    Parameters
    ----------
    progress
        Share of the training that is done, in [0, 1].

    Returns
    -------
    float
        The rate of a group whose share is one.
    """
    progress = max(progress, _BEGUN)
    factor = rate_factor(progress, config.warmup, config.schedule)
    rate = config.learning_rate * factor
    for group in optimizer.param_groups:
        group["lr"] = rate * group["share"]
    return rate


def _groups(network: nn.Module, decay: float) -> list[dict[str, Any]]:
    # Decay pulls at what multiplies; biases and norms shift and scale.
    weights = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": weights, "weight_decay": decay, "share": 1.0},
        {"params": others, "weight_decay": 0.0, "share": 1.0},
    ]
