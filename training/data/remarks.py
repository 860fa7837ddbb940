"""What a look at the pixels shows that a person should know before relying on it.

Each kind is noted for every frame and said once for the folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .dataset import DataSet, FrameEntry, MaskRemark
from .grey import extremes
from .images import any_grey, grey_of, pixel_digest, read_image
from .masks import MOST_LABELS
from .problems import BadFile, Problem, relative
from .raw import orientation_of
from .scan_record import FrameInfo

if TYPE_CHECKING:
    from .labels import Labels

T = TypeVar("T")

#: The share of a frame above which a mask is doubted; frames of fewer pixels are not.
MOST_OF_A_FRAME, LEAST_FRAME = 0.5, 256

#: A mask that encloses more than this share of its own pixels may be an outline.
OUTLINED = 0.5

#: In a mask that is larger than this, both ways, no line of two pixels is a nerve.
THIN = 8

#: Files that are looked at before a training, at most.
FEW = 24

#: A picture is a mask's if this share of it is black or white.
NEARLY_ALL = 0.995

#: The grey below which the brightest pixel of a frame is doubted.
DARK = 8


def looks_like_mask(frame: NDArray[np.uint8]) -> bool:
    """Say whether a (H, W) uint8 picture is more likely a mask than a frame."""
    counts = np.bincount(frame.ravel(), minlength=256)
    n_levels = int(np.count_nonzero(counts))
    ends = int(counts[:8].sum() + counts[-8:].sum())
    flat = n_levels <= MOST_LABELS or ends >= NEARLY_ALL * frame.size
    bright = int(counts[128:].sum()) > 0 or n_levels <= MOST_LABELS
    half = 2 * int(counts.max()) > frame.size >= LEAST_FRAME
    return n_levels > 1 and flat and bright and half


def on_frame(
    dataset: DataSet,
    entry: FrameEntry,
    image: NDArray[Any],
    frame: NDArray[np.uint8],
) -> list[Problem]:
    """Return remarks on a frame.

    Parameters
    ----------
    dataset, entry
        What it is of.
    image, frame
        (H, W) or (H, W, C) as it lies in its file, and (H, W) uint8 as it is read.
    """
    found: list[Problem] = []
    if looks_like_mask(frame):
        words = "looks like a mask and is read as a frame: say how masks are named by "
        found.append(_remark(dataset, entry, "mask-like", words + "--mask-names."))
    if image.dtype in (np.uint8, np.bool_):
        return found
    if (most := int(frame.max(initial=0))) < DARK:
        words = (
            f"is nearly black, its brightest pixel is {most} of 255: pass --grey-range "
            "with the values that are black and white."
        )
        return [*found, _remark(dataset, entry, "grey-range", words)]
    values = grey_of(image)
    if image.dtype.kind == "f" and (n := int(np.count_nonzero(~np.isfinite(values)))):
        words = f"has {n:,} pixels that are no number (NaN or infinite); NaN is black."
        found.append(_remark(dataset, entry, "nan", words))
    ends, greys = extremes(values), dataset.grey_range(values.dtype)
    if ends is not None and not greys.holds(*ends):
        words = (
            f"has values from {ends[0]:g} to {ends[1]:g}, outside of {greys}, which is "
            "black to white in this folder: pass --grey-range if that is wrong."
        )
        found.append(_remark(dataset, entry, "grey-range", words))
    return found


def on_mask(
    dataset: DataSet,
    entry: FrameEntry,
    mask: NDArray[np.bool_],
    remarks: Sequence[MaskRemark],
) -> list[Problem]:
    """Return remarks on a frame's mask: on its files, and how much it covers."""
    found = []
    for one in remarks:
        name = relative(one.path, dataset.root)
        found.append(Problem(name, entry.id, one.kind, f"{name} {one.text}"))
    area = int(np.count_nonzero(mask))
    if area > MOST_OF_A_FRAME * mask.size >= LEAST_FRAME * MOST_OF_A_FRAME:
        where = entry.mask_path or entry.path
        name = relative(where, dataset.root)
        flag = "--no-invert-masks" if dataset.reading.invert_masks else "--invert-masks"
        words = (
            f"{name} says that {area:,} of {mask.size:,} px are nerve: if the nerve is "
            f"what is not marked, pass {flag}."
        )
        found.append(Problem(name, entry.id, "polarity", words))
    elif area and _is_outline(mask, area):
        name = relative(entry.mask_path or entry.path, dataset.root)
        words = (
            f"{name} marks a line of {area:,} px and not what is inside: fill it if it "
            "is an outline."
        )
        found.append(Problem(name, entry.id, "outline", words))
    return found


