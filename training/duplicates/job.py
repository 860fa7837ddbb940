"""One search, as it is handed to whatever compares the frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..events import OnEvent, Progress, ShouldStop
from .frames import Cell
from .pairs import Basket
from .ssim_constants import Frame
from .window import Window


@dataclass(frozen=True)
class JoinTask:
    """What is to be compared, and where the pairs go.

    Attributes
    ----------
    frames
        (H, W) uint8 each, read-only and contiguous.
    cells
        Which of them are compared with which.
    threshold
        Pairs have a mean SSIM strictly above it.
    window
        Of the SSIM.
    basket
        Takes the pairs.
    on_event, should_stop
        See `training.events`.
    """

    frames: Sequence[Frame]
    cells: Sequence[Cell]
    threshold: float
    window: Window
    basket: Basket
    on_event: OnEvent | None = None
    should_stop: ShouldStop | None = None

    def progress(self, stage: str, total: int) -> Progress:
        """Start a stage."""
        return Progress(stage, total, self.on_event, self.should_stop)


class Compare(Protocol):
    """A way to do a job: `reference_chunks`, `exact_chunks`, `torch_chunks`."""

    def __call__(self, job: JoinTask) -> None:
        """Put every pair of distinct pictures above the threshold into the basket."""
