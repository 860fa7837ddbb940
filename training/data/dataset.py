"""A data set: which frames there are, and their pixels when somebody asks."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from . import rle
from .frame_ids import natural_key
from .grey import GreyRange, GreyRanges, extremes, grey_range_of
from .images import any_grey, grey_of, image_shape, read_image, strict_grey
from .masks import Mask, Remark, check_no_copy, in_one_colour, join_masks, look_at_mask
from .parallel import in_threads
from .problems import BadFile, Problem
from .raw import Raw, read_raw
from .reading import Reading
from .tiff_pages import TIFF_SUFFIXES, n_frames
from .understood import Understood

if TYPE_CHECKING:
    from .mask_cache import MaskCache

__all__ = ["DataSet", "FrameEntry", "Problem"]

#: Frames that are looked at to find the range of greys, at most.
MOST_LOOKED_AT = 512

#: Masks of one frame that share more pixels than this, or more than this share of the
#: smaller one, are doubted: parts of a nerve only touch.
FEW_PIXELS, LITTLE = 4, 0.02


@dataclass(frozen=True, slots=True)
class FrameEntry:
    """Where one frame and its mask lie.

    Attributes
    ----------
    id
        The FrameId: the file's stem, with ``#page`` in a multi-page file.
    path, page
        The frame's file, and its page counted from 0 (None: the file has one).
    mask_path, mask_page
        The same of its mask; ``mask_path`` is None if the mask is missing, and
        the CSV file for a run-length mask.
    subject
        The subject, or None; see `training.data.subjects`.
    more_masks
        Other mask files of the frame, which are joined with the first.
    """

    id: str
    path: Path
    page: int | None
    mask_path: Path | None
    mask_page: int | None
    subject: str | None
    more_masks: tuple[Path, ...] = ()


class DataSet:
    """Frames in natural order, listed but not decoded.

    Parameters
    ----------
    root
        The folder that is read (and only read).
    layout
        ``kaggle``, ``images-masks``, ``plain`` (no masks) or ``file``.
    entries
        In natural order.
    problems
        What listing found.
    reading
        How files are read.
    run_lengths
        FrameId to run-length text, for frames whose ``mask_path`` is a CSV file.
    understood
        How listing understood the folder.
    """

    def __init__(
        self,
        root: Path,
        layout: str,
        entries: Iterable[FrameEntry],
        problems: Iterable[Problem] = (),
        *,
        reading: Reading | None = None,
        run_lengths: Mapping[str, str] | None = None,
        understood: Understood | None = None,
    ) -> None:
        self.root, self.layout = root, layout
        self._reading = reading or Reading()
        self.understood = understood or Understood(layout)
        self.entries = tuple(entries)
        self.problems = tuple(problems)
        self._run_lengths = run_lengths or {}
        self._by_id = {entry.id: entry for entry in self.entries}
        self._grey = GreyRanges()
        self._grey_lock = threading.RLock()
        self._colour: str | None = None
        self.mask_cache: MaskCache | None = None
        if self._reading.grey_range is not None:
            self._grey = GreyRanges.parse(self._reading.grey_range)

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, frame_id: object) -> bool:
        return frame_id in self._by_id

    def __repr__(self) -> str:
        return f"<DataSet {self.root} ({self.layout}, {len(self)} frames)>"

    @property
    def reading(self) -> Reading:
        """How files are read, with the ranges of greys that were found."""
        if not self._grey:
            return self._reading
        return replace(self._reading, grey_range=str(self._grey))

    def grey_range(self, dtype: np.dtype[Any]) -> GreyRange:
        """Return the values that become black and white in frames of a type.

        One range for all frames of the folder that have the type, as chosen, else
        found in them (in `MOST_LOOKED_AT` frames, evenly spread, where there are more).
        """
        with self._grey_lock:
            found = self._grey.get(dtype)
            if found is None:
                step = -(-len(self.entries) // MOST_LOOKED_AT) or 1
                self._grey.add(self._find_ranges(step))
                found = self._grey.get(dtype)
            if found is None:
                self._grey.add(self._find_ranges(1))
                found = self._grey.get(dtype)
            return found or GreyRange(0, 255)

    def settle_grey_range(self) -> None:
        """Find the ranges of greys now if the first frame is not of 8 bits."""
        first = _depth(self.entries[0]) if self.entries else None
        if first is not None:
            self.grey_range(first[0])

    def _find_ranges(self, step: int) -> dict[str, GreyRange]:
        ends: dict[np.dtype[Any], list[float]] = {}
        for _, found in in_threads(_depth, self.entries[::step]):
            if found is not None:
                ends.setdefault(found[0], []).extend(found[1])
        return {
            kind.name: grey_range_of(kind, min(values), max(values))
            for kind, values in ends.items()
        }

    @property
    def nerve_label(self) -> int | None:
        """The value that is the nerve in masks with several labels, if one is."""
        return self._reading.nerve_label

    @property
    def luminance(self) -> bool:
        """Whether 8-bit colour frames are read as their luminance."""
        return bool(self._reading.luminance)

    @property
    def ids(self) -> tuple[str, ...]:
        """The FrameIds, in natural order."""
        return tuple(self._by_id)

    @property
    def subjects(self) -> tuple[str | None, ...]:
        """Each subject once, in natural order; None (no subject) comes last."""
        found = {entry.subject for entry in self.entries}
        return tuple(
            sorted(found, key=lambda name: (name is None, natural_key(name or "")))
        )

    @property
    def has_subjects(self) -> bool:
        """Whether every frame names its subject."""
        return all(entry.subject is not None for entry in self.entries)

    def entry(self, frame_id: str) -> FrameEntry:
        """Return the entry of one frame; raise `InputError` if there is none."""
        try:
            return self._by_id[frame_id]
        except KeyError:
            raise InputError(
                f"{self.root} has no frame {frame_id}: give the stem of a file in it."
            ) from None

    def has_mask(self, frame_id: str) -> bool:
        """Whether the frame has a mask (an empty one counts; a missing one not)."""
        return self.entry(frame_id).mask_path is not None

    def shape(self, frame_id: str) -> tuple[int, int]:
        """Return a frame's (H, W) from its file's header.

        Raises
        ------
        BadFile
            If the header cannot be read.
        """
        entry = self.entry(frame_id)
        return image_shape(entry.path, entry.page)

    def frame(self, frame_id: str) -> NDArray[np.uint8]:
        """Decode one frame.

        Returns
        -------
        ndarray
            (H, W) uint8.

        Raises
        ------
        BadFile
            If the file cannot be read, holds one bit a pixel, or is in colour
            without the data set's ``luminance``.
        """
        entry = self.entry(frame_id)
        image = read_image(entry.path, entry.page)
        return strict_grey(image, entry.path, self.luminance, self.grey_range)

    def any_frame(self, frame_id: str) -> NDArray[np.uint8]:
        """Decode one frame as `frame` does, colour as its luminance in any case."""
        entry = self.entry(frame_id)
        return any_grey(read_image(entry.path, entry.page), self.grey_range)

    def mask(
        self, frame_id: str, shape: tuple[int, int] | None = None
    ) -> NDArray[np.bool_] | None:
        """Decode one frame's mask as it lies in the data folder.

        Parameters
        ----------
        frame_id
            The frame.
        shape
            The frame's (H, W) if the caller knows it; else its header is read.

        Returns
        -------
        ndarray or None
            (H, W) bool of the frame's size; None if the mask is missing.

        Raises
        ------
        BadFile
            If the mask cannot be read, has more than two levels, or has another
            size than its frame.
        """
        if self.mask_cache is not None:
            return self.mask_cache.mask(frame_id, shape)
        found = self.look_at_mask(frame_id, shape)
        return None if found is None else found[0]

    def look_at_mask(
        self, frame_id: str, shape: tuple[int, int] | None = None
    ) -> tuple[NDArray[np.bool_], tuple[MaskRemark, ...], tuple[int, ...]] | None:
        """Return what `mask` does, remarks on its files, and their orientations."""
        entry = self.entry(frame_id)
        if entry.mask_path is None:
            return None
        shape = shape or self.shape(frame_id)
        if frame_id in self._run_lengths:
            return self._decoded(entry.mask_path, frame_id, shape), (), ()
        paths = (entry.mask_path, *entry.more_masks)
        if entry.page is None and entry.mask_page is None:
            _check_one_page(paths)
        check_no_copy(paths)
        masks, remarks, turned = [], [], []
        for path in paths:
            raw = read_raw(path, entry.mask_page)
            turned.append(raw.orientation)
            mask, remark = self._look_at(raw, path)
            masks.append(mask)
            remarks += [] if remark is None else [MaskRemark(path, *remark)]
        mask = join_masks(masks, paths)
        remarks += _overlaps(masks, paths)
        if mask.shape != shape:
            raise _size_mismatch(entry.mask_path, mask.shape, shape)
        mask = ~mask if self._reading.invert_masks else mask
        return mask, tuple(remarks), tuple(turned)

    def _look_at(self, raw: Raw, path: Path) -> tuple[Mask, Remark | None]:
        """Return what `look_at_mask` does; take the folder's one colour as well."""
        try:
            return look_at_mask(raw, path, self.nerve_label)
        except BadFile as error:
            one = in_one_colour(raw.pixels) if error.kind == "colour" else None
            if one is None or self.nerve_label not in (None, 1, 255):
                raise
        mask, colour = one
        if colour != (first := self._first_colour()):
            words = f"is drawn in {colour}, and other masks in {first}: "
            raise BadFile(path, "colour", words + "make those of the nerve white.")
        words = f"is in colour and is read as nerve where it is {colour}."
        return mask, Remark("one-colour", words)

    def _first_colour(self) -> str | None:
        """Return the colour of the first mask in one colour; others need not be it."""
        with self._grey_lock:
            if self._colour is None:
                self._colour = next(self._colours(), None)
            return self._colour

    def _colours(self) -> Iterator[str]:
        for entry in self.entries:
            for path in filter(None, (entry.mask_path, *entry.more_masks)):
                with contextlib.suppress(InputError):  # told where it is missed
                    one = in_one_colour(read_raw(path, entry.mask_page).pixels)
                    if one is not None:
                        yield one[1]

    def _decoded(
        self, path: Path, frame_id: str, shape: tuple[int, int]
    ) -> NDArray[np.bool_]:
        try:
            return rle.decode(self._run_lengths[frame_id], shape)
        except InputError as error:
            text = str(error)
            reason = f"has a bad mask for frame {frame_id}: {text[0].lower()}{text[1:]}"
            raise BadFile(path, "run-length", reason) from error

    def run_length(self, frame_id: str) -> str | None:
        """Return the run-length text of a frame whose mask lies in a CSV file."""
        return self._run_lengths.get(frame_id)


