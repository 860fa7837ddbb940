"""What a decoder may be given, and what it may cost: no signal, no bomb, no zeros."""

from __future__ import annotations

import lzma
import struct
import subprocess
import sys
import zlib
from itertools import product
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.engine.data_folders import FRAME, SHAPE
from tests.engine.test_data_broken import change
from training.data import BadFile
from training.data.raw import read_raw

ROOT = Path(__file__).parents[2]
BYTES = (None, "packbits", "lzw", "zlib", "deflate", "zstd", "lzma")
LAYOUTS: tuple[dict[str, Any], ...] = ({}, {"rowsperstrip": 7}, {"tile": (16, 32)})
COLOUR = np.dstack([FRAME, 255 - FRAME, FRAME // 2])


def words(path: Path) -> str:
    """Return what is said of a file that is not read."""
    with pytest.raises(BadFile) as caught:
        read_raw(path)
    return str(caught.value).removeprefix(f"{path} ")


def by_tifffile(path: Path) -> np.ndarray:
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        pixels = page.asarray()
        return np.moveaxis(pixels, 0, -1) if page.axes == "SYX" else pixels


@pytest.mark.parametrize("compression", BYTES)
@pytest.mark.parametrize("kind", ["u1", "u2", "u4", "i2", "f2", "f4", "f8", "?"])
def test_pixels_are_those_of_another_decoder(
    tmp_path: Path, kind: str, compression: str | None
) -> None:
    predictors = (False, True) if compression not in (None, "packbits") else (False,)
    for layout, predictor, order in product(LAYOUTS, predictors, "<>"):
        if predictor and kind == "?":
            continue
        colours = [{"photometric": "minisblack"}]
        if kind != "?":
            colours += [
                {"photometric": "rgb"},
                {"photometric": "rgb", "planarconfig": "separate"},
            ]
        for colour in colours:
            pixels = COLOUR if colour["photometric"] == "rgb" else FRAME
            if "planarconfig" in colour:
                pixels = np.moveaxis(pixels, 2, 0)
            pixels = pixels > 99 if kind == "?" else (pixels // 2).astype(kind)
            path = tmp_path / "a.tif"
            options: dict[str, Any] = {**colour, **layout, "byteorder": order}
            tifffile.imwrite(
                path, pixels, compression=compression, predictor=predictor, **options
            )
            found = read_raw(path).pixels
            assert found.dtype == np.dtype(kind)
            assert np.array_equal(found, by_tifffile(path)), options


@pytest.mark.parametrize("bits", [2, 4, 6, 10, 12, 14])
def test_numbers_that_fill_no_bytes(tmp_path: Path, bits: int) -> None:
    pixels = (FRAME.astype(np.uint16) * 257 >> (16 - bits)).astype(
        np.uint8 if bits < 8 else np.uint16
    )
    for layout in LAYOUTS[:2]:
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, pixels[:, :77], bitspersample=bits, **layout)
        assert np.array_equal(read_raw(path).pixels, pixels[:, :77])


@pytest.mark.parametrize("colours", ["grey", "rgb", "planes", "ycbcr"])
@pytest.mark.parametrize("layout", [{}, {"rowsperstrip": 16}, {"tile": (16, 32)}])
def test_jpeg_in_a_tiff(tmp_path: Path, colours: str, layout: dict[str, Any]) -> None:
    path = tmp_path / "a.tif"
    if colours == "ycbcr":
        Image.fromarray(COLOUR).convert("YCbCr").save(path, compression="jpeg")
    else:
        pixels = FRAME if colours == "grey" else COLOUR
        options = dict(layout)
        if colours == "planes":
            pixels, options["planarconfig"] = np.moveaxis(pixels, 2, 0), "separate"
        photometric = "minisblack" if colours == "grey" else "rgb"
        tifffile.imwrite(
            path, pixels, photometric=photometric, compression="jpeg", **options
        )
    assert np.array_equal(read_raw(path).pixels, by_tifffile(path))


@pytest.mark.parametrize("compression", ["tiff_ccitt", "group3", "group4"])
def test_fax_as_scanners_and_matlab_write_masks(
    tmp_path: Path, compression: str
) -> None:
    path = tmp_path / "a.tif"
    Image.fromarray(FRAME > 99).save(path, compression=compression)
    raw = read_raw(path)
    assert np.array_equal(raw.pixels != raw.inverted, FRAME > 99)


@pytest.mark.parametrize("compression", ["jpeg2000", "jpegxr", "jpegxl", "lerc", "png"])
def test_packed_by_what_is_not_read(tmp_path: Path, compression: str) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, FRAME, compression=compression)
    said = words(path)
    assert said.startswith("is compressed by ")
    assert said.endswith(", which is not read here: save it with LZW or Deflate.")


def test_colours_and_numbers_that_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.dstack([FRAME] * 4), photometric="separated")
    assert words(path).startswith("has colours of kind 5, which is not read here: ")
    tifffile.imwrite(path, FRAME.astype(np.complex64))
    assert words(path).startswith("has numbers of 64 bits (sample format 6), which ")
    tifffile.imwrite(path, FRAME, compression="packbits", predictor=True)
    assert words(path).startswith("has a predictor (2) that its compression does not ")


