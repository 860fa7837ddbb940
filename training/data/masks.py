"""Mask files to 2-D bool, and what keeps a file from being a mask."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .images import grey_channel
from .problems import BadFile
from .raw import Raw, read_raw

#: At most so many values are listed in a sentence.
SHOWN_VALUES = 8

#: More grey levels than this are no labels.
MOST_LABELS = 8

#: The share of a mask that may lie between black and white, at its edges.
MOST_BETWEEN = 0.05

#: Pixels from either side of an edge that may be grey.
EDGE = 3

#: Values of a JPEG that lie closer together than this are blurred into one another.
LEAST_APART = 32

_JPEG = (".jpg", ".jpeg")

#: What a browser or a desktop calls the second file of a name.
_COPY = re.compile(r"(?P<stem>.+?) ?\([0-9]+\)", re.DOTALL)

Mask = NDArray[np.bool_]


class Remark(NamedTuple):
    """Something about one file that a person should know: its kind, and the words.

    ``text`` is the rest of a sentence that begins with the file's name.
    """

    kind: str
    text: str


def read_mask(
    path: Path, page: int | None = None, nerve_label: int | None = None
) -> Mask:
    """Read a mask file.

    Parameters
    ----------
    path, page
        As `read_image`.
    nerve_label
        The value (in a palette file: the index) that stands for the nerve; None
        takes masks of 0 and 255, 0 and 1, or False and True.

    Returns
    -------
    ndarray
        (H, W) bool.

    Raises
    ------
    BadFile
        If the file cannot be read, is in colour, has more than two grey levels,
        or has labels while ``nerve_label`` is None.
    """
    return look_at_mask(read_raw(path, page), path, nerve_label)[0]


def look_at_mask(
    raw: Raw, path: Path, nerve_label: int | None = None
) -> tuple[Mask, Remark | None]:
    """Return a decoded mask, and a remark on how it was read; raises as `read_mask`.

    A mask that is grey at its edges (JPEG, or resized) is cut at half of white. Where
    a label is chosen, masks of 0 and 255 or 0 and 1 hold the nerve as well if the
    label is 1 or 255; masks with other labels only hold none, which is remarked.
    """
    if raw.palette is not None:
        return _by_index(raw, path, nerve_label)
    values = grey_channel(raw.pixels, path)
    found = levels(values)
    white = _white(values)
    if _is_grey_at_edges(values, found, white, path):
        if nerve_label not in (None, 1, white):
            raise _not_this_label(path, found, nerve_label)
        words = f"is grey at its edges ({len(found)} levels) and is cut at half of "
        mask = values > white / 2
        return np.asarray(mask), Remark("thresholded", words + f"{white:g}.")
    _check_kept_apart(found, path)
    if nerve_label is None:
        _check_two_levels(values, path)
        return np.asarray(values != 0), _one_label(values, found)
    return _with_label(values, found, path, nerve_label)


def _by_index(
    raw: Raw, path: Path, nerve_label: int | None
) -> tuple[Mask, Remark | None]:
    """Read a palette mask: indices are labels; a palette of greys is a picture."""
    assert raw.palette is not None
    if nerve_label is not None:
        found = levels(raw.pixels)
        mask = np.asarray(raw.pixels == nerve_label)
        return mask, _other_labels(found, nerve_label)
    used = raw.palette[levels(raw.pixels)]
    is_coloured = bool((used != used[:, :1]).any())
    if is_coloured or len(np.unique(used[:, 0])) < len(used):  # two look the same
        raise _labelled(raw.pixels, path)
    values = raw.palette[raw.pixels, 0]  # indices say nothing, and 0 may be white
    _check_two_levels(values, path)
    return np.asarray(values != 0), None


def _check_kept_apart(found: NDArray[Any], path: Path) -> None:
    """Refuse a JPEG of labels such as 0 and 1: it does not keep what differs so little.

    What it holds then looks like a mask, of squares of 8 pixels or of nothing.
    """
    if path.suffix.lower() not in _JPEG or len(found) < 2:
        return
    if np.diff(found).min() < LEAST_APART:
        raise BadFile(
            path,
            "grey-levels",
            f"is a JPEG of the values {_listed(found)}, which JPEG does not keep "
            "apart: export the masks again as PNG or TIFF.",
        )


def in_one_colour(pixels: NDArray[Any]) -> tuple[Mask, str] | None:
    """Return a mask drawn in one colour on black, and the colour's name; else None.

    Parameters
    ----------
    pixels
        (H, W, C) as they lie in the file.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (3, 4):
        return None
    colours, alpha = pixels[..., :3], pixels[..., 3:]
    mask = colours.any(axis=2)
    inside = colours[mask]
    if not len(inside) or (inside != inside[0]).any() or (alpha != 255).any():
        return None
    return np.asarray(mask), "#" + "".join(f"{part:02x}" for part in inside[0].tolist())


def _with_label(
    values: NDArray[Any], found: NDArray[Any], path: Path, label: int
) -> tuple[Mask, Remark | None]:
    if label in found:
        return np.asarray(values == label), None
    above = found[found != 0]
    if len(above) == 1 and above[0] in (1, 255, _most(values)):
        if label in (1, 255):
            return np.asarray(values != 0), None
        if above[0] != 1:
            raise _not_this_label(path, found, label)
    return np.zeros(values.shape, bool), _other_labels(found, label)


def _one_label(values: NDArray[Any], found: NDArray[Any]) -> Remark | None:
    """Remark a mask of 0 and 1, which beside others may be one of several labels."""
    if values.dtype.kind not in "iu" or found[-1] != 1:
        return None
    words = "holds the label 1 alone: pass --nerve-label if that need not be the nerve."
    return Remark("one-label", words)


