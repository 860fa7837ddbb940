"""Where the arithmetic runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..data.parallel import n_threads
from ..errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import nn

#: What a user may ask for.
DEVICES = ("auto", "cpu", "cuda", "mps")

_REMEDY = {
    "cuda": (
        "device cuda: this PyTorch finds no NVIDIA GPU; use --device cpu, or install "
        "a CUDA build of torch and a driver that fits it."
    ),
    "mps": (
        "device mps: this PyTorch finds no Apple GPU; use --device cpu, or a Mac with "
        "Apple silicon and macOS 12.3 or newer."
    ),
}


def pick_device(name: str = "auto") -> torch.device:
    """Turn a user's word into a device that is there.

    Parameters
    ----------
    name
        ``auto`` (CUDA, else Apple's GPU, else the processor), ``cpu``, ``cuda`` or
        ``mps``.

    Raises
    ------
    InputError
        If the word is unknown or this machine has no such device.
    """
    import torch

    there = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, found in there.items() if found))
    if name not in there:
        raise InputError(f"device {name!r} is unknown: choose {', '.join(DEVICES)}.")
    if not there[name]:
        raise InputError(_REMEDY[name])
    return torch.device(name)


def has_fast_bfloat16(device: torch.device) -> bool:
    """Say whether the device multiplies bfloat16 in hardware.

    A processor without such instructions emulates them many times slower than
    float32, so that mixed precision is worth it only where this is true.
    """
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type == "cpu":
        can = (
            torch.cpu.get_capabilities()
            if hasattr(torch.cpu, "get_capabilities")
            else {}
        )
        return bool(can.get("avx512_bf16") or can.get("amx_bf16"))
    return False


def channels_last(network: nn.Module) -> nn.Module:
    """Lay a network's weights out channels-last, in place, which convolves faster."""
    import torch

    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


@contextmanager
def processor_threads(number: int | None) -> Iterator[None]:
    """Let torch use so many threads of the processor inside the block.

    Parameters
    ----------
    number
        From 1; None takes torch's own choice, at most one for each processor that this
        process may use: threads that share one wait for each other.
    """
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(min(before, n_threads()) if number is None else number)
        yield
    finally:
        torch.set_num_threads(before)
