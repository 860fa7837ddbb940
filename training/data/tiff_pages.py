"""Which frames a TIFF holds, and where each lies, without decoding anything.

A frame is what a person calls one: a page of the chain, a plane of a stack that
ImageJ, tifffile or OME describe in words, or several planes if it has channels.
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .costs import MOST_PAGES
from .problems import BadFile
from .tiff_glance import is_one_plain_page
from .tiff_header import Directory, Tiff, cannot_open, damaged, open_tiff

TIFF_SUFFIXES = frozenset({".tif", ".tiff"})

#: Axes (in tifffile's letters) along which a frame has channels.
_CHANNELS = "CS"

#: ImageJ's orders of channels (c), slices (z) and frames (t), the fastest first.
_IMAGEJ_ORDERS = {"default": "TZC"} | {
    order: order[::-1].upper() for order in ("czt", "ctz", "zct", "ztc", "tcz", "tzc")
}

#: OME's pixels, and how many planes they are said to have along an axis.
_PIXELS = re.compile(rb"<(?:\w+:)?Pixels\b[^>]*>")
_SIZE = re.compile(rb"""\bSize[TZC]\s*=\s*["']\s*(\d+)""")


class Plane(NamedTuple):
    """Where one channel of a frame lies.

    Attributes
    ----------
    offset
        Where its page's directory begins; 0 if the file lacks it.
    nth
        How many planes lie between the page's pixels and its own.
    sample
        Which sample of the page it is; -1 stands for all.
    """

    offset: int
    nth: int = 0
    sample: int = -1


class _Said(NamedTuple):
    """How a description orders planes: one length an axis, and samples as planes."""

    shape: tuple[int, ...]
    axes: str
    samples: int = 1

    @property
    def n_pages(self) -> int:
        return math.prod(self.shape) // self.samples


def n_frames(path: Path) -> int:
    """Return how many frames a TIFF file holds.

    Channels, smaller copies of a page (pyramids, thumbnails) and transparency
    masks are no frames.

    Raises
    ------
    BadFile
        If the file cannot be opened, has zero bytes, or is damaged as far as its
        directories say.
    """
    try:
        if is_one_plain_page(path):
            return 1
    except OSError:  # which is put in words below
        pass
    with open_tiff(path) as tiff:
        first = tiff.directory(tiff.first)
        first.check(path)
        if not first.next and _said(first) is None:
            return 1
    return len(_planes_of(path))


def planes_of(path: Path, page: int | None) -> tuple[Plane, ...]:
    """Return the planes of a frame, one a channel; None stands for the first frame.

    Raises
    ------
    BadFile
        As `n_frames`, or if there is no such frame.
    """
    table = _planes_of(path)
    number = page or 0
    if not 0 <= number < len(table):
        raise BadFile(
            path,
            "unreadable",
            f"has no page {number}, its pages are 0 to {len(table) - 1}: "
            "list the folder again.",
        )
    planes = (Plane(*map(int, row)) for row in table[number])
    return tuple(plane for plane in planes if plane.offset >= 0)


def grey_planes(directory: Directory) -> int:
    """Return how many grey frames a page may hold that says to be one in RGB.

    tifffile takes an array of 3 or 4 frames for one frame in RGB, stored by planes,
    unless it is told the axes.
    """
    if not directory.in_planes or directory.number(262) != 2:
        return 0
    said = _shaped_metadata(directory)
    may_be = said is not None and "axes" not in said and len(said["shape"]) == 3
    return directory.samples if may_be and directory.samples in (3, 4) else 0


def _planes_of(path: Path) -> NDArray[np.int64]:
    try:
        stat = path.stat()
    except OSError as error:
        raise cannot_open(path, error) from error
    return _kept_planes(path, stat.st_size, (stat.st_mtime_ns, stat.st_ctime_ns))


