"""What is known of one frame after a look at its pixels."""

from __future__ import annotations

from dataclasses import dataclass

from .problems import Problem


@dataclass(frozen=True, slots=True)
class FrameInfo:
    """One frame as `scan` saw it.

    Attributes
    ----------
    id, subject
        As in `FrameEntry`.
    shape
        (H, W), or None if the file cannot be read.
    area
        The mask's pixels; None if the mask is missing or cannot be read, or the frame
        cannot.
    sha256
        Of the pixels and the shape (`pixel_digest`); None if the frame is no grey
        image.
    has_mask
        Whether there is a mask, readable or not.
    bad_mask
        Whether there is one that cannot be read or does not fit.
    dtype
        Of the file's pixels, such as ``uint8``; None if it cannot be read.
    orientation
        As its EXIF says (1 is upright); the frame was turned accordingly.
    """

    id: str
    subject: str | None
    shape: tuple[int, int] | None
    area: int | None
    sha256: str | None
    has_mask: bool
    bad_mask: bool
    dtype: str | None = None
    orientation: int = 1


@dataclass(frozen=True, slots=True)
class Record:
    """A frame's info and its problems."""

    info: FrameInfo
    problems: tuple[Problem, ...]
