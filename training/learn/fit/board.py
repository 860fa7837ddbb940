"""Curves for TensorBoard, beside those that are always written."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...errors import InputError

#: What is drawn, out of an epoch's event.
_CURVES = (
    "train_loss",
    "val_loss",
    "val_dice",
    "val_dice_low",
    "val_dice_high",
    "val_dice_nerve",
    "learning_rate",
    "memory_gb",
)


def check_board() -> None:
    """Raise `InputError` if TensorBoard is not installed."""
    if find_spec("tensorboard") is None:
        raise InputError(
            "--tensorboard needs a package that is not installed: run pip install "
            "'napari-nerveseg[tensorboard]', or leave it out."
        )


class Board:
    """Writes each epoch's numbers to ``tensorboard/`` in a run folder.

    Parameters
    ----------
    run
        The run folder.
    first
        The first epoch to come; what an earlier try wrote from there on is hidden.
    """

    def __init__(self, run: Path, first: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._writer: Any = SummaryWriter(str(run / "tensorboard"), purge_step=first)

    def add(self, event: Mapping[str, Any]) -> None:
        """Write an epoch's event."""
        for name in _CURVES:
            if event.get(name) is not None:
                self._writer.add_scalar(name, event[name], event["epoch"])
        self._writer.flush()
