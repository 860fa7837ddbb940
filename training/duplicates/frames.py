"""The frames of a search: checked, cropped, hashed, sorted into comparable sets."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ..data.images import pixel_digest
from ..errors import InputError
from ..events import Progress
from .ssim_constants import Array, Frame
from .threads import Tally, for_each
from .window import Window

#: Frames that one thread takes at a time.
_BATCH = 16

#: A rectangle of every frame: top, bottom, left, right in pixels, half open.
Roi = tuple[int, int, int, int]

#: The label of frames that are compared with all others, whatever theirs.
ANY_LABEL: Hashable = object()


@dataclass(frozen=True)
class Cell:
    """Frames of one size and one label, which are compared with each other.

    Attributes
    ----------
    members
        For each distinct picture the indices of all frames that show it, ascending.
    n_left
        None: every picture is compared with every other. Else each of the first
        ``n_left`` with each of the rest, which are of another set.
    """

    members: tuple[tuple[int, ...], ...]
    n_left: int | None = None

    @cached_property
    def first(self) -> NDArray[np.int64]:
        """The index of the frame that stands for each distinct picture."""
        return np.array([same[0] for same in self.members], np.int64)

    @property
    def n_rows(self) -> int:
        """The number of rows of the pair matrix that hold a pair."""
        return len(self.members) - 1 if self.n_left is None else self.n_left

    def begin(self, row: int) -> int:
        """Return the first column of a row of the pair matrix; all behind follow."""
        return row + 1 if self.n_left is None else self.n_left

    @property
    def n_pairs(self) -> int:
        """The number of pairs of distinct pictures."""
        n = len(self.members)
        return sum(n - self.begin(row) for row in range(self.n_rows))

    @property
    def n_frame_pairs(self) -> int:
        """The number of pairs of frames, identical ones included."""
        sizes = [len(same) for same in self.members]
        if self.n_left is not None:
            return sum(sizes[: self.n_left]) * sum(sizes[self.n_left :])
        return sum(sizes) * (sum(sizes) - 1) // 2

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Yield the frames that stand for each pair of pictures."""
        first = self.first.tolist()
        for row in range(self.n_rows):
            for j in first[self.begin(row) :]:
                yield first[row], j


class Crops(Sequence[Frame]):
    """One rectangle of each frame, cut out when it is asked for.

    Parameters
    ----------
    frames
        (H, W) uint8 each.
    roi
        Which rectangle; it lies inside every frame.
    """

    def __init__(self, frames: Sequence[Frame], roi: Roi) -> None:
        top, bottom, left, right = roi
        self._frames = frames
        self._part = (slice(top, bottom), slice(left, right))

    def __len__(self) -> int:
        return len(self._frames)

    @overload
    def __getitem__(self, k: int) -> Frame: ...

    @overload
    def __getitem__(self, k: slice) -> Sequence[Frame]: ...

    def __getitem__(self, k: int | slice) -> Frame | Sequence[Frame]:
        if isinstance(k, slice):
            return [self[position] for position in range(len(self))[k]]
        return _as_one_type(self._frames[k][self._part])


def check_frames(
    frames: Array | Sequence[Array],
    window: Window,
    roi: Roi | None = None,
    name: str = "Frame",
) -> Sequence[Frame]:
    """Return the frames one by one, as read-only, contiguous (H, W) uint8 arrays.

    Nothing is copied unless a frame is not contiguous; a ``roi`` is cut out frame by
    frame when it is needed.

    Raises
    ------
    InputError
        If a frame is not 2-D uint8, or is smaller than the window, or does not
        contain the ``roi``.
    """
    if roi is not None:
        check_roi(roi, window)
    checked = [
        check_frame(frame, f"{name} {k}", window, roi) for k, frame in enumerate(frames)
    ]
    return (
        [_as_one_type(frame) for frame in checked]
        if roi is None
        else Crops(checked, roi)
    )


