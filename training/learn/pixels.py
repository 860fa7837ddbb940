"""Where many pixels are kept: in memory, or in a file that looks like memory."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

#: Share of the memory that is free which one array may take.
_SHARE = 0.4


def reserve(shape: Sequence[int]) -> Tensor:
    """Reserve room for pixels.

    What takes more than a fair share of memory lies in a memory-mapped temporary file
    instead (``TMPDIR`` says where), which is gone with the process.

    Returns
    -------
    Tensor
        ``shape`` uint8 on the processor, of any content.
    """
    import psutil

    if math.prod(shape) <= _SHARE * psutil.virtual_memory().available:
        return torch.empty(tuple(shape), dtype=torch.uint8)
    with tempfile.TemporaryFile(prefix="nerveseg-") as file:
        return torch.from_numpy(np.memmap(file, np.uint8, "w+", shape=tuple(shape)))
