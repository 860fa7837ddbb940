"""The network that a training begins with."""

from __future__ import annotations

from pathlib import Path

import torch

from ...networks import build_network
from ...networks.checkpoint import initialise_from
from ...networks.device import channels_last
from ...networks.network import Network
from ...networks.pretrained import check_pretrained, load_pretrained
from ..settings.config import TrainConfig


def check_beginning(config: TrainConfig) -> None:
    """Refuse, before any frame is read, a network or weights that cannot be had.

    Raises
    ------
    InputError
        If the network does not take its arguments, ImageNet weights are asked for and
        not there, or ``init_from`` is no checkpoint of such a network.
    """
    with torch.device("meta"):  # which has no numbers, and so takes no time
        build_network(config.network, config.network_args)
    if config.pretrained:
        check_pretrained(config.network)
    if config.init_from:
        initial_network(config)


def network_bytes(config: TrainConfig) -> int:
    """Return how many bytes the weights of a configuration's network take.

    Raises
    ------
    InputError
        If the network does not take its arguments.
    """
    with torch.device("meta"):
        network = build_network(config.network, config.network_args)
    return sum(value.nbytes for value in network.state_dict().values())


def initial_network(config: TrainConfig) -> Network:
    """Build the network that a configuration names, with its first weights.

    Built on the processor, so that a seed means the same weights on every device.

    Raises
    ------
    InputError
        If the network does not take these arguments, or one of the weights that it is
        to begin with is missing or does not fit.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = build_network(config.network, config.network_args)
    if config.pretrained:
        load_pretrained(network, config.network)
    if config.init_from:
        initialise_from(network, Path(config.init_from))
    channels_last(network)
    return network