@lru_cache(maxsize=64)
def _kept_planes(path: Path, _size: int, _times: tuple[int, int]) -> NDArray[np.int64]:
    """Return (frames, channels, 3): a `Plane` each, its offset -1 where is none."""
    with open_tiff(path) as tiff:
        first, offsets = _chain(tiff)
        first.check(path)
        said = _said(first)
        if said is not None and len(offsets) == 1 < said.n_pages:
            return _in_one_run(tiff, first, said, path)
        is_ome = len(offsets) > 1 and _is_ome(first)
        if is_ome:
            _check_ome(first.descriptions[0])
    found = _ome(path) if is_ome else None
    if found is not None:
        return found
    if said is None or said.n_pages != len(offsets):
        said = _Said((len(offsets),), "Q")
    return _arranged(_table(offsets), said)


def _chain(tiff: Tiff) -> tuple[Directory, list[int]]:
    """Return the first frame's directory, and where those of all frames begin."""
    frames: list[int] = []
    seen: dict[int, None] = {}
    first, offset = None, tiff.first
    while offset:
        if offset in seen:
            raise ValueError(f"page {len(seen)} points back to an earlier one")
        if len(seen) == MOST_PAGES:
            raise ValueError(f"it has more than {MOST_PAGES} pages")
        seen[offset] = None
        page = tiff.directory(offset)
        if page.is_frame:
            first = first or page
            frames.append(offset)
        offset = page.next
    if not seen:
        raise ValueError("it has no page")
    return first or tiff.directory(tiff.first), frames or list(seen)


def _in_one_run(
    tiff: Tiff, page: Directory, said: _Said, path: Path
) -> NDArray[np.int64]:
    """Return the planes of a stack that has one directory for all of them."""
    start, size = page.run(), page.n_bytes
    if said.n_pages > MOST_PAGES:
        raise ValueError(f"its header speaks of {said.n_pages} planes")
    fits = 1 if start is None else (tiff.size - start) // size
    if fits < 2:  # a page that was saved alone, with the description of its stack
        return _arranged(_table([page.offset]), _Said((1,), "Q"))
    if fits < said.n_pages:
        raise damaged(
            path,
            f"it is cut short: its header speaks of {said.n_pages} planes, "
            f"and it holds {fits}",
        )
    table = _table([page.offset] * said.n_pages)
    table[:, 1] = np.arange(said.n_pages)
    return _arranged(table, said)


def _table(offsets: list[int]) -> NDArray[np.int64]:
    """Return (pages, 3): the `Plane` of each page."""
    table = np.full((len(offsets), 3), Plane(0), np.int64)
    table[:, 0] = offsets
    return table


def _arranged(table: NDArray[np.int64], said: _Said) -> NDArray[np.int64]:
    """Return (frames, channels, 3) of the planes of pages that lie as ``said``."""
    if said.samples > 1:
        table = np.repeat(table, said.samples, axis=0)
        table[:, 2] = np.arange(len(table)) % said.samples
    axes = said.axes
    frames = [at for at, axis in enumerate(axes) if axis not in _CHANNELS]
    channels = [at for at, axis in enumerate(axes) if axis in _CHANNELS]
    n_channels = math.prod(said.shape[at] for at in channels)
    ordered = table.reshape(*said.shape, 3).transpose(*frames, *channels, len(axes))
    return ordered.reshape(-1, n_channels, 3)


def _said(page: Directory) -> _Said | None:
    """Return what a page's description says of several planes, if it does."""
    said = _shaped(page)
    if said is None:
        texts = [text for text in page.descriptions if text.startswith(b"ImageJ=")]
        said = _imagej(texts[0], page) if texts else None
    return None if said is None or math.prod(said.shape) < 2 else said


def _shaped_metadata(page: Directory) -> dict[str, Any] | None:
    """Return tifffile's own description: the shape of the array that was written."""
    for text in page.descriptions:
        if text[:1] == b"{" and b'"shape":' in text:
            try:
                found = json.loads(text.rstrip(b"\0"))
            except (ValueError, RecursionError):
                continue
            shape = found.get("shape")
            if isinstance(shape, list) and all(type(n) is int and n > 0 for n in shape):
                return dict(found)
    return None