def _is_outline(mask: NDArray[np.bool_], area: int) -> bool:
    """Say whether a mask of some pixels encloses many others, or has no inside."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    if (1 + OUTLINED) * area >= box.size:  # nearly every mask that is filled
        return False
    inside = box[1:-1, 1:-1] & box[:-2, 1:-1] & box[2:, 1:-1]
    if min(box.shape) > THIN and not (inside & box[1:-1, :-2] & box[1:-1, 2:]).any():
        return True
    from scipy.ndimage import label

    parts, _ = label(~np.pad(box, 1))
    enclosed = np.count_nonzero(parts > 1)  # the first part is what lies outside
    return bool(enclosed > OUTLINED * area)


def on_orientation(
    dataset: DataSet, entry: FrameEntry, frame: int, masks: Sequence[int] | None = None
) -> list[Problem]:
    """Remark a mask that is turned otherwise than its frame.

    Parameters
    ----------
    dataset, entry
        The frame.
    frame, masks
        How the files say that they are turned; None asks those of the masks, which
        could not be read.
    """
    if entry.mask_path is None or dataset.run_length(entry.id) is not None:
        return []
    paths = (entry.mask_path, *entry.more_masks)
    if masks is None:
        masks = [_orientation(path, entry.mask_page, frame) for path in paths]
    for path, mask in zip(paths, masks, strict=True):  # noqa: B007
        if mask != frame:
            break
    else:
        return []
    name = relative(entry.path, dataset.root)
    other = relative(path, dataset.root)
    words = (
        f"{name} is turned as its EXIF orientation says ({frame}), and its mask "
        f"{other} is not ({mask}): see that they lie on each other."
        if mask == 1
        else f"{other} is turned as its EXIF orientation says ({mask}), and its frame "
        f"{name} is not ({frame}): see that they lie on each other."
    )
    return [Problem(name, entry.id, "orientation", words)]


def _orientation(path: Path, page: int | None, default: int) -> int:
    try:
        return orientation_of(path, page)
    except BadFile:  # told when it is read
        return default


def on_pages(
    dataset: DataSet, shapes: Mapping[str, tuple[int, int] | None]
) -> list[Problem]:
    """Remark pages of another size than their file's first: a small copy, perhaps.

    Parameters
    ----------
    dataset
        The frames.
    shapes
        FrameId to (H, W); None where a frame cannot be read.
    """
    first: dict[Path, tuple[int, int]] = {}
    found = []
    for entry in dataset.entries:
        shape = shapes[entry.id]
        if entry.page is None or shape is None:
            continue
        size = first.setdefault(entry.path, shape)
        if shape != size:
            name = f"{relative(entry.path, dataset.root)}, page {entry.page},"
            words = (
                f"{name} is {shape[0]} x {shape[1]} pixels (height x width) where the "
                f"first is {size[0]} x {size[1]}: take it out if it is no frame."
            )
            found.append(Problem(name, entry.id, "page-size", words))
    return found


def on_folder(dataset: DataSet, seen: Sequence[FrameInfo]) -> list[Problem]:
    """Return remarks that need all frames: on copies, and on masks that are all empty.

    Parameters
    ----------
    dataset
        The frames.
    seen
        What a scan saw of each, in the same order.
    """
    found = []
    marked = [one for one in seen if one.area is not None]
    if len(marked) > 1 and not any(one.area for one in marked):
        first = dataset.entry(marked[0].id)
        name = relative(first.mask_path or first.path, dataset.root)
        words = (
            f"{name} marks nothing, and no other mask does ({len(marked):,} in all): "
            "see that they were exported as they were drawn."
        )
        found.append(Problem(name, None, "none-marked", words))
    return found + _same_pictures(dataset, seen)


def _same_pictures(dataset: DataSet, seen: Sequence[FrameInfo]) -> list[Problem]:
    """Remark a frame that is one of another folder or subject, pixel for pixel.

    Equal frames of one recording are common, and so is a frame that is black.
    """
    shapes = {one.shape for one in seen if one.shape is not None}
    black = {pixel_digest(np.zeros(shape, np.uint8)) for shape in shapes}
    first: dict[str, FrameEntry] = {}
    found = []
    for info, entry in zip(seen, dataset.entries, strict=True):
        if info.sha256 is None or info.sha256 in black:
            continue
        one = first.setdefault(info.sha256, entry)
        if (one.path.parent, one.subject) != (entry.path.parent, entry.subject):
            other = relative(one.path, dataset.root)
            words = f"is pixel for pixel {other}, which lies in another folder or is "
            words += "of another subject: take one away if the data are here twice."
            found.append(_remark(dataset, entry, "same-picture", words))
    return found


def _remark(dataset: DataSet, entry: FrameEntry, kind: str, words: str) -> Problem:
    name = relative(entry.path, dataset.root)
    return Problem(name, entry.id, kind, f"{name} {words}")


def a_few(items: Sequence[T]) -> Sequence[T]:
    """Return at most `FEW`, evenly spread."""
    return items[:: -(-len(items) // FEW) or 1]


def doubtful_masks(dataset: DataSet, labels: Labels) -> str | None:
    """Say it if most masks cover most of their frames or are outlines, from a few."""
    ids = [entry.id for entry in dataset.entries if entry.mask_path is not None]
    seen = 0
    doubts: list[Problem] = []
    for frame in a_few(ids):
        try:
            mask = labels.mask(frame)
        except InputError:  # told where it is missed
            continue
        if mask is not None and mask.any():
            seen += 1
            doubts += on_mask(dataset, dataset.entry(frame), mask, ())
    for kind in ("polarity", "outline"):
        same = [one for one in doubts if one.kind == kind]
        if 2 * len(same) > seen:
            return f"{_MANY[kind](len(same))} of {seen} looked at; {same[0].text}"
    return None


def doubtful_frames(dataset: DataSet) -> list[str]:
    """Return one sentence for each kind of remark on a few of the frames."""
    found: dict[str, str] = {}
    for entry in a_few(dataset.entries):
        try:
            image = read_image(entry.path, entry.page)
            frame = any_grey(image, dataset.grey_range)
        except InputError:  # told where it is missed
            continue
        for one in on_frame(dataset, entry, image, frame):
            found.setdefault(one.kind, one.text)
    return list(found.values())


#: How many frames a remark of a kind is about, in words.
_MANY: dict[str, Callable[[int], str]] = {
    "mask-like": lambda n: f"{n:,} frames look like masks",
    "overlap": lambda n: f"{n:,} frames have masks that cover one another",
    "thresholded": lambda n: (
        f"{n:,} masks are grey at their edges and are cut at half of white"
    ),
    "one-label": lambda n: (
        f"{n:,} masks with the label 1 alone are read as nerve, "
        "beside masks with others"
    ),
    "other-labels": lambda n: f"{n:,} masks hold only other labels than the nerve's",
    "polarity": lambda n: f"{n:,} masks cover more than half of their frames",
    "outline": lambda n: f"{n:,} masks look like outlines",
    "one-colour": lambda n: f"{n:,} masks are in colour and are read as nerve",
    "pages-fewer": lambda n: f"{n:,} stacks of masks are shorter than their frames'",
    "same-picture": lambda n: (
        f"{n:,} frames are those of other folders or subjects, pixel for pixel"
    ),
    "orientation": lambda n: (
        f"{n:,} frames are turned by their EXIF orientation otherwise than their masks"
    ),
    "page-size": lambda n: (
        f"{n:,} pages have another size than the first of their file"
    ),
    "nan": lambda n: f"{n:,} frames have pixels that are no number",
    "grey-range": lambda n: f"{n:,} frames have values outside of the folder's range",
}

KINDS = frozenset(_MANY)


def once(problems: Sequence[Problem]) -> list[Problem]:
    """Return problems with the remarks of each kind in one sentence, at the end."""
    found = [one for one in problems if one.kind not in KINDS]
    has_labels = any(one.kind in ("labels", "grey-levels") for one in found)
    for kind, many in _MANY.items():
        same = [one for one in problems if one.kind == kind]
        if kind == "one-label" and not has_labels:  # masks of 0 and 1, as many are
            continue
        if len(same) == 1:
            found += same
        elif same:
            text = f"{many(len(same))}; the first: {same[0].text}"
            found.append(Problem(same[0].path, None, kind, text))
    return found
