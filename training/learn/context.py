"""What every stage of a training needs."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from ..events import OnEvent, ShouldStop
from .config import TrainConfig
from .run_folder import RunFolder


@dataclass(frozen=True)
class Context:
    """Settings, the run folder, the device, and whom to tell and ask.

    Attributes
    ----------
    config
        Every setting.
    folder
        Where the run is written.
    device
        Where to compute.
    started
        `time.monotonic` at the start.
    on_event, should_stop
        The caller's, joined with the run folder's.
    """

    config: TrainConfig
    folder: RunFolder
    device: torch.device
    started: float
    on_event: OnEvent
    should_stop: ShouldStop
