"""Networks by name: what a checkpoint's header may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from torch import nn

#: The names that `build_network` knows.
NETWORKS = ("unet",)

#: Bounds for what a file may make us build.
_MOST_LEVELS, _MOST_CHANNELS = 8, 4096

#: What else a U-Net takes, and the values it takes there.
_CHOICES: dict[str, tuple[object, ...]] = {
    "in_channels": (1,),
    "norm": ("group", "batch"),
    "presence": (True, False),
    "stem_stride": (1, 2),
}
_UNET_ARGS = {"widths", *_CHOICES}


def build_network(name: str, args: Mapping[str, Any]) -> nn.Module:
    """Build a network with fresh weights.

    Parameters
    ----------
    name
        One of `NETWORKS`.
    args
        What its class takes, as JSON gives it (``widths`` may be a list).

    Returns
    -------
    nn.Module
        Its ``forward`` takes (B, 1, H, W) float and returns pixel logits
        (B, 1, H, W) and presence logits (B,).

    Raises
    ------
    InputError
        If there is no such network, or it does not take these arguments.
    """
    if name not in NETWORKS:
        known = ", ".join(NETWORKS)
        raise InputError(f"network {name!r} is unknown here: known are {known}.")
    problem = _unet_problem(args)
    if problem:
        raise InputError(f"network {name}: {problem}.")
    from .unet import UNet

    return UNet(**{**args, "widths": tuple(args["widths"])})


def _unet_problem(args: Mapping[str, Any]) -> str | None:
    unknown = sorted(set(args) - _UNET_ARGS)
    if unknown:
        return f"unknown argument {unknown[0]!r}"
    widths = args.get("widths")
    if not isinstance(widths, list | tuple) or not 1 <= len(widths) <= _MOST_LEVELS:
        return f"widths must be a list of 1 to {_MOST_LEVELS} channel counts"
    if not all(type(n) is int and 1 <= n <= _MOST_CHANNELS for n in widths):
        return f"each width must be a whole number from 1 to {_MOST_CHANNELS}"
    for name, allowed in _CHOICES.items():
        # Python takes True for 1, so the type counts too.
        given = args.get(name, allowed[0])
        if not any(type(given) is type(c) and given == c for c in allowed):
            return f"{name} must be {' or '.join(map(str, allowed))}"
    return None