def check_frame(
    frame: Array, name: str, window: Window, roi: Roi | None = None
) -> Frame:
    """Return a frame that can be searched as it is; ``name`` is for the sentence.

    Raises
    ------
    InputError
        As `check_frames` does.
    """
    frame = _check_kind(frame, name)
    if wrong := misfit(frame.shape, window, roi):
        raise InputError(f"{name} {wrong}")
    return frame


def misfit(
    shape: tuple[int, ...], window: Window, roi: Roi | None = None
) -> str | None:
    """Return why frames of a size cannot be searched, as the end of a sentence."""
    size = f"is {shape[0]} x {shape[1]} pixels"
    if roi is not None and (shape[0] < roi[1] or shape[1] < roi[3]):
        return (
            f"{size} (height x width), and the roi reaches to row {roi[1]} and column "
            f"{roi[3]}; choose one that lies inside every frame."
        )
    if min(shape) < window.side:
        return (
            f"{size}, smaller than the {window.side} x {window.side} window of SSIM; "
            "leave it out."
        )
    return None


def _check_kind(frame: Array, name: str) -> Frame:
    frame = np.asarray(frame)
    if frame.ndim != 2 or frame.dtype != np.uint8:
        raise InputError(
            f"{name} is {frame.ndim}-D {frame.dtype}; duplicates are searched among "
            "2-D uint8 frames, so convert it to 8-bit grey levels first."
        )
    return frame


def parse_roi(text: str) -> Roi:
    """Return the roi that "TOP,BOTTOM,LEFT,RIGHT" names; `check_roi` judges it.

    Raises
    ------
    InputError
        If these are not four whole numbers.
    """
    try:
        top, bottom, left, right = (int(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            f"The roi is {text!r}; give four whole numbers of pixels, "
            "TOP,BOTTOM,LEFT,RIGHT (bottom and right excluded)."
        ) from None
    return top, bottom, left, right


def check_roi(roi: Roi, window: Window) -> None:
    """Raise InputError unless a window fits into the roi."""
    top, bottom, left, right = roi
    if min(top, left) < 0 or min(bottom - top, right - left) < window.side:
        raise InputError(
            f"The roi is {tuple(roi)}; give top, bottom, left, right in pixels, from 0 "
            f"on, {window.side} rows and columns or more."
        )


def _as_one_type(frame: Array) -> Frame:
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
    frames: Sequence[Frame],
    digests: Sequence[str],
    labels: Sequence[Hashable],
    n_first: int | None = None,
) -> list[Cell]:
    """Put together what is to be compared: frames of equal label and equal size.

    Those of `ANY_LABEL` are compared with all others too. With ``n_first`` the frames
    from that index on are another set, only pairs of one frame of each are compared,
    and `ANY_LABEL` is a label as others are.
    """
    sets: dict[
        tuple[Hashable, tuple[int, ...]],
        tuple[dict[str, list[int]], dict[str, list[int]]],
    ] = {}
    for k, (frame, digest, label) in enumerate(
        zip(frames, digests, labels, strict=True)
    ):
        sides = sets.setdefault((label, frame.shape), ({}, {}))
        side = sides[n_first is not None and k >= n_first]
        side.setdefault(digest, []).append(k)
    cells = [
        Cell(
            tuple(tuple(same) for side in sides for same in side.values()),
            None if n_first is None else len(sides[0]),
        )
        for sides in sets.values()
    ]
    if n_first is None:
        cells += _across_labels(dict(zip(sets, cells, strict=True)))
    return cells


def _across_labels(
    cells: Mapping[tuple[Hashable, tuple[int, ...]], Cell],
) -> Iterator[Cell]:
    """Yield the cells of frames that are compared whatever the label of the other."""
    for (label, shape), own in cells.items():
        if label is not ANY_LABEL:
            continue
        others = [
            same
            for (other, size), cell in cells.items()
            if size == shape and other is not ANY_LABEL
            for same in cell.members
        ]
        if others:
            yield Cell((*own.members, *others), len(own.members))
