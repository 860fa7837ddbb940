"""Whether a saved training fits the one that goes on from it, before any of it is used.

An optimiser's kernels believe what they are given: a moment smaller than its weight is
read, and written, beyond its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .limits import MOST_STEPS, check_count

#: What the optimiser keeps of a parameter beside its steps.
_MOMENTS = ("exp_avg", "exp_avg_sq")


def check_weights(saved: Any, network: nn.Module, what: str) -> None:
    """Raise `ValueError` unless ``saved`` are weights of this network, all finite."""
    own = network.state_dict()
    if not isinstance(saved, Mapping) or set(saved) != set(own):
        raise ValueError(f"{what} has other names")
    for name, value in own.items():
        _check_like(saved[name], value, f"{what}: {name}")


def check_moments(saved: Any, optimizer: torch.optim.Optimizer) -> None:
    """Raise `ValueError` unless ``saved`` is a state of this optimiser, all finite."""
    own = optimizer.state_dict()["param_groups"]
    groups = saved.get("param_groups") if isinstance(saved, Mapping) else None
    state = saved.get("state") if isinstance(saved, Mapping) else None
    if not isinstance(groups, list) or not isinstance(state, Mapping):
        raise ValueError("the optimiser has no state")
    indices = [one.get("params") for one in groups if isinstance(one, Mapping)]
    if indices != [one["params"] for one in own]:
        raise ValueError("the optimiser has other groups")
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for index, moments in state.items():
        if not isinstance(index, int) or not 0 <= index < len(parameters):
            raise ValueError("the optimiser has other parameters")
        if not isinstance(moments, Mapping) or set(moments) != {"step", *_MOMENTS}:
            raise ValueError("the optimiser keeps something else")
        for name in _MOMENTS:
            _check_like(moments[name], parameters[index], f"{name} of {index}")
        if (moments["exp_avg_sq"] < 0).any():
            raise ValueError("a mean of squares is negative")
        step = moments["step"]
        if not _is_plain(step) or step.numel() != 1:
            raise ValueError("the optimiser's steps are no number")
        check_count(float(step), MOST_STEPS, "the optimiser's steps")


def _check_like(value: Any, own: Tensor, what: str) -> None:
    if not _is_plain(value) or value.shape != own.shape or value.dtype != own.dtype:
        raise ValueError(f"{what} has another shape or type")
    if value.is_floating_point() and not torch.isfinite(value).all():
        raise ValueError(f"{what} is not finite")


def _is_plain(value: Any) -> bool:
    return (
        isinstance(value, Tensor)
        and value.layout == torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
    )
