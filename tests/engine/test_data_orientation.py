"""Pictures that lie on their side, and stand upright once they are read."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from tests.engine.data_folders import FRAME, SHAPE, save
from training.data import BadFile, open_dataset, scan
from training.data.images import read_image
from training.data.raw import image_shape, orientation_of, read_raw
from training.data.tiff_pages import n_frames

COLOUR = np.dstack([FRAME, 255 - FRAME, FRAME // 2])


def write(path: Path, orientation: int, pixels: np.ndarray = FRAME) -> Path:
    if path.suffix == ".tif":
        photometric = "rgb" if pixels.ndim == 3 else "minisblack"
        tag = (274, 3, 1, orientation, True)
        tifffile.imwrite(path, pixels, extratags=[tag], photometric=photometric)
        return path
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(pixels).save(path, exif=exif)
    return path


def turned(orientation: int, pixels: np.ndarray) -> np.ndarray:
    """Return what Pillow makes of it."""
    image = Image.fromarray(pixels)
    image.getexif()[274] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.jpg"])
def test_all_eight_ways_to_lie(tmp_path: Path, name: str, orientation: int) -> None:
    for pixels in (FRAME, COLOUR):
        path = write(tmp_path / f"{pixels.ndim}{name}", orientation, pixels)
        stored = pixels
        if name == "a.jpg":
            stored = np.asarray(Image.open(save(tmp_path / f"x{path.name}", pixels)))
        raw = read_raw(path)
        assert np.array_equal(raw.pixels, turned(orientation, stored))
        assert raw.pixels.flags.c_contiguous
        assert raw.pixels.flags.writeable
        assert np.array_equal(read_image(path), raw.pixels)
        assert raw.orientation == orientation_of(path) == orientation
        assert image_shape(path) == (SHAPE if orientation < 5 else SHAPE[::-1])


@pytest.mark.parametrize("value", [0, 9, 274, 65535])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_what_is_not_defined_is_upright(tmp_path: Path, name: str, value: int) -> None:
    path = write(tmp_path / name, value)
    assert read_raw(path).orientation == orientation_of(path) == 1
    assert image_shape(path) == SHAPE


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_a_file_that_says_nothing_is_upright(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.tif":
        tifffile.imwrite(path, FRAME)
    else:
        save(path, FRAME)
    assert orientation_of(path) == read_raw(path).orientation == 1


def chunk(kind: bytes, data: bytes) -> bytes:
    return (
        struct.pack(">I", len(data))
        + kind
        + data
        + struct.pack(">I", zlib.crc32(kind + data))
    )


def exif_of(orientation: int) -> bytes:
    return struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 274, 3, 1, orientation, 0, 0)


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
def test_a_png_says_it_behind_its_pixels(tmp_path: Path, prefix: bytes) -> None:
    path = save(tmp_path / "a.png", FRAME)
    data = path.read_bytes()
    path.write_bytes(data[:-12] + chunk(b"eXIf", prefix + exif_of(6)) + data[-12:])
    assert orientation_of(path) == 6
    assert image_shape(path) == SHAPE[::-1]
    assert np.array_equal(read_raw(path).pixels, turned(6, FRAME))


def test_the_palette_and_deep_colours_are_turned_as_well(tmp_path: Path) -> None:
    import imagecodecs

    path = tmp_path / "a.png"
    data = imagecodecs.png_encode(COLOUR.astype(np.uint16) * 257)
    path.write_bytes(data[:33] + chunk(b"eXIf", exif_of(8)) + data[33:])
    assert np.array_equal(read_raw(path).pixels, turned(8, COLOUR).astype(int) * 257)
    image = Image.fromarray(FRAME // 64)
    image.putpalette([0, 0, 0, 9, 9, 9, 20, 20, 20, 30, 30, 30])
    exif = Image.Exif()
    exif[274] = 5
    image.save(tmp_path / "b.png", exif=exif)
    raw = read_raw(tmp_path / "b.png")
    assert raw.palette is not None
    assert np.array_equal(raw.pixels, turned(5, FRAME // 64))


def test_each_page_lies_in_its_own_way(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        for orientation in (1, 6):
            tag = (274, 3, 1, orientation, True)
            file.write(FRAME, extratags=[tag], metadata=None)
    assert n_frames(path) == 2
    assert [orientation_of(path, page) for page in (None, 0, 1)] == [1, 1, 6]
    assert image_shape(path, 1) == SHAPE[::-1]
    assert np.array_equal(read_raw(path, 1).pixels, turned(6, FRAME))


def test_a_tiff_by_another_name_is_turned_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", 6).rename(tmp_path / "a.png")
    assert np.array_equal(read_raw(path).pixels, turned(6, FRAME))
    assert image_shape(path) == SHAPE[::-1]
    assert orientation_of(path) == 6


def test_damage_of_what_a_camera_says_hides_no_picture(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = write(tmp_path / "a.jpg", 6)
    whole = path.read_bytes()
    start = whole.index(b"Exif")
    for round_ in range(200):
        data = bytearray(whole)
        data[start + rng.integers(6, 32)] = rng.integers(256)
        path = tmp_path / f"{round_}.jpg"
        path.write_bytes(data)
        assert orientation_of(path) in range(1, 9)
        assert read_raw(path).pixels.shape in {SHAPE, SHAPE[::-1]}
    for cut in range(start + 40):
        path.write_bytes(whole[:cut])
        assert orientation_of(path) in {1, 6}


def test_the_way_it_lies_of_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with pytest.raises(BadFile, match="cannot be opened"):
        orientation_of(path)
    path.write_bytes(b"hello, world")
    with pytest.raises(BadFile, match="not a TIFF file"):
        orientation_of(path)


def test_a_scan_opens_a_file_once_for_its_pixels_and_how_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "1_1.png", 6)
    write(
        tmp_path / "1_1_mask.png", 1, (FRAME > 220).T.astype(np.uint8) * np.uint8(255)
    )
    opened, real = list[str](), Path.open

    def counted(path: Path, *words: object, **more: object) -> object:
        opened.append(path.name)
        return real(path, *words, **more)  # type: ignore[call-overload]

    dataset = open_dataset(tmp_path)
    monkeypatch.setattr(Path, "open", counted)
    found = scan(dataset)
    assert opened.count("1_1.png") == opened.count("1_1_mask.png") == 2  # kind, bytes
    assert found.frames[0].orientation == 6
    assert [one.kind for one in found.problems] == ["orientation"]
