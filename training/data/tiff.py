"""TIFF files as they are stored: frames of any kind of stack, decoded by tifffile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .orientation import upright, upright_shape
from .tiff_header import Directory, damaged, open_tiff, volume
from .tiff_pages import Plane, grey_planes, planes_of

if TYPE_CHECKING:
    import tifffile


class Raw(NamedTuple):
    """A decoded frame: ``pixels`` (H, W) or (H, W, C), upright, and how to show them.

    ``palette`` is (n, 3) uint8 where the pixels are indices into it, else None.
    ``inverted`` says that zero is white (TIFF's MINISWHITE). ``maybe_frames`` says
    that the channels may be grey frames that were saved as planes of one in RGB.
    ``orientation`` is what the file said (1 to 8, as in EXIF), already obeyed.
    """

    pixels: NDArray[Any]
    palette: NDArray[np.uint8] | None = None
    inverted: bool = False
    maybe_frames: bool = False
    orientation: int = 1


def read_tiff(path: Path, page: int | None) -> Raw:
    """Decode one frame of a TIFF; see `read_raw`."""
    import tifffile

    planes = planes_of(path, page)
    directories = [_directory(path, plane) for plane in planes]
    with tifffile.TiffFile(path) as file:
        pages = [
            _page(file, directory, plane, path)
            for directory, plane in zip(directories, planes, strict=True)
        ]
        parts = [
            _decoded(each, plane, path)
            for each, plane in zip(pages, planes, strict=True)
        ]
        palette = _palette(pages[0], parts[0], path) if len(parts) == 1 else None
    if len({part.shape for part in parts}) > 1:
        raise damaged(path, "the channels of a frame have different sizes")
    pixels = parts[0] if len(parts) == 1 else np.dstack(parts)
    if palette is not None and pixels.dtype == np.bool_:
        pixels = pixels.astype(np.uint8)  # indices, not a choice
    first = directories[0]
    return Raw(
        upright(pixels, first.orientation),
        palette,
        first.number(262, 1) == tifffile.PHOTOMETRIC.MINISWHITE,
        grey_planes(first) > 0,
        first.orientation,
    )


def tiff_shape(path: Path, page: int | None) -> tuple[int, int]:
    """Return (H, W) of a frame that stands upright; see `image_shape`."""
    directory = _directory(path, planes_of(path, page)[0])
    return upright_shape(directory.shape, directory.orientation)


def tiff_orientation(path: Path, page: int | None) -> int:
    """Return what a frame's page says; see `orientation_of`."""
    return _directory(path, planes_of(path, page)[0]).orientation


def _directory(path: Path, plane: Plane) -> Directory:
    if plane.offset == 0:
        raise damaged(path, "the page that its description speaks of is not there")
    with open_tiff(path) as tiff:
        directory = tiff.directory(plane.offset)
        directory.check(path)
        return directory


def _page(
    file: tifffile.TiffFile, directory: Directory, plane: Plane, path: Path
) -> Any:
    """Return tifffile's page, its pixels moved to those of the plane."""
    import tifffile

    page = file.pages.first
    if plane.nth or page.offset != directory.offset:
        file.filehandle.seek(directory.offset)
        page = tifffile.TiffPage(file, index=0)
    if (page.imagelength, page.imagewidth) != directory.shape:
        raise damaged(path, "its header contradicts itself")
    if page.imagedepth != 1:
        raise volume(path)
    behind = plane.nth * page.nbytes
    page.dataoffsets = tuple(offset + behind for offset in page.dataoffsets)
    return page


def _decoded(page: Any, plane: Plane, path: Path) -> NDArray[Any]:
    """Decode a page that is all there: decoders fill in zeros."""
    size = path.stat().st_size
    ends = zip(page.dataoffsets, page.databytecounts, strict=True)
    if any(count == 0 or offset + count > size for offset, count in ends):
        raise damaged(path, "it is cut short")
    if page.is_contiguous and sum(page.databytecounts) < page.nbytes:
        raise damaged(path, "it holds fewer pixels than its header speaks of")
    pixels = page.asarray()
    if pixels.size == 0:
        raise damaged(path, "it has no pixels")
    if page.axes == "SYX":
        pixels = np.moveaxis(pixels, 0, -1)
    return (
        pixels if plane.sample < 0 else np.ascontiguousarray(pixels[..., plane.sample])
    )


def _palette(page: Any, pixels: NDArray[Any], path: Path) -> NDArray[np.uint8] | None:
    import tifffile

    if page.photometric != tifffile.PHOTOMETRIC.PALETTE or page.colormap is None:
        return None
    if pixels.dtype.kind not in "bu":
        raise damaged(path, "it has a palette, and no whole numbers to look up in it")
    return (np.asarray(page.colormap).T >> 8).astype(np.uint8)