def _shaped(page: Directory) -> _Said | None:
    metadata = _shaped_metadata(page)
    if metadata is None:
        return None
    shape, axes = tuple(metadata["shape"]), metadata.get("axes")
    n_pages, rest = divmod(math.prod(shape), math.prod(page.shape) * page.samples)
    if n_pages == 1 and not page.in_planes:
        return None
    lead = _leading(shape, n_pages)
    if rest or lead is None:
        return None
    if not isinstance(axes, str) or len(axes) != len(shape):
        return _Said(shape[:lead], "Q" * lead)
    planes = _leading(shape, n_pages * page.samples) if page.in_planes else None
    if planes and axes[planes - 1] not in _CHANNELS and {*"YX"} <= {*axes[planes:]}:
        return _Said(shape[:planes], axes[:planes], page.samples)
    known = {*"YX"} <= {*axes[lead:]}
    return _Said(shape[:lead], axes[:lead] if known else "Q" * lead)


def _leading(shape: tuple[int, ...], n: int) -> int | None:
    """Return how many of the first axes together have ``n`` places."""
    products = [math.prod(shape[:at]) for at in range(len(shape) + 1)]
    return products.index(n) if n in products else None


def _imagej(text: bytes, page: Directory) -> _Said | None:
    """Read ImageJ's lines: ``images=10``, ``channels=2``, ``frames=5``, ..."""
    lines = (line.partition(b"=") for line in text.split(b"\n"))
    values = {name: value.strip(b"\0\r ") for name, _, value in lines}
    numbers = {
        axis: int(value) if (value := values.get(name, b"1")).isdigit() else 1
        for axis, name in (
            ("I", b"images"),
            ("T", b"frames"),
            ("Z", b"slices"),
            ("C", b"channels"),
        )
    }
    if 0 in numbers.values():
        return None
    images = numbers.pop("I")
    planes = numbers["T"] * numbers["Z"]
    if numbers["C"] == page.samples and (images == planes or page.in_planes):
        numbers["C"], images = 1, planes  # the samples of a pixel, called channels
    axes = _IMAGEJ_ORDERS.get(values.get(b"order", b"").decode("latin1").lower(), "TZC")
    shape = tuple(numbers[axis] for axis in axes)
    groups, rest = divmod(images, math.prod(shape))
    if images == 1 or rest:
        return _Said(shape, axes)
    return _Said((groups, *shape), "I" + axes)


def _is_ome(page: Directory) -> bool:
    text = page.descriptions[0] if page.descriptions else b""
    return text[-12:].rstrip(b"\0\r\n ").endswith(b"OME>")


def _check_ome(text: bytes) -> None:
    """Refuse a description for which tables of any size would be made."""
    sizes = [
        math.prod(map(_number, _SIZE.findall(pixels)))
        for pixels in _PIXELS.findall(text)
    ]
    if sum(sizes) > MOST_PAGES or b"<!ENTITY" in text or b"Modulo" in text:
        raise ValueError("its description speaks of more planes than it can hold")


def _number(digits: bytes) -> int:
    return int(digits) if len(digits) < 10 else MOST_PAGES + 1


def _ome(path: Path) -> NDArray[np.int64] | None:
    """Return the planes of an OME-TIFF; None if its XML fits other files or none."""
    try:
        return _planes_of_ome(path)
    except Exception as error:  # a damaged description makes it raise anything
        raise damaged(path, "its description in OME's words is no such") from error


def _planes_of_ome(path: Path) -> NDArray[np.int64] | None:
    import tifffile

    tables = []
    # Planes in other files of the set are those files' frames.
    with tifffile.TiffFile(path, _multifile=False) as file:
        for series in file.series:
            pages = [0 if page is None else page.offset for page in series]
            axes, shape = (
                series.get_axes(squeeze=False),
                series.get_shape(squeeze=False),
            )
            lead = _leading(shape, len(pages))
            if series.kind != "ome" or lead is None:
                return None
            tables.append(_arranged(_table(pages), _Said(shape[:lead], axes[:lead])))
    most = max((table.shape[1] for table in tables), default=0)
    filled = [
        np.pad(table, ((0, 0), (0, most - table.shape[1]), (0, 0)), constant_values=-1)
        for table in tables
    ]
    return np.concatenate(filled) if filled else None
