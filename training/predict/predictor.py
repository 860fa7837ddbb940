"""The one way from a frame to a probability map, a presence and a mask."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..networks import (
    checkpoint_path,
    infer,
    load_checkpoint,
    pick_device,
    probability_map,
    stack_frames,
)
from .decision import Mask, Probability, decide

Frame = NDArray[np.uint8]

#: Frames that a graphics card takes at once. A processor takes one at a time: it is
#: as fast, and a frame's map then never depends on the frames beside it.
GPU_BATCH = 8


@dataclass(frozen=True)
class Prediction:
    """What the network says of one frame.

    Attributes
    ----------
    probability
        (H, W) uint8 of the frame's own size, 0 to 255 for 0 to 1.
    presence
        Probability that the frame shows a nerve, in [0, 1].
    mask
        (H, W) bool, cut from both by `decide`.
    """

    probability: Probability
    presence: float
    mask: Mask

    @property
    def area(self) -> int:
        """The mask's pixels."""
        return int(np.count_nonzero(self.mask))


class Predictor:
    """A checkpoint on a device, ready for frames of any size.

    Parameters
    ----------
    checkpoint
        A checkpoint file or a run folder.
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Attributes
    ----------
    checkpoint
        The checkpoint file.
    meta
        What it says of itself: input size, decision rule, provenance.
    device
        A ``torch.device``.

    Raises
    ------
    InputError
        If the checkpoint is none of ours or the device is not there.
    """

    def __init__(self, checkpoint: Path, device: str = "auto") -> None:
        self.checkpoint = checkpoint_path(checkpoint)
        network, self.meta = load_checkpoint(self.checkpoint)
        self.device = pick_device(device)
        self._network = network.to(self.device)

    @property
    def batch(self) -> int:
        """How many frames it takes at once."""
        return 1 if self.device.type == "cpu" else GPU_BATCH

    @property
    def name(self) -> str:
        """The run folder's name, or the file's if it was moved out of one."""
        stem = self.checkpoint.stem
        return self.checkpoint.resolve().parent.name if stem == "best" else stem

    @cached_property
    def sha256(self) -> str:
        """The checkpoint file's hash, in hex."""
        with self.checkpoint.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def probability(self, frame: Frame) -> Prediction:
        """Predict one (H, W) uint8 frame; see `probabilities`."""
        return self.probabilities([frame])[0]

    def probabilities(self, frames: Sequence[Frame]) -> list[Prediction]:
        """Predict frames.

        Parameters
        ----------
        frames
            (H, W) uint8 each, of any sizes.

        Returns
        -------
        list of Prediction
            In the frames' order, each of its frame's size.

        Raises
        ------
        InputError
            If a frame is not 2-D uint8 or has no pixel.
        """
        for frame in frames:
            _check(frame)
        found: list[Prediction] = []
        for start in range(0, len(frames), self.batch):
            found += self._predict(frames[start : start + self.batch])
        return found

    def _predict(self, frames: Sequence[Frame]) -> list[Prediction]:
        stacked = stack_frames(frames, self.meta.input_size)
        logits, presence = infer(self._network, stacked)
        shares: list[float] = presence.sigmoid().cpu().tolist()
        return [
            self._decide(probability_map(own, _shape(frame)), share)
            for own, frame, share in zip(logits, frames, shares, strict=True)
        ]

    def _decide(self, probability: Probability, presence: float) -> Prediction:
        mask = decide(
            probability,
            presence,
            self.meta.threshold,
            self.meta.presence_threshold,
            self.meta.min_area_share,
        )
        return Prediction(probability, presence, mask)


def _shape(frame: Frame) -> tuple[int, int]:
    height, width = frame.shape
    return height, width


def _check(frame: Frame) -> None:
    if frame.ndim != 2 or frame.dtype != np.uint8 or frame.size == 0:
        raise InputError(
            f"a frame of shape {frame.shape} and type {frame.dtype} cannot be "
            "predicted: give (H, W) uint8 with at least one pixel"
        )
