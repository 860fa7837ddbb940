"""Frames decoded once and held as uint8 at the network's size."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..data import DataSet
from ..data.images import pixel_digest
from ..data.parallel import in_threads
from ..data.store.packing import PackedMask
from ..errors import InputError
from ..events import OnEvent, Progress, ShouldStop, message
from ..networks import resize_frame, resize_mask
from ..networks.preprocess import preprocess_frame

Frame = NDArray[np.uint8]
Mask = NDArray[np.bool_]
MaskOf = Callable[[str], Mask | None]


class TrainingLabels(Protocol):
    """What a training asks of labels; `training.data.labels.Labels` has it."""

    def mask(self, frame_id: str) -> Mask | None:
        """Return the (H, W) mask that holds, None if it is missing."""

    @property
    def excluded(self) -> frozenset[str]:
        """Frames that nothing is learned from."""

    @property
    def ambiguous(self) -> frozenset[str]:
        """Frames left out of the loss."""

    @property
    def snapshot_id(self) -> str:
        """What names these labels for good."""

    def warnings(self) -> list[str]:
        """Return what belongs beside whatever is made of these labels."""

    def take_snapshot(self, note: str) -> None:
        """Write down what these labels are, where there is a store."""


@dataclass(frozen=True)
class PreloadedFrames:
    """Frames and masks of one part of a split.

    Attributes
    ----------
    ids
        Their frame ids.
    frames
        (N, 1, H, W) uint8 at the network's size.
    masks
        (N, 1, H, W) uint8: the share of nerve in each pixel times 255.
    subjects
        Whose frame each is; None if that is not known.
    nerve
        (N,) bool: whether each frame's mask shows a nerve.
    truths
        Each frame's mask at its own size; empty unless it was asked for.
    sha256
        `pixel_digest` of each frame, and what names its mask in the label store.
    missing
        Frames left out because they have no mask.
    unreadable
        Why frames were left out, one sentence each.
    """

    ids: tuple[str, ...]
    frames: Tensor
    masks: Tensor
    subjects: tuple[str | None, ...]
    nerve: NDArray[np.bool_]
    truths: tuple[PackedMask, ...]
    sha256: dict[str, dict[str, str]]
    missing: tuple[str, ...]
    unreadable: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)


def require(held: PreloadedFrames, dataset: DataSet, use: str) -> None:
    """Raise `InputError` if there is no frame for a use, such as ``learn from``."""
    if not len(held):
        raise InputError(
            f"{dataset.root} has no frame to {use} with a mask that can be used: see "
            "'nerveseg scan' for what is wrong."
        )


@dataclass(frozen=True)
class _Facts:
    """What is known of a frame beside its pixels."""

    nerve: bool
    truth: PackedMask | None
    sha256: dict[str, str]


@dataclass(frozen=True)
class _One:
    """A frame and its mask at the network's size."""

    frame: Frame
    mask: Frame
    facts: _Facts


@dataclass(frozen=True)
class _Reader:
    """Decodes one frame and its mask, from several threads at once."""

    dataset: DataSet
    mask_of: MaskOf
    size: tuple[int, int]
    preprocess: str
    keep_truths: bool

    def __call__(self, frame_id: str) -> _One | InputError | None:
        """Return a frame, why it cannot be used, or None if it has no mask."""
        try:
            mask = self.mask_of(frame_id)
            return None if mask is None else self._read(frame_id, mask)
        except InputError as error:
            return error

    def _read(self, frame_id: str, mask: Mask) -> _One:
        frame = self.dataset.frame(frame_id)
        if frame.shape != mask.shape:
            raise InputError(
                f"Frame {frame_id} is {frame.shape[0]} x {frame.shape[1]} (height x "
                f"width) and its mask {mask.shape[0]} x {mask.shape[1]}: mend the mask."
            )
        packed = PackedMask.of(mask)
        sha256 = {"frame": pixel_digest(frame), "mask": packed.digest}
        truth = packed if self.keep_truths else None
        changed = preprocess_frame(frame, self.preprocess)
        return _One(
            resize_frame(changed, self.size),
            resize_mask(mask, self.size),
            _Facts(bool(mask.any()), truth, sha256),
        )


class _Shelf:
    """Takes frames one by one, each at once to where it is held."""

    def __init__(self, most: int, size: tuple[int, int]) -> None:
        self._frames, self._masks = (reserve((most, 1, *size)) for _ in range(2))
        self._facts: dict[str, _Facts] = {}

    def put(self, frame_id: str, one: _One) -> None:
        place = len(self._facts)
        self._frames[place, 0] = torch.from_numpy(one.frame)
        self._masks[place, 0] = torch.from_numpy(one.mask)
        self._facts[frame_id] = one.facts

    def held(
        self, dataset: DataSet, missing: Sequence[str], unreadable: Sequence[str]
    ) -> PreloadedFrames:
        facts, n = self._facts, len(self._facts)
        return PreloadedFrames(
            ids=tuple(facts),
            frames=self._frames[:n],
            masks=self._masks[:n],
            subjects=tuple(dataset.entry(name).subject for name in facts),
            nerve=np.array([one.nerve for one in facts.values()], bool),
            truths=tuple(one.truth for one in facts.values() if one.truth is not None),
            sha256={name: one.sha256 for name, one in facts.items()},
            missing=tuple(missing),
            unreadable=tuple(unreadable),
        )


def preload(
    dataset: DataSet,
    ids: Sequence[str],
    mask_of: MaskOf,
    size: tuple[int, int],
    *,
    stage: str,
    preprocess: str = "none",
    keep_truths: bool = False,
    on_event: OnEvent | None = None,
    should_stop: ShouldStop | None = None,
) -> PreloadedFrames:
    """Decode frames and masks once.

    Parameters
    ----------
    dataset
        Where the frames are.
    ids
        Which of them.
    mask_of
        Gives a frame's mask; None leaves the frame out.
    size
        The network's input height and width; frames may be of any sizes.
    stage
        What this is called while it runs.
    preprocess
        What is done to a frame's grey levels, at its own size; see
        `training.networks.preprocess.preprocess_frame`.
    keep_truths
        Keep the masks at their own size too.

    Raises
    ------
    Cancelled
        If asked to stop.
    """
    read = _Reader(dataset, mask_of, size, preprocess, keep_truths)
    progress = Progress(stage, len(ids), on_event, should_stop)
    shelf = _Shelf(len(ids), size)
    missing: list[str] = []
    unreadable: list[str] = []
    for frame_id, found in in_threads(read, ids):
        if isinstance(found, InputError):
            unreadable.append(str(found))
            message(on_event, f"Left out: {found}", "warning")
        elif found is None:
            missing.append(frame_id)
        else:
            shelf.put(frame_id, found)
        progress.step()
    return shelf.held(dataset, missing, unreadable)


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