def plain(path: Path, codec: int, data: bytes, *more: tuple[int, int]) -> Path:
    """Write a grey TIFF of 64 x 80 in one strip, by hand; ``more`` replaces tags."""
    tags = {256: 80, 257: 64, 258: 8, 259: codec, 262: 1, 277: 1, 278: 64, 273: 8}
    tags |= {279: len(data)} | dict(more)
    body = b"".join(struct.pack("<HHII", k, 4, 1, tags[k]) for k in sorted(tags))
    start = 8 + len(data)
    head = struct.pack("<2sHI", b"II", 42, start) + data
    path.write_bytes(head + struct.pack("<H", len(tags)) + body + bytes(4))
    return path


def bits(codes: list[int], width: int = 9) -> bytes:
    text = "".join(f"{code:0{width}b}" for code in codes)
    return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8))


def child(code: str, *names: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, which may die of it."""
    return subprocess.run(
        [sys.executable, "-P", "-W", "always", "-c", code, *map(str, names)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        timeout=120,
    )


READ = """
import sys, time; from pathlib import Path
from training.data import BadFile; from training.data.raw import read_raw
import imagecodecs, PIL.Image
def most():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])
before = most()
for name in sys.argv[1:]:
    started = time.monotonic()
    try: said = str(read_raw(Path(name)).pixels.shape)
    except BadFile as error: said = str(error).removeprefix(name)
    print(most() - before, time.monotonic() - started, said)
