"""What a training ran on."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import torch

from ... import __version__

_LIBRARIES = ("torch", "numpy", "safetensors", "tifffile", "imagecodecs")


def environment(device: torch.device, autocast: bool, ranks: int) -> dict[str, Any]:
    """Return what a training runs on, for ``environment.json``."""
    gpu = torch.cuda.get_device_name(device) if device.type == "cuda" else None
    return {
        "nerveseg": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "device": str(device),
        "gpu": gpu,
        "bfloat16": autocast,
        "threads": torch.get_num_threads(),
        "ranks": ranks,
    }


def change(before: Mapping[str, Any], now: Mapping[str, Any]) -> str | None:
    """Say why a resumed training may differ from an unbroken one in the last bits."""
    names = ("device", "gpu", "machine", "bfloat16", "threads", "ranks")
    found = [name for name in names if name in before and before[name] != now[name]]
    if before.get("libraries", {}).get("torch") not in (
        None,
        now["libraries"]["torch"],
    ):
        found.append("torch")
    if not found:
        return None
    return (
        f"This machine or its settings differ from before ({', '.join(found)}): the "
        "training goes on, but not to the bit as it would have."
    )
