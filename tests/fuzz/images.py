"""Frames and masks as image files; the other decoders are Pillow and imagecodecs."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image, ImageOps

from tests.fuzz.damage import any_of, damage_bytes, damage_png, damage_tiff
from tests.fuzz.kinds import Command, Kind, digest, register
from tests.toys import disc, smooth_frame
from training.data.images import image_shape, read_image

SHAPE = (40, 56)

COMMANDS = (
    Command("scan {case} --project {project}"),
    Command("export {case} --project {project} --out {out}"),
    Command("stats {case} --project {project}"),
)

#: How a TIFF may be packed, and laid out.
TIFFS: dict[str, dict[str, Any]] = {
    "none": {},
    "packbits": {"compression": "packbits"},
    "lzw": {"compression": "lzw"},
    "deflate": {"compression": "adobe_deflate", "predictor": True},
    "zstd": {"compression": "zstd"},
    "lzma": {"compression": "lzma"},
    "jpeg": {"compression": "jpeg"},
    "strips": {"compression": "lzw", "rowsperstrip": 7},
    "tiles": {"compression": "lzw", "tile": (16, 16)},
    "white": {"photometric": "miniswhite"},
    "big": {"bigtiff": True, "compression": "lzw"},
    "order": {"byteorder": ">"},
}


def _make_tiffs(case: Path) -> None:
    for number, (name, how) in enumerate(TIFFS.items(), 1):
        tifffile.imwrite(
            case / f"{number}_{name}.tif", smooth_frame(number, SHAPE), **how
        )
    frame = smooth_frame(1, SHAPE)
    tifffile.imwrite(case / "20_deep.tif", frame.astype(np.uint16) * 257)
    tifffile.imwrite(case / "21_float.tif", frame.astype(np.float32), compression="lzw")
    tifffile.imwrite(case / "22_rgb.tif", np.dstack([frame] * 3), compression="lzw")
    tifffile.imwrite(case / "23_stack.tif", np.stack([frame] * 3), compression="lzw")
    mask = disc(SHAPE, (20, 28), 9)
    tifffile.imwrite(case / "24_bits.tif", mask, photometric="minisblack")
    tifffile.imwrite(case / "1_none_mask.tif", mask.astype(np.uint8) * np.uint8(255))


def _damage_tiff(rng: Any, data: bytes) -> bytes:
    if rng.random() < 0.005:
        return _large(rng.choice((16_000, 36_000)))
    small = data[:4] == b"II*\0"  # only these are taken apart
    return (
        any_of(damage_tiff, damage_bytes)(rng, data)
        if small
        else damage_bytes(rng, data)
    )


@cache
def _large(side: int) -> bytes:
    """Return a small file of a large frame: one that may be read, or a bomb."""
    buffer, frame = io.BytesIO(), np.zeros((side, side // 2), np.uint8)
    how = {"compression": "adobe_deflate", "compressionargs": {"level": 1}}
    tifffile.imwrite(buffer, frame, rowsperstrip=1000, **how)
    return buffer.getvalue()


def _pictures(suffix: str) -> Callable[[Path], None]:
    def make(case: Path) -> None:
        frame, mask = smooth_frame(1, SHAPE), disc(SHAPE, (20, 28), 9)
        grey = Image.fromarray(frame)
        grey.save(case / f"1_1{suffix}")
        Image.fromarray(mask.astype(np.uint8) * np.uint8(255)).save(
            case / "1_1_mask.png"
        )
        grey.convert("RGB").save(case / f"1_2{suffix}")
        if suffix == ".png":
            grey.quantize(17).save(case / "1_3.png")
            Image.fromarray(frame.astype(np.uint16) * 257).save(case / "1_4.png")
            Image.fromarray(mask).save(case / "1_5.png")
            grey.convert("LA").save(case / "1_6.png")
        if suffix == ".jpg":
            turned = Image.Exif()
            turned[0x0112] = 6
            grey.save(case / "1_3.jpg", exif=turned, progressive=True)

    return make


def _read(_case: Path, victim: Path) -> Any:
    pixels = _plain(read_image(victim))
    assert image_shape(victim) == pixels.shape[:2]
    return digest(pixels)


def _plain(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.uint8) * np.uint8(255) if pixels.dtype == bool else pixels


def _truth(_case: Path, victim: Path) -> Iterator[Any]:
    flat = partial(_by_pillow, turned=False)  # a damaged orientation means nothing
    for decode in (_by_pillow, flat, _by_tifffile):
        try:
            pixels = _plain(decode(victim))
        except Exception:  # it cannot tell
            continue
        yield digest(pixels)
        yield digest(pixels.astype(pixels.dtype.newbyteorder("=")))


def _by_pillow(victim: Path, turned: bool = True) -> np.ndarray:
    with Image.open(victim) as image:
        upright = ImageOps.exif_transpose(image) if turned else image
        if upright.mode in ("P", "CMYK", "YCbCr", "PA"):
            upright = upright.convert("RGB")
        return np.array(upright)


def _by_tifffile(victim: Path) -> np.ndarray:
    from training.data.orientation import upright

    with tifffile.TiffFile(victim) as tiff:
        page = tiff.pages.first
        end = max(
            a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=True)
        )
        assert end <= victim.stat().st_size, "tifffile fills in zeros"
        pixels = page.asarray()
        if page.photometric == 0 and pixels.dtype.kind == "u":
            pixels = np.iinfo(pixels.dtype).max - pixels
        elif page.photometric == 0 and pixels.dtype == bool:
            pixels = ~pixels
        if page.photometric == 3:
            pixels = np.take(page.colormap.T >> 8, pixels, axis=0, mode="clip")
            pixels = pixels.astype(np.uint8)
        if page.axes == "SYX":
            pixels = np.moveaxis(pixels, 0, -1)
        tag = page.tags.get(274)
        return upright(pixels, int(tag.value) if tag else 1)


register(
    Kind("tiff", _make_tiffs, "*.tif", _damage_tiff, _read, _truth, COMMANDS),
    Kind(
        "png",
        _pictures(".png"),
        "*.png",
        any_of(damage_png, damage_png, damage_bytes),
        _read,
        _truth,
        COMMANDS,
    ),
    Kind("jpeg", _pictures(".jpg"), "*.jpg", damage_bytes, _read, _truth, COMMANDS),
    Kind("bmp", _pictures(".bmp"), "*.bmp", damage_bytes, _read, _truth, COMMANDS),
)