"""

#: LZW of 9 bits each: 256 clears the table, 257 ends, 258 is the first to be defined.
UNDEFINED = {
    "first": [256, 300, 65, 65],
    "second": [256, 65, 300, 65],
    "second of a cleared table": [256, 65, 66, 258, 256, 258, 65],
    "no clear": [65, 300, 259],
    "own": [256, 258, 258],
}


@pytest.mark.parametrize("name", UNDEFINED)
def test_a_code_that_is_not_defined_does_not_end_the_process(
    tmp_path: Path, name: str
) -> None:
    path = plain(tmp_path / "a.tif", 5, bits(UNDEFINED[name] * 40))
    done = child(READ, path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "cannot be read as an image" in done.stdout


@pytest.mark.parametrize("compression", [*BYTES, "jpeg"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_piece_that_is_short_or_missing_becomes_zeros(
    tmp_path: Path, compression: str | None, layout: dict[str, Any]
) -> None:
    whole = tmp_path / "whole.tif"
    layout = {"rowsperstrip": 16} if layout and compression == "jpeg" else layout
    pixels = np.random.default_rng(0).integers(0, 255, SHAPE, np.uint8)
    tifffile.imwrite(whole, pixels, compression=compression, **layout)
    with tifffile.TiffFile(whole) as file:
        page = file.pages.first
        tags, tiled = page.tags, page.is_tiled
        sizes = tags[325 if tiled else 279]
        n, old = sizes.count, list(page.databytecounts)
        places = tags[324 if tiled else 273]
        codes = {"size": sizes, "place": places}
    for code, number in (("size", 0), ("place", 0), ("size", old[0] // 2)):
        path = tmp_path / "a.tif"
        path.write_bytes(whole.read_bytes())
        with path.open("r+b") as file:
            tag = codes[code]
            if n == 1:
                file.seek(tag.offset + 8)
                file.write(struct.pack("<I", number))
            else:
                form = {3: "<H", 4: "<I"}[int(tag.dtype)]
                file.seek(tag.valueoffset)
                file.write(struct.pack(form, number))
        assert words(path).endswith(": copy it again from its source.")


def test_a_jpeg_piece_that_is_cut_short_is_not_filled_with_grey(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, FRAME, compression="jpeg")
    with tifffile.TiffFile(path) as file:
        size = file.pages.first.databytecounts[0]
    change(path, 279, value=size - 40)
    assert words(path).startswith("cannot be read as an image (it is cut short)")


def packbits(data: bytes) -> bytes:
    """Encode piece by piece: of 4 MB at once the encoder makes 40 seconds."""
    pieces = (data[at : at + 4096] for at in range(0, len(data), 4096))
    return b"".join(bytes(imagecodecs.packbits_encode(piece)) for piece in pieces)


PACKED: dict[int, Any] = {
    1: bytes,
    5: imagecodecs.lzw_encode,
    8: zlib.compress,
    32773: packbits,
    34925: lzma.compress,
    50000: imagecodecs.zstd_encode,
}


@pytest.mark.parametrize("codec", PACKED)
@pytest.mark.parametrize("more", [0, 1, 3, 80, 5000, 1 << 22])
def test_a_piece_that_holds_more_than_it_needs(
    tmp_path: Path, codec: int, more: int
) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, FRAME.size, np.uint8)
    rest = np.zeros(more, np.uint8)
    data = bytes(PACKED[codec](np.concatenate([pixels, rest]).tobytes()))
    for predictor in (1, 2) if codec not in (1, 32773) else (1,):
        path = plain(tmp_path / "a.tif", codec, data, (317, predictor))
        expected = pixels.reshape(SHAPE)
        if predictor == 2:
            expected = np.cumsum(expected, axis=1, dtype=np.uint8)
        assert np.array_equal(read_raw(path).pixels, expected)


@pytest.mark.parametrize("codec", PACKED)
@pytest.mark.parametrize("less", [1, 80, 2000])
def test_a_piece_that_holds_less_than_it_needs(
    tmp_path: Path, codec: int, less: int
) -> None:
    data = bytes(PACKED[codec](FRAME.tobytes()[less:]))
    said = words(plain(tmp_path / "a.tif", codec, data))
    assert said.endswith(": copy it again from its source.")


@pytest.mark.parametrize("codec", PACKED)
def test_bytes_that_are_mirrored(tmp_path: Path, codec: int) -> None:
    data = bytes(imagecodecs.bitorder_encode(bytes(PACKED[codec](FRAME.tobytes()))))
    path = plain(tmp_path / "a.tif", codec, data, (266, 2))
    assert np.array_equal(read_raw(path).pixels, FRAME)


def test_what_a_header_does_not_say_is_not_guessed(tmp_path: Path) -> None:
    data = bytes(imagecodecs.lzw_encode(FRAME.tobytes())) + FRAME.tobytes()
    for code, said in ((259, "how it is compressed"), (262, "whether 0 is black")):
        path = change(plain(tmp_path / "a.tif", 5, data), code, to=60000)
        assert f" does not say {said}" in words(path)
    path = plain(tmp_path / "b.tif", 1, FRAME.tobytes(), (262, 2))
    assert "another number of samples than its colours" in words(path)
