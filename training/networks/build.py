"""Networks by name: what a checkpoint's header may ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ..errors import InputError

if TYPE_CHECKING:
    from .network import Network

#: The most channels that a file may make us build.
_MOST_CHANNELS = 4096


@dataclass(frozen=True)
class _Takes:
    """What a network takes: so many widths, and of others one of these values."""

    levels: range
    choices: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    def problem(self, args: Mapping[str, Any]) -> str | None:
        """Return what is wrong with arguments, or None."""
        unknown = sorted(set(args) - {"widths", *self.choices})
        if unknown:
            return f"unknown argument {unknown[0]!r}"
        widths = args.get("widths")
        if not isinstance(widths, list | tuple) or len(widths) not in self.levels:
            return f"widths must be a list of {self._lengths} channel counts"
        if not all(type(n) is int and 1 <= n <= _MOST_CHANNELS for n in widths):
            return f"each width must be a whole number from 1 to {_MOST_CHANNELS}"
        for name, allowed in self.choices.items():
            # Python takes True for 1, so the type counts too.
            given = args.get(name, allowed[0])
            if not any(type(given) is type(c) and given == c for c in allowed):
                return f"{name} must be {' or '.join(map(str, allowed))}"
        return None

    @property
    def _lengths(self) -> str:
        least, most = self.levels[0], self.levels[-1]
        return str(least) if least == most else f"{least} to {most}"


_TAKES: Mapping[str, _Takes] = {
    "unet": _Takes(
        range(1, 9),
        {
            "in_channels": (1,),
            "norm": ("group", "batch"),
            "presence": (True, False),
            "stem_stride": (1, 2),
        },
    ),
    "lite": _Takes(range(4, 5)),
    "dynunet": _Takes(range(3, 9), {"deep_supervision": (False, True)}),
    "flexible": _Takes(
        range(5, 6), {"backbone": tuple(f"efficientnet-b{n}" for n in range(8))}
    ),
}

#: The names that `build_network` knows.
NETWORKS = tuple(_TAKES)


def build_network(name: str, args: Mapping[str, Any]) -> Network:
    """Build a network with fresh weights.

    Parameters
    ----------
    name
        One of `NETWORKS`.
    args
        What its class takes, as JSON gives it (``widths`` may be a list).

    Returns
    -------
    Network
        Its ``forward`` takes (B, 1, H, W) float and returns pixel logits
        (B, 1, H, W) and presence logits (B,).

    Raises
    ------
    InputError
        If there is no such network, or it does not take these arguments.
    """
    if name not in _TAKES:
        known = ", ".join(NETWORKS)
        raise InputError(f"network {name!r} is unknown here: known are {known}.")
    problem = _TAKES[name].problem(args)
    if problem:
        raise InputError(f"network {name}: {problem}.")
    return cast("Network", _class(name)(**{**args, "widths": tuple(args["widths"])}))


def _class(name: str) -> Any:
    """Return a network's class; MONAI is imported only for what is made of it."""
    if name == "lite":
        from .lite import LiteUNet

        return LiteUNet
    if name == "dynunet":
        from .dynunet import DynUNet

        return DynUNet
    if name == "flexible":
        from .flexible import FlexibleUNet

        return FlexibleUNet
    from .unet import UNet

    return UNet
