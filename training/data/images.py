"""Image files as frames: what is shown, and what a data set takes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .costs import by_rows
from .grey import GreyRange
from .problems import BadFile
from .raw import IMAGE_SUFFIXES, Raw, frames_in_colours, image_shape, read_raw

__all__ = [
    "IMAGE_SUFFIXES",
    "image_shape",
    "pixel_digest",
    "read_image",
    "strict_grey",
    "to_grey",
]

#: Weights of red, green and blue in luminance (ITU-R BT.601, as Pillow's "L").
LUMINANCE = (0.299, 0.587, 0.114)


def read_image(path: Path, page: int | None = None) -> NDArray[Any]:
    """Decode an image as it is meant to be seen.

    Parameters
    ----------
    path
        A TIFF, PNG or JPEG file.
    page
        The frame of a TIFF, counted from 0; None is the first.

    Returns
    -------
    ndarray
        (H, W) or (H, W, C) in the file's own dtype. A palette is resolved to
        RGB; a TIFF in which zero is white is turned over; a picture that lies on
        its side (EXIF orientation) stands upright.

    Raises
    ------
    BadFile
        If the file cannot be read.
    """
    return shown(read_raw(path, page))


def shown(raw: Raw) -> NDArray[Any]:
    """Return decoded pixels as they are meant to be seen; see `read_image`."""
    pixels, inverted = raw.pixels, raw.inverted
    if raw.palette is not None:
        return np.take(raw.palette, pixels, axis=0, mode="clip")
    if inverted and pixels.dtype == np.bool_:
        return ~pixels
    if inverted and np.issubdtype(pixels.dtype, np.unsignedinteger):
        return np.asarray(np.iinfo(pixels.dtype).max - pixels)
    return pixels


def to_grey(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Turn any numeric 2-D, RGB or RGBA image into a grey frame.

    uint8 stays as it is. Colour becomes luminance (ITU-R BT.601); an alpha
    channel is left out. Every other dtype is stretched linearly so that its
    smallest finite value is 0 and its largest 255; NaN becomes 0, an infinity
    the end of the range on its side, False 0 and True 255, a constant image 0.

    Parameters
    ----------
    image
        (H, W), (H, W, 1), (H, W, 2) grey with alpha, (H, W, 3) or (H, W, 4).

    Returns
    -------
    ndarray
        (H, W) uint8.

    Raises
    ------
    InputError
        If the image has another shape, no pixel, or no real numbers.
    """
    image = np.asarray(image)
    if not (image.dtype == np.bool_ or np.issubdtype(image.dtype, np.number)) or (
        np.issubdtype(image.dtype, np.complexfloating)
    ):
        raise InputError(
            f"An image of {image.dtype} values cannot be shown in grey: "
            "give real numbers."
        )
    grey = one_channel(image)
    if grey.size == 0:
        raise InputError("An image without a pixel cannot be shown: give another one.")
    if grey.dtype == np.uint8:
        return grey
    if grey.dtype == np.bool_:
        return grey.astype(np.uint8) * np.uint8(255)
    return _stretch(grey)


def one_channel(image: NDArray[Any]) -> NDArray[Any]:
    """Return (H, W) from grey, or the luminance of colour; raise `InputError` else."""
    channels = image.shape[2] if image.ndim == 3 else 1
    if image.ndim not in (2, 3) or channels not in (1, 2, 3, 4):
        raise InputError(
            f"An image of shape {image.shape} is neither grey nor colour: "
            "give one 2-D or RGB image, or one page of the stack."
        )
    if image.ndim == 2:
        return image
    if channels < 3:
        return np.asarray(image[..., 0])
    return by_rows(_luminance, image[..., :3])


def _luminance(colours: NDArray[Any]) -> NDArray[Any]:
    weights = np.array(LUMINANCE)
    if colours.dtype == np.uint8:
        return np.asarray(np.rint(colours @ weights).astype(np.uint8))
    return np.asarray(colours.astype(np.float64) @ weights)


def grey_of(image: NDArray[Any]) -> NDArray[Any]:
    """Return `one_channel`, in the image's own type where its channels are equal."""
    if image.ndim == 3 and image.shape[2] in (3, 4):
        colours = image[..., :3]
        if (colours == colours[..., :1]).all():
            return np.ascontiguousarray(colours[..., 0])
    return one_channel(image)


def any_grey(
    image: NDArray[Any], grey_range: Callable[[np.dtype[Any]], GreyRange]
) -> NDArray[np.uint8]:
    """Turn any numeric image into grey by the range of what it belongs to.

    Parameters
    ----------
    image
        As `to_grey` takes it.
    grey_range
        Gives the values that are black and white; asked where they are needed.

    Raises
    ------
    InputError
        As `to_grey`.
    """
    if image.dtype in (np.uint8, np.bool_) or image.dtype.kind not in "iuf":
        return to_grey(image)
    grey = grey_of(image)
    return to_grey(grey) if grey.size == 0 else grey_range(grey.dtype).apply(grey)


