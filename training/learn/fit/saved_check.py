"""Whether a saved training fits the one that goes on from it, before any of it is used.

An optimiser's kernels believe what they are given: a moment smaller than its weight is
read, and written, beyond its end.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ...guarded import fits
from ..folder.state import Saved
from ..settings.limits import MOST_EPOCHS, MOST_STEPS, check_count
from .rule import saved_rule

#: Cells of an epoch's row, and letters of one.
_MOST_CELLS, _MOST_LETTERS = 100, 1000

#: What the optimiser keeps of a parameter beside its steps.
_MOMENTS = ("exp_avg", "exp_avg_sq")

_FIGURE = (float, None)

#: What the outcome of some epochs and an epoch's row have to have.
_OUTCOME = {
    "epochs": int,
    "best_epoch": (int, None),
    "best": (
        {
            "loss": float,
            "rule": ([float, float, float], {str: object}),
            "dice": float,
            "dice_nerve": _FIGURE,
            "blank": float,
            "dice_low?": _FIGURE,
            "dice_high?": _FIGURE,
        },
        None,
    ),
    "stopped": None,
    "images": int,
    "seconds": float,
}
_ROW = {"event": str, "epoch": int}


def check_course(saved: Saved) -> None:
    """Raise `ValueError` unless epochs, outcome and rows of a state go together."""
    epoch, outcome, rows = saved.epoch, saved.outcome, saved.rows
    check_count(epoch, MOST_EPOCHS, "epoch")
    if not fits(outcome, _OUTCOME) or outcome["epochs"] != epoch:
        raise ValueError("the outcome is of other epochs")
    check_count(outcome["images"], MOST_STEPS, "images")
    check_count(outcome["seconds"], MOST_STEPS, "seconds")
    if (outcome["best"] is None) != (outcome["best_epoch"] is None):
        raise ValueError("the best epoch is not known")
    if outcome["best"] is not None:
        check_count(outcome["best_epoch"] - 1, epoch - 1, "best epoch")
        _check_figures(outcome["best"])
    if not fits(rows, [_ROW]) or [row["epoch"] for row in rows] != [
        *range(1, epoch + 1)
    ]:
        raise ValueError("the rows are of other epochs")
    for row in rows:
        _check_row(row)


def _check_figures(best: Mapping[str, Any]) -> None:
    saved_rule(best["rule"])
    figures = [value for value in best.values() if isinstance(value, int | float)]
    if not all(map(math.isfinite, figures)):
        raise ValueError("the best validation is not finite")


def _check_row(row: Mapping[str, Any]) -> None:
    """See that a row is flat and short: what is shared in it would be written out."""
    if len(row) > _MOST_CELLS:
        raise ValueError("a row is too long")
    for name, value in row.items():
        short = isinstance(value, str) and len(value) <= _MOST_LETTERS
        number = isinstance(value, int | float) and -(2**63) <= value < 2**63
        nan = isinstance(value, float) and not math.isfinite(value)
        if not isinstance(name, str) or not (value is None or short or number or nan):
            raise ValueError("a row holds something else")


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
