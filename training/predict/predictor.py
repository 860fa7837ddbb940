"""The one way from a frame to a probability map, a presence and a mask."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import Failure, InputError
from ..events import OnEvent
from ..networks import CheckpointMeta, pick_device, stack_frames
from ..networks.averaging import Averaged, Infer, infer_averaged, spread
from ..networks.backend import make_infer
from ..networks.decision import Mask, Probability, threshold_level
from ..networks.frames import quantise, to_frame_size
from ..networks.kept_memory import kept_memory
from ..networks.preprocess import preprocess_frame
from ..networks.side_by_side import side_by_side
from .ensemble import ENSEMBLE, find_checkpoint, load_members
from .settings import PredictSettings

if TYPE_CHECKING:
    from torch import Tensor

Frame = NDArray[np.uint8]
T = TypeVar("T")

#: Frames that a graphics card takes at once. A thread of the processor takes one at a
#: time, so that a frame's map never depends on the frames beside it.
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
        (H, W) bool, cut from both by the rule.
    uncertainty
        (H, W) uint8, 0 to 255 for 0 to 1: how far views or members differ, see
        `training.networks.averaging.spread`; None if it was not asked for.
    frame_uncertainty
        Its mean over the pixels that are nerve in at least one of two views, in
        [0, 1]; 0 where none is. (Of more members: where the mean and half the
        uncertainty together reach the threshold.)
    """

    probability: Probability
    presence: float
    mask: Mask
    uncertainty: Probability | None = None
    frame_uncertainty: float | None = None

    @property
    def area(self) -> int:
        """The mask's pixels."""
        return int(np.count_nonzero(self.mask))


@dataclass(frozen=True)
class _Member:
    """One network of the ensemble, ready to run."""

    infer: Infer
    meta: CheckpointMeta


class Predictor:
    """A checkpoint, or an ensemble of them, on a device, for frames of any size.

    Parameters
    ----------
    checkpoint
        A checkpoint file, a run folder, or a folder with ``ensemble.json``.
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    settings
        What is to differ from what the checkpoint says, and more.
    on_event
        Told if ``auto`` had to change its mind.

    Attributes
    ----------
    checkpoint
        The checkpoint file, or ``ensemble.json``.
    meta
        What it says of itself, with the settings' changes: input size, decision rule,
        provenance.
    device
        A ``torch.device``.

    Raises
    ------
    InputError
        If a setting is wrong, the checkpoint is none of ours, or the device or the
        backend is not there.
    """

    def __init__(
        self,
        checkpoint: Path,
        device: str = "auto",
        settings: PredictSettings | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        settings = settings or PredictSettings()
        if error := settings.validation_error():
            raise InputError(error)
        self.checkpoint = find_checkpoint(checkpoint)
        self._files, members, meta = load_members(self.checkpoint)
        self.meta = settings.applied_to(meta)
        self.device = pick_device(device)
        self._uncertainty = settings.uncertainty
        self._members = [
            _Member(
                make_infer(
                    network, own.input_size, self.device, settings.backend, on_event
                ),
                own,
            )
            for network, own in members
        ]

    @property
    def batch(self) -> int:
        """How many frames it takes at once."""
        return 1 if self.device.type == "cpu" else GPU_BATCH

    @property
    def name(self) -> str:
        """The run folder's name, or the file's if it was moved out of one."""
        if self.checkpoint.name == ENSEMBLE or self.checkpoint.stem == "best":
            return self.checkpoint.resolve().parent.name
        return self.checkpoint.stem

    @cached_property
    def sha256(self) -> str:
        """The checkpoint file's hash, in hex; an ensemble's is that of all files'."""
        each = [_sha256(file) for file in self._files]
        if len(each) == 1:
            return each[0]
        return hashlib.sha256("".join(each).encode()).hexdigest()

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

    def each(
        self, items: Iterable[T], frame_of: Callable[[T], Frame]
    ) -> Generator[tuple[T, Prediction], None, None]:
        """Predict many frames, several at once where that is faster.

        Parameters
        ----------
        items
            Frames with whatever belongs to them; some are taken ahead.
        frame_of
            Gives an item's frame.

        Yields
        ------
        tuple
            Each item, in order, with what `probability` says of its frame.

        Raises
        ------
        InputError
            As `probabilities`.
        """
        if self.device.type == "cpu":
            with kept_memory(self.device):
                yield from side_by_side(
                    lambda item: self.probability(frame_of(item)), items
                )
            return
        rest = iter(items)
        while some := list(islice(rest, self.batch)):
            found = self.probabilities([frame_of(item) for item in some])
            yield from zip(some, found, strict=True)

    def _predict(self, frames: Sequence[Frame]) -> list[Prediction]:
        import torch

        with torch.inference_mode():
            found = [self._infer(member, frames) for member in self._members]
            presences = torch.stack([one.presence for one in found]).mean(0).tolist()
            return [
                self._finish(
                    [one.of(index) for one in found], _shape(frame), presences[index]
                )
                for index, frame in enumerate(frames)
            ]

    def _infer(self, member: _Member, frames: Sequence[Frame]) -> Averaged:
        ready = [preprocess_frame(frame, member.meta.preprocess) for frame in frames]
        alone = len(self._members) == 1
        return infer_averaged(
            member.infer,
            stack_frames(ready, member.meta.input_size),
            self.meta.averaging,
            uncertainty=self._uncertainty and alone,
        )

    def _finish(
        self,
        members: Sequence[tuple[Tensor, Tensor | None]],
        shape: tuple[int, int],
        presence: float,
    ) -> Prediction:
        """Bring one frame's maps to its own size, average, quantise, decide."""
        import torch

        maps = [to_frame_size(logits, shape).sigmoid() for logits, _ in members]
        unsure = members[0][1]
        if len(maps) > 1:
            unsure = spread(maps) if self._uncertainty else None
        elif unsure is not None:
            unsure = to_frame_size(unsure, shape)
        mean = maps[0] if len(maps) == 1 else torch.stack(maps).mean(0)
        if not math.isfinite(presence) or not math.isfinite(float(mean.mean())):
            raise Failure(
                f"{self.checkpoint} gives no numbers for a frame: its weights are "
                "damaged or were trained too fast; take another checkpoint."
            )
        # Quantised before the threshold: a stored map then gives the same mask.
        probability = quantise(mean)
        mask = self.meta.rule.decide(probability, presence)
        if unsure is None:
            return Prediction(probability, presence, mask)
        levels = quantise(unsure)
        doubt = frame_uncertainty(probability, levels, self.meta.rule.threshold)
        return Prediction(probability, presence, mask, levels, doubt)


def frame_uncertainty(
    probability: Probability, uncertainty: Probability, threshold: float
) -> float:
    """Return the mean uncertainty where a view may see nerve, in [0, 1].

    Parameters
    ----------
    probability, uncertainty
        (H, W) uint8; of two views, the mean and the distance of their maps, so that
        the larger of both is the mean and half the distance.
    threshold
        In [0, 1].
    """
    highest = probability + uncertainty / 2
    seen = highest >= threshold_level(threshold)
    return float(uncertainty[seen].mean()) / 255 if seen.any() else 0.0


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shape(frame: Frame) -> tuple[int, int]:
    height, width = frame.shape
    return height, width


def _check(frame: Frame) -> None:
    if frame.ndim != 2 or frame.dtype != np.uint8 or frame.size == 0:
        raise InputError(
            f"a frame of shape {frame.shape} and type {frame.dtype} cannot be "
            "predicted: give (H, W) uint8 with at least one pixel"
        )