def _stretch(grey: NDArray[Any]) -> NDArray[np.uint8]:
    ends = by_rows(_finite_ends, grey)
    if np.isinf(ends[:, 0]).all():
        return np.zeros(grey.shape, np.uint8)
    low, high = ends[:, 0].min() / 2, ends[:, 1].max() / 2

    def stretched(rows: NDArray[Any]) -> NDArray[np.uint8]:
        values = rows.astype(np.float64)
        if high - low == 0:
            return np.where(values == np.inf, 255, 0).astype(np.uint8)
        share = (np.clip(values / 2, low, high) - low) / (high - low)
        return np.asarray(np.rint(np.nan_to_num(share) * 255).astype(np.uint8))

    return by_rows(stretched, grey)


def _finite_ends(rows: NDArray[Any]) -> NDArray[np.float64]:
    """Return (1, 2): the smallest and largest finite number, infinite if none is."""
    values = rows.astype(np.float64)
    finite = values[np.isfinite(values)]
    low, high = finite.min(initial=np.inf), finite.max(initial=-np.inf)
    return np.array([[low, high]])


def strict_grey(
    image: NDArray[Any],
    path: Path,
    luminance: bool = False,
    grey_range: Callable[[np.dtype[Any]], GreyRange] | None = None,
) -> NDArray[np.uint8]:
    """Return a frame as a data set takes it: uint8 grey, or RGB that is grey.

    Parameters
    ----------
    image
        (H, W) or (H, W, C), as `read_image` returns it.
    path
        The file, for the message.
    luminance
        Take colour too, as `to_grey` does.
    grey_range
        Gives the values that are black and white in the data set's frames that are
        not of 8 bits; None refuses these.

    Returns
    -------
    ndarray
        (H, W) uint8.

    Raises
    ------
    BadFile
        If the image is colour or not of 8 bits.
    """
    if luminance and _is_colour_of_8_bits(image):
        _check_opaque(image, path)
        return to_grey(image[..., :3])
    grey = grey_channel(image, path, "pass --luminance, or convert it.")
    if grey.dtype == np.uint8:
        return grey
    if grey_range is not None and grey.dtype.kind in "iuf":
        return grey_range(grey.dtype).apply(grey)
    bits = grey.dtype.itemsize * 8
    kind = "16-bit" if grey.dtype == np.uint16 else "not-8-bit"
    named = f"{bits} bits a pixel" if kind == "16-bit" else f"{grey.dtype} pixels"
    raise BadFile(
        path, kind, f"has {named} where a data set takes 8-bit grey: convert it."
    )


def _is_colour_of_8_bits(image: NDArray[Any]) -> bool:
    return image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] in (3, 4)


def grey_channel(
    image: NDArray[Any], path: Path, remedy: str = "convert it."
) -> NDArray[Any]:
    """Return (H, W) from (H, W) or equal channels; raise `BadFile` on colour."""
    if image.ndim == 2:
        return image
    if image.ndim != 3 or image.shape[2] > 4:
        raise BadFile(
            path,
            "unreadable",
            f"holds an array of shape {image.shape}, not one picture: "
            "save its pages as grey frames.",
        )
    colours = image[..., : 3 if image.shape[2] >= 3 else 1]
    if (colours != colours[..., :1]).any():
        channels = [
            channel.astype(np.float32) for channel in np.moveaxis(colours, 2, 0)
        ]
        apart = np.max(np.maximum.reduce(channels) - np.minimum.reduce(channels))
        raise BadFile(
            path,
            "colour",
            f"is in colour (its channels differ by up to {apart:g}) where a data set "
            f"takes grey: {remedy.removesuffix('.')}{_or_frames(path)}.",
        )
    _check_opaque(image, path)
    return np.ascontiguousarray(colours[..., 0])


def _or_frames(path: Path) -> str:
    """Say it where colours may be grey frames that tifffile took for colours."""
    n_frames = frames_in_colours(path)
    if n_frames == 0:
        return ""
    return (
        f"; it may be {n_frames} grey frames stored as colour planes: "
        "save them with photometric 'minisblack'"
    )


def _check_opaque(image: NDArray[Any], path: Path) -> None:
    if image.shape[2] in (2, 4) and (image[..., -1] != _opaque(image.dtype)).any():
        raise BadFile(
            path,
            "colour",
            "has transparent pixels where a data set takes grey: "
            "save it without transparency.",
        )


def _opaque(dtype: np.dtype[Any]) -> int:
    return int(np.iinfo(dtype).max) if dtype.kind in "iu" else 1


def pixel_digest(frame: NDArray[np.uint8]) -> str:
    """Return the sha256 of a (H, W) uint8 frame's shape and pixels."""
    digest = hashlib.sha256(f"{frame.shape[0]}x{frame.shape[1]}:".encode())
    digest.update(np.ascontiguousarray(frame).data)
    return digest.hexdigest()
