"""Small data sets and settings for the tests of learning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.toys import disc, smooth_frame, write_kaggle
from training.data import DataSet, open_dataset
from training.data.labels import Labels
from training.learn import TrainConfig

#: A network that trains in no time.
TINY: dict[str, Any] = {
    "size": (32, 48),
    "widths": (4, 8),
    "stem_stride": 1,
    "batch": 4,
    "epochs": 2,
    "device": "cpu",
    "threads": 1,
}


def tiny(**changes: Any) -> TrainConfig:
    """Return tiny settings, changed as asked."""
    return TrainConfig(**{**TINY, **changes})


def bright_nerve(
    seed: int, shape: tuple[int, int] = (64, 80), nerve: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Return a dim frame with a bright disc, and the disc."""
    rng = np.random.default_rng(seed)
    frame = smooth_frame(seed, shape) // 2
    mask = np.zeros(shape, bool)
    if nerve:
        centre = rng.uniform(0.35, 0.65, 2) * shape
        mask = disc(shape, tuple(centre), shape[0] / 6)
        frame[mask] = 230
    return frame, mask


def toy_dataset(
    folder: Path,
    subjects: Sequence[int] = (1, 2, 3, 4, 5),
    frames: int = 4,
    shapes: Sequence[tuple[int, int]] = ((64, 80),),
) -> DataSet:
    """Write frames of which every other shows a nerve."""
    written = {}
    for s in subjects:
        for i in range(1, frames + 1):
            shape = shapes[i % len(shapes)]
            written[f"{s}_{i}"] = bright_nerve(100 * s + i, shape, bool(i % 2))
    return open_dataset(write_kaggle(folder, written))


class ChangedLabels(Labels):
    """The source's labels, with changes that need no store."""

    def __init__(self, dataset: DataSet, **changes: Any) -> None:
        super().__init__(dataset)
        self.changes = changes

    @property
    def excluded(self) -> frozenset[str]:
        return frozenset(self.changes.get("excluded", ()))

    @property
    def ambiguous(self) -> frozenset[str]:
        return frozenset(self.changes.get("ambiguous", ()))

    def mask(self, frame_id: str) -> Any:
        self.changes.setdefault("asked", []).append(frame_id)
        masks = self.changes.get("masks", {})
        return masks[frame_id] if frame_id in masks else self.dataset.mask(frame_id)
