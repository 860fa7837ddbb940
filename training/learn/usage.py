"""How much memory a training takes."""

from __future__ import annotations

import torch

_GB = 1e9


def memory_gb(device: torch.device) -> float:
    """Return gigabytes: the most the GPU has held so far, or what the process holds."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / _GB
    import psutil

    return float(psutil.Process().memory_info().rss) / _GB