def _other_labels(found: NDArray[Any], label: int) -> Remark | None:
    above = found[found != 0]
    if label in found or len(above) == 0:
        return None
    words = f"holds only other labels than {label} ({_listed(above)}): no nerve."
    return Remark("other-labels", words)


def _not_this_label(path: Path, found: NDArray[Any], label: int | None) -> BadFile:
    return BadFile(
        path,
        "labels",
        f"has the values {_listed(found)}, of which {label} cannot be told apart: "
        "save it with one whole number a label, as PNG or TIFF.",
    )


def _white(values: NDArray[Any]) -> float:
    """Return the value that white has in a mask of this type."""
    if values.dtype.kind == "b":
        return 1
    if values.dtype == np.uint8:
        return 255
    top = float(np.nanmax(values)) if values.size else 0.0
    if values.dtype.kind == "f":
        return 1.0 if top <= 1 else 255.0
    return 255.0 if top <= 255 else float(np.iinfo(values.dtype).max)


def _is_grey_at_edges(
    values: NDArray[Any], found: NDArray[Any], white: float, path: Path
) -> bool:
    lossy = path.suffix.lower() in _JPEG
    if len(found) <= (2 if lossy else MOST_LABELS):
        two = len(found) == 2 and found[0] == 0 and found[1] in (1, white)
        if not lossy or len(found) < 2 or two:
            return False
    if not np.isfinite(found).all() or found[0] < 0 or found[-1] < white * 7 / 8:
        return False
    between = (values > white / 8) & (values < white * 7 / 8)
    if float(between.mean()) > MOST_BETWEEN:
        return False
    from scipy.ndimage import binary_erosion

    # A second structure in grey is no edge: it has an inside.
    return not binary_erosion(between, iterations=EDGE).any()


def has_few_levels(path: str | Path) -> bool:
    """Say whether a file's picture has so few values that it can be a mask."""
    try:
        raw = read_raw(Path(path))
    except InputError:
        return False
    return raw.palette is not None or len(levels(raw.pixels)) <= MOST_LABELS


def levels(values: NDArray[Any]) -> NDArray[Any]:
    """Return the different values of an image, rising; quick for uint8."""
    if values.dtype == np.uint8 and values.size:
        ends = np.array(sorted({int(values.min()), int(values.max())}))
        if sum(np.count_nonzero(values == end) for end in ends) == values.size:
            return ends  # as in nearly every mask, and ten times as quick
        return np.flatnonzero(np.bincount(values.ravel(), minlength=256))
    return np.unique(values)


def labels_in(path: Path, page: int | None = None) -> set[int]:
    """Return the values of a mask file (in a palette file: the indices)."""
    raw = read_raw(path, page)
    values = raw.pixels if raw.palette is not None else grey_channel(raw.pixels, path)
    found = levels(values)
    return set(map(int, found[np.isfinite(found)]))


def join_masks(masks: Sequence[Mask], paths: Sequence[Path]) -> Mask:
    """Return the union of several masks of one frame, (H, W) bool.

    Raises
    ------
    BadFile
        If they differ in size.
    """
    joined = masks[0]
    for mask, path in zip(masks[1:], paths[1:], strict=True):
        if mask.shape != joined.shape:
            raise BadFile(
                path,
                "size-mismatch",
                f"is {mask.shape[0]} x {mask.shape[1]} pixels (height x width) where "
                f"{paths[0].name}, a mask of the same frame, is {joined.shape[0]} x "
                f"{joined.shape[1]}: export both at the frame's size.",
            )
        joined = joined | mask
    return joined


def check_no_copy(paths: Sequence[Path]) -> None:
    """Refuse ``x_mask (1).png`` beside ``x_mask.png``: one of them is out of date.

    Parameters
    ----------
    paths
        The masks of one frame.

    Raises
    ------
    BadFile
        If the name of one says that it is a copy of another.
    """
    names = {(path.parent, path.stem): path.name for path in paths}
    for path in paths:
        match = _COPY.fullmatch(path.stem)
        other = names.get((path.parent, match["stem"])) if match else None
        if other is not None:
            words = f"is by its name a copy of {other}, a mask of the same frame: "
            raise BadFile(path, "copy", words + "keep one of the two.")


def _labelled(labels: NDArray[Any], path: Path) -> BadFile:
    return BadFile(
        path,
        "labels",
        f"is a palette mask with the labels {_listed(levels(labels))}: "
        "pass --nerve-label with the one that is the nerve.",
    )


def _most(values: NDArray[Any]) -> int:
    return int(np.iinfo(values.dtype).max) if values.dtype.kind in "iu" else 1


def _check_two_levels(values: NDArray[Any], path: Path) -> None:
    found = levels(values)
    above = found[found != 0]
    if len(above) == 0 or (len(above) == 1 and above[0] in (1, 255, _most(values))):
        return
    if len(found) <= 2:
        raise BadFile(
            path,
            "labels",
            f"is a mask with the label {above[0]}, which need not be the nerve: "
            "pass --nerve-label with the one that is.",
        )
    raise BadFile(
        path,
        "grey-levels",
        f"has {len(found)} grey levels ({_listed(found)}) where a mask has two: "
        "save it as a PNG or TIFF of 0 and 255, or pass --nerve-label "
        "with the one that is the nerve.",
    )


def _listed(values: NDArray[Any]) -> str:
    shown = ", ".join(str(value) for value in values[:SHOWN_VALUES].tolist())
    return shown if len(values) <= SHOWN_VALUES else f"{shown}, ..."
