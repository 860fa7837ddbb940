"""Mask files to 2-D bool, and what keeps a file from being a mask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .images import grey_channel
from .problems import BadFile
from .raw import Raw, read_raw

#: At most so many values are listed in a sentence.
SHOWN_VALUES = 8


def read_mask(
    path: Path, page: int | None = None, nerve_label: int | None = None
) -> NDArray[np.bool_]:
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
    raw = read_raw(path, page)
    if nerve_label is not None:
        return np.asarray(_values(raw, path) == nerve_label)
    if raw.palette is not None and _is_coloured(raw):
        raise _labelled(raw.pixels, path)
    values = _values(raw, path) if raw.palette is None else _shown(raw)
    _check_two_levels(values, path)
    return np.asarray(values != 0)


def levels(values: NDArray[Any]) -> NDArray[Any]:
    """Return the different values of an image, rising; quick for uint8."""
    if values.dtype == np.uint8:
        return np.flatnonzero(np.bincount(values.ravel(), minlength=256))
    return np.unique(values)


def labels_in(path: Path, page: int | None = None) -> set[int]:
    """Return the values of a mask file (in a palette file: the indices)."""
    return set(map(int, levels(_values(read_raw(path, page), path))))


def _values(raw: Raw, path: Path) -> NDArray[Any]:
    return raw.pixels if raw.palette is not None else grey_channel(raw.pixels, path)


def _shown(raw: Raw) -> NDArray[np.uint8]:
    """Resolve a palette of greys: its indices say nothing, and 0 may be white."""
    assert raw.palette is not None
    return np.asarray(raw.palette[raw.pixels, 0])


def _is_coloured(raw: Raw) -> bool:
    assert raw.palette is not None
    used = raw.palette[levels(raw.pixels)]
    return bool((used != used[:, :1]).any())


def _labelled(labels: NDArray[Any], path: Path) -> BadFile:
    return BadFile(
        path,
        "labels",
        f"is a palette mask with the labels {_listed(levels(labels))}: "
        "pass --nerve-label with the one that is the nerve.",
    )


def _check_two_levels(values: NDArray[Any], path: Path) -> None:
    found = levels(values)
    most = np.iinfo(values.dtype).max if values.dtype.kind in "iu" else 1
    above = found[found != 0]
    if len(above) == 0 or (len(above) == 1 and above[0] in (1, 255, most)):
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
