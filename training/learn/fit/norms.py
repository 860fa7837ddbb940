"""Batch normalisation over several ranks.

Its statistics are of a whole batch; a rank has a part of it. On GPUs the ranks share
them. On processors torch cannot, and they stay as the network came.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ...ranks import Ranks

#: Said once where it is so.
FROZEN = (
    "Several processes train on processors, which cannot share the statistics of batch "
    "normalisation: they stay as the network came with them. Train with one process, "
    "or with norm group, for the usual result."
)


def joint_norms(network: nn.Module, ranks: Ranks, device: torch.device) -> nn.Module:
    """Return a network whose batch normalisation works over all ranks' GPUs."""
    if ranks.size > 1 and device.type == "cuda":
        convert = nn.SyncBatchNorm.convert_sync_batchnorm
        joint: nn.Module = convert(network)  # type: ignore[no-untyped-call]
        return joint
    return network


def are_frozen(network: nn.Module, ranks: Ranks, device: torch.device) -> bool:
    """Say whether there is batch normalisation that ranks cannot share."""
    apart = ranks.size > 1 and device.type != "cuda"
    return apart and any(isinstance(layer, _BatchNorm) for layer in network.modules())


def freeze_norms(network: nn.Module, ranks: Ranks, device: torch.device) -> None:
    """Keep the statistics that ranks cannot share, after ``network.train()``."""
    if are_frozen(network, ranks, device):
        for layer in network.modules():
            if isinstance(layer, _BatchNorm):
                layer.eval()