class MaskRemark(NamedTuple):
    """A remark on one mask's file; see `training.data.masks.Remark`."""

    path: Path
    kind: str
    text: str


def _overlaps(
    masks: Sequence[NDArray[np.bool_]], paths: Sequence[Path]
) -> list[MaskRemark]:
    """Remark a mask that lies on an earlier one: parts of a nerve do not."""
    before = masks[0]
    for mask, path in zip(masks[1:], paths[1:], strict=True):
        common = int(np.count_nonzero(before & mask))
        least = min(np.count_nonzero(before), np.count_nonzero(mask))
        if common > max(FEW_PIXELS, LITTLE * least):
            words = "lies on another mask of its frame, with which it is joined: see "
            words += "that it is no copy of it, and not another person's."
            return [MaskRemark(path, "overlap", words)]
        before = before | mask
    return []


def _check_one_page(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.suffix.lower() in TIFF_SUFFIXES and (n := n_frames(path)) > 1:
            raise BadFile(
                path,
                "several-pages",
                f"has {n} pages where its frame has one: split it into one file a "
                "page, or keep the page that is the frame's.",
            )


def _depth(entry: FrameEntry) -> tuple[np.dtype[Any], tuple[float, float]] | None:
    """Return the type and the extremes of a frame that is not of 8 bits."""
    try:
        values = grey_of(read_image(entry.path, entry.page))
    except InputError:
        return None
    deep = values.dtype.kind in "iuf" and values.dtype != np.uint8
    found = extremes(values) if deep else None
    return None if found is None else (values.dtype, found)


def _size_mismatch(
    path: Path, mask: tuple[int, ...], frame: tuple[int, int]
) -> BadFile:
    return BadFile(
        path,
        "size-mismatch",
        f"is {mask[0]} x {mask[1]} pixels (height x width) where its frame is "
        f"{frame[0]} x {frame[1]}: export the mask at the frame's size.",
    )
