"""How much memory a training takes."""

from __future__ import annotations

import sys

import torch

_GB = 1e9


def memory_gb(device: torch.device) -> float:
    """Return gigabytes: the most the GPU has held so far, or what the process holds."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / _GB
    import psutil

    return float(psutil.Process().memory_info().rss) / _GB


def peak_gb() -> float:
    """Return the most gigabytes of main memory that this process has held so far."""
    if sys.platform == "win32":
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / _GB
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / _GB
