"""The network that a training begins with."""

from __future__ import annotations

import torch
from torch import nn

from ..networks import build_network
from ..networks.device import channels_last
from .config import TrainConfig


def initial_network(config: TrainConfig) -> nn.Module:
    """Build the network that a configuration names, with its first weights.

    Built on the processor, so that a seed means the same weights on every device.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return channels_last(build_network(config.network, config.network_args))
