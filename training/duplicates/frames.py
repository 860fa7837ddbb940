"""The frames of a search: checked, hashed, sorted into comparable sets."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..data.images import pixel_digest
from ..errors import InputError
from ..events import Progress
from .threads import Tally, for_each
from .window import SIDE, Array, Frame

#: Frames that one thread takes at a time.
_BATCH = 16


@dataclass(frozen=True)
class Cell:
    """Frames of one size and one label, which are compared with each other.

    Attributes
    ----------
    members
        For each distinct picture the indices of all frames that show it, ascending.
    """

    members: tuple[tuple[int, ...], ...]

    @property
    def first(self) -> list[int]:
        """The index of the frame that stands for each distinct picture."""
        return [same[0] for same in self.members]

    @property
    def n_pairs(self) -> int:
        """The number of pairs of distinct pictures."""
        return _choose_two(len(self.members))

    @property
    def n_frame_pairs(self) -> int:
        """The number of pairs of frames, identical ones included."""
        return _choose_two(sum(len(same) for same in self.members))


def _choose_two(n: int) -> int:
    return n * (n - 1) // 2


def check_frames(frames: Array | Sequence[Array]) -> list[Frame]:
    """Return the frames one by one, as read-only, contiguous (H, W) uint8 arrays.

    Nothing is copied unless a frame is not contiguous.

    Raises
    ------
    InputError
        If there are fewer than two, or one is not 2-D uint8 or is smaller than the
        window.
    """
    if len(frames) < 2:
        raise InputError(
            f"A search for duplicates needs at least two frames, not {len(frames)}."
        )
    return [check_frame(frame, f"Frame {k}") for k, frame in enumerate(frames)]


def check_frame(frame: Array, name: str) -> Frame:
    """Return one frame as `check_frames` does; ``name`` is for the sentence."""
    frame = np.asarray(frame)
    if frame.ndim != 2 or frame.dtype != np.uint8:
        raise InputError(
            f"{name} is {frame.ndim}-D {frame.dtype}; duplicates are searched among "
            "2-D uint8 frames, so convert it to 8-bit grey levels first."
        )
    if min(frame.shape) < SIDE:
        raise InputError(
            f"{name} is {frame.shape[0]} x {frame.shape[1]} pixels, smaller than the "
            f"{SIDE} x {SIDE} window of SSIM; leave it out."
        )
    view = np.ascontiguousarray(frame).view()
    view.flags.writeable = False  # one array type, so one compilation
    return view


def frame_digests(frames: Sequence[Frame], progress: Progress) -> list[str]:
    """Return the SHA-256 of each frame's size and pixels, as a scan does."""

    def work(batch: range, tally: Tally) -> tuple[range, list[str]]:
        digests = []
        for k in batch:
            digests.append(pixel_digest(frames[k]))
            tally.add(1)
        return batch, digests

    result = [""] * len(frames)
    for batch, digests in for_each(batches(len(frames)), work, progress):
        result[batch.start : batch.stop] = digests
    return result


def batches(n: int) -> Iterator[range]:
    """Cut ``range(n)`` into pieces for threads."""
    for start in range(0, n, _BATCH):
        yield range(start, min(start + _BATCH, n))


def sort_into_cells(
    frames: Sequence[Frame], digests: Sequence[str], labels: Sequence[Hashable]
) -> list[Cell]:
    """Put together what is to be compared: frames of equal label and equal size."""
    sets: dict[Hashable, dict[str, list[int]]] = {}
    for k, (frame, digest, label) in enumerate(
        zip(frames, digests, labels, strict=True)
    ):
        pictures = sets.setdefault((label, frame.shape), {})
        pictures.setdefault(digest, []).append(k)
    return [
        Cell(tuple(tuple(same) for same in pictures.values()))
        for pictures in sets.values()
    ]
