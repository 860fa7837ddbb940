"""The optimiser: what decays, what learns more slowly, and what waits at first."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..settings.config import TrainConfig
from .schedule import rate_factor

#: A first step at rate zero would teach nothing: count the step as begun.
_BEGUN = 1e-3

#: Devices on which one kernel steps all parameters at once.
_FUSED = ("cpu", "cuda")


def build_optimizer(config: TrainConfig, network: nn.Module) -> torch.optim.Optimizer:
    """Give a network's parameters to an optimiser.

    Returns
    -------
    torch.optim.Optimizer
        Its groups say, beside the decay, at what share of the learning rate
        (``share``) their parameters learn, and whether they are the ``encoder``'s.
    """
    fused = next(network.parameters()).device.type in _FUSED
    decay = 0.0 if config.optimizer == "adam" else config.weight_decay
    groups = _groups(network, decay, config.encoder_rate)
    if config.optimizer == "adam":
        return torch.optim.Adam(groups, config.learning_rate, fused=fused)
    return torch.optim.AdamW(groups, config.learning_rate, fused=fused)


def set_rate(
    optimizer: torch.optim.Optimizer, config: TrainConfig, progress: float
) -> float:
    """Bring every group to what belongs to a place in the training.

    During ``frozen_warmup`` the encoder's parameters ask for no gradient, so that a
    fresh decoder cannot spoil what they know, and the backward pass ends before them.

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
    rate = config.learning_rate * rate_factor(progress, config.warmup, config.schedule)
    frozen = progress < config.frozen_warmup or not config.encoder_rate
    for group in optimizer.param_groups:
        group["lr"] = rate * group["share"]
        for parameter in group["params"]:
            parameter.requires_grad_(not (frozen and group["encoder"]))
    return rate


def _groups(
    network: nn.Module, decay: float, encoder_share: float
) -> list[dict[str, Any]]:
    """Part parameters by encoder and rest, and by whether decay pulls at them."""
    known = {id(p) for p in network.encoder_parameters()}  # type: ignore[operator]
    groups = []
    for encoder in (True, False):
        own = [p for p in network.parameters() if (id(p) in known) == encoder]
        shares = {"share": encoder_share if encoder else 1.0, "encoder": encoder}
        # Decay pulls at what multiplies; biases and norms shift and scale.
        weights = [p for p in own if p.ndim > 1]
        others = [p for p in own if p.ndim <= 1]
        groups.append({"params": weights, "weight_decay": decay, **shares})
        groups.append({"params": others, "weight_decay": 0.0, **shares})
    return [group for group in groups if group["params"]]
