"""What every stage of a training needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from ...events import OnEvent, ShouldStop
from ...ranks import Ranks
from ..folder.run_folder import RunFolder
from ..settings.config import TrainConfig
from ..text import command_line


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
        ``now()`` at the start.
    on_event, should_stop
        The caller's, joined with the run folder's.
    now
        Tells seconds, without those of pauses.
    ranks
        Who trains together.
    source
        How the data were opened, for ``source.json``.
    whole
        The command that goes on with what this training is a part of, if it is.
    """

    config: TrainConfig
    folder: RunFolder
    device: torch.device
    started: float
    on_event: OnEvent
    should_stop: ShouldStop
    now: Callable[[], float] = time.monotonic
    ranks: Ranks = field(default_factory=Ranks)
    source: Mapping[str, Any] = field(default_factory=dict)
    whole: str | None = None

    @property
    def resumed_by(self) -> str:
        """The command that goes on with this training."""
        return self.whole or command_line("train", "--resume", self.folder.path)

    @property
    def stops_alone(self) -> ShouldStop | None:
        """Whether to stop, where one rank may do so by itself."""
        return self.should_stop if self.ranks.size == 1 else None
