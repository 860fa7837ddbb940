"""A data set: which frames there are, and their pixels when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from . import rle
from .frame_ids import natural_key
from .images import image_shape, read_image, strict_grey
from .masks import read_mask
from .problems import BadFile, Problem
from .reading import Reading

__all__ = ["DataSet", "FrameEntry", "Problem"]


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
        The subject that the stem names, or None.
    """

    id: str
    path: Path
    page: int | None
    mask_path: Path | None
    mask_page: int | None
    subject: str | None


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
    ) -> None:
        self.root, self.layout = root, layout
        self.reading = reading or Reading()
        self.entries = tuple(entries)
        self.problems = tuple(problems)
        self._run_lengths = run_lengths or {}
        self._by_id = {entry.id: entry for entry in self.entries}

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, frame_id: object) -> bool:
        return frame_id in self._by_id

    def __repr__(self) -> str:
        return f"<DataSet {self.root} ({self.layout}, {len(self)} frames)>"

    @property
    def nerve_label(self) -> int | None:
        """The value that is the nerve in masks with several labels, if one is."""
        return self.reading.nerve_label

    @property
    def luminance(self) -> bool:
        """Whether 8-bit colour frames are read as their luminance."""
        return bool(self.reading.luminance)

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
            If the file cannot be read, is not of 8 bits, or is in colour without
            the data set's ``luminance``.
        """
        entry = self.entry(frame_id)
        image = read_image(entry.path, entry.page)
        return strict_grey(image, entry.path, self.luminance)

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
        entry = self.entry(frame_id)
        if entry.mask_path is None:
            return None
        shape = shape or self.shape(frame_id)
        if frame_id in self._run_lengths:
            return self._decoded(entry.mask_path, frame_id, shape)
        mask = read_mask(entry.mask_path, entry.mask_page, self.nerve_label)
        if mask.shape != shape:
            raise _size_mismatch(entry.mask_path, mask.shape, shape)
        return mask

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


def _size_mismatch(
    path: Path, mask: tuple[int, ...], frame: tuple[int, int]
) -> BadFile:
    return BadFile(
        path,
        "size-mismatch",
        f"is {mask[0]} x {mask[1]} pixels (height x width) where its frame is "
        f"{frame[0]} x {frame[1]}: export the mask at the frame's size.",
    )
