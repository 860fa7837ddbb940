"""Where the arithmetic runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..data.parallel import n_threads
from ..errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import nn

#: What a user may ask for; one of several GPUs by its number, such as ``cuda:1``.
DEVICES = ("auto", "cpu", "cuda", "mps")

_NAME = re.compile(r"auto|cpu|cuda(:[0-9]{1,4})?|mps(:0)?", re.ASCII)

_REMEDY = {
    "cuda": (
        "this PyTorch finds no NVIDIA GPU; use --device cpu, or install "
        "a CUDA build of torch and a driver that fits it."
    ),
    "mps": (
        "this PyTorch finds no Apple GPU; use --device cpu, or a Mac with "
        "Apple silicon and macOS 12.3 or newer."
    ),
}


def is_device_name(value: object) -> bool:
    """Say whether a value is what `pick_device` takes, on a machine that has it."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def pick_device(name: str = "auto") -> torch.device:
    """Turn a user's word into a device that is there.

    Parameters
    ----------
    name
        ``auto`` (CUDA, else Apple's GPU, else the processor), ``cpu``, ``cuda`` (the
        first GPU), ``cuda:1`` (the second) or ``mps``.

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
    if not is_device_name(name):
        raise InputError(
            f"device {name!r} is unknown: choose {', '.join(DEVICES)}, or a GPU by its "
            "number, such as cuda:1."
        )
    kind, _, number = name.partition(":")
    if not there[kind]:
        raise InputError(f"device {name}: {_REMEDY[kind]}")
    if kind == "cuda" and number:
        _check_there(int(number), torch.cuda.device_count())
        return torch.device(kind, int(number))
    return torch.device(kind)


def _check_there(number: int, n_gpus: int) -> None:
    if number < n_gpus:
        return
    last = f" to cuda:{n_gpus - 1}" if n_gpus > 1 else ""
    are = "are" if n_gpus > 1 else "is"
    raise InputError(
        f"device cuda:{number}: there {are} {n_gpus} NVIDIA GPU{'s' * (n_gpus > 1)}, "
        f"cuda:0{last}; name one that is there, or use --device cpu."
    )


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
        From 1; None takes torch's own choice. At most one for each processor that this
        process may use is taken: threads that share one wait for each other.
    """
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(min(before if number is None else number, n_threads()))
        yield
    finally:
        torch.set_num_threads(before)


def fewer_threads(number: int | None) -> str | None:
    """Say that `processor_threads` takes fewer than the number asked for, if so."""
    there = n_threads()
    if number is None or number <= there:
        return None
    processors = f"{there} processor{'s' * (there != 1)}"
    used = f"{there} thread{'s are' if there != 1 else ' is'} used"
    return f"threads {number}: this machine gives {processors}, {used}."
