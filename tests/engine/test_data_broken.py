"""Files that a damaged disk or a stranger made: one sentence each, and no more."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.engine.data_folders import FRAME, SHAPE, save
from training.data import BadFile
from training.data.images import read_image
from training.data.masks import read_mask
from training.data.raw import image_shape, orientation_of, read_raw
from training.data.tiff_pages import n_frames

ASK: tuple[Callable[[Path], Any], ...] = (
    n_frames,
    image_shape,
    read_raw,
    read_image,
    read_mask,
)
PALETTE: dict[str, Any] = {
    "photometric": "palette",
    "colormap": np.zeros((3, 256), np.uint16),
}


def refused(path: Path, detail: str) -> None:
    """Check that everything says one sentence of a damaged file."""
    for ask in ASK:
        with pytest.raises(BadFile) as caught:
            ask(path)
        assert str(caught.value) == (
            f"{path} cannot be read as an image ({detail}): copy it again from its "
            "source."
        )


def too_large(path: Path, size: str) -> None:
    """Check that a file is not decoded that would take too much memory."""
    for ask in ASK:
        with pytest.raises(BadFile) as caught:
            ask(path)
        assert str(caught.value) == (
            f"{path} speaks of {size} pixels, which take more than the 512 MB that a "
            "frame may: export it smaller, or copy it again from its source."
        )


def change(path: Path, code: int, *, to: int | None = None, **new: int) -> Path:
    """Give a tag of a little TIFF another code, type, count or value."""
    data = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", data, 4)
    (n_tags,) = struct.unpack_from("<H", data, start)
    for at in range(start + 2, start + 2 + 12 * n_tags, 12):
        tag = struct.unpack_from("<HHII", data, at)
        if tag[0] == code:
            changed = zip(("kind", "count", "value"), tag[1:], strict=True)
            values = [new.get(name, old) for name, old in changed]
            struct.pack_into("<HHII", data, at, code if to is None else to, *values)
            path.write_bytes(data)
            return path
    raise KeyError(code)


def write(path: Path, **options: Any) -> Path:
    tifffile.imwrite(path, FRAME, **options)
    return path


def test_no_length(tmp_path: Path) -> None:
    path = change(write(tmp_path / "a.tif"), 257, to=338)
    refused(path, "its header speaks of 0 x 80 pixels")


@pytest.mark.parametrize("code", [256, 257])
def test_no_height_or_width(tmp_path: Path, code: int) -> None:
    path = change(write(tmp_path / "a.tif"), code, value=0)
    size = "0 x 80" if code == 257 else "64 x 0"
    refused(path, f"its header speaks of {size} pixels")


def test_a_palette_for_other_numbers(tmp_path: Path) -> None:
    path = change(write(tmp_path / "a.tif", **PALETTE), 258, value=0)
    refused(path, "its header speaks of 0 bits a pixel")
    path = change(write(tmp_path / "b.tif", **PALETTE), 258, to=256)
    refused(path, "its palette does not belong to 1 bits a pixel")
    path = change(write(tmp_path / "c.tif", **PALETTE), 296, to=339, value=3)
    for ask in (read_raw, read_image, read_mask):
        with pytest.raises(BadFile):
            ask(path)


def test_a_palette_of_two_colours(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    colours = [np.uint16(0), np.uint16(65535)] * 3
    mask = FRAME > 99
    tag = (320, 3, 6, colours, True)
    tifffile.imwrite(path, mask, photometric="minisblack", extratags=[tag])
    change(path, 262, value=3)
    assert read_raw(path).palette is not None
    assert np.array_equal(read_image(path)[..., 0] > 0, mask)
    assert np.array_equal(read_mask(path), mask)


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
def test_strips_that_do_not_cover_the_picture(
    tmp_path: Path, compression: str | None
) -> None:
    path = write(tmp_path / "a.tif", compression=compression)
    change(path, 257, value=128)
    refused(path, "it holds 1 of the 2 pieces of its picture")
    change(path, 278, value=128)  # one strip, which is said to hold all
    with path.open("ab") as file:
        file.write(bytes(FRAME.size))
    for ask in (read_raw, read_image, read_mask):
        with pytest.raises(BadFile):
            ask(path)


def test_missing_planes_and_tiles(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.stack([FRAME] * 3), photometric="rgb", planarconfig="separate"
    )
    change(path, 273, count=2)
    refused(path, "it holds 2 of the 3 pieces of its picture")
    write(path, tile=(16, 16))
    change(path, 257, value=65)
    refused(path, "it holds 20 of the 25 pieces of its picture")


def test_more_than_there_is_memory_for(tmp_path: Path) -> None:
    path = change(write(tmp_path / "a.tif"), 257, value=1_000_000_000)
    too_large(path, "1000000000 x 80")
    path = write(tmp_path / "b.tif", compression="zlib")
    for code, value in ((256, 16000), (257, 16000), (258, 64), (278, 16000)):
        change(path, code, value=value)
    too_large(path, "16000 x 16000")
    path = write(tmp_path / "c.tif", tile=(16, 16), compression="zlib")
    for code in (322, 323):
        change(path, code, value=1 << 20)
    too_large(path, "64 x 80")


def test_pictures_that_would_not_fit_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    head = struct.pack(">IIBBBBB", 16384, 16384, 16, 6, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head
    chunk += struct.pack(">I", zlib.crc32(chunk[4:]))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    for ask in (read_raw, image_shape):
        with pytest.raises(BadFile):
            ask(path)


def test_tags_that_are_no_numbers(tmp_path: Path) -> None:
    for code in (256, 257, 258, 277, 278):
        path = write(tmp_path / f"{code}.tif")
        change(path, code, kind=5)
        refused(path, f"its tag {code} is no whole number")


@pytest.mark.parametrize("options", [{}, {"bigtiff": True}, {"imagej": True}])
def test_any_damage_to_a_header_is_one_sentence(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.stack([FRAME] * 3), photometric="minisblack", truncate=True, **options
    )
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for round_ in range(150):
        data = bytearray(whole)
        for place in rng.integers(4, 400, 2):
            data[place] = rng.integers(256)
        path = tmp_path / f"{round_}.tif"
        path.write_bytes(data)
        for ask in (*ASK, orientation_of):
            try:
                ask(path)
            except BadFile as error:
                assert str(error).startswith(f"{path} ")
                assert "\n" not in str(error)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
@pytest.mark.parametrize("suffix", ["tif", "png", "jpg"])
def test_pipes_loops_and_folders_are_not_waited_for(
    tmp_path: Path, suffix: str
) -> None:
    pipe, loop, folder = (tmp_path / f"{name}.{suffix}" for name in ("a", "b", "c"))
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    folder.mkdir()
    check = "check that it is there and that you may read it."
    for path, words in (
        (pipe, "is a pipe, socket or device and no file: take it away."),
        (loop, f"cannot be opened (too many levels of symbolic links): {check}"),
        (folder, f"cannot be opened (is a directory): {check}"),
        (
            tmp_path / f"d.{suffix}",
            f"cannot be opened (no such file or directory): {check}",
        ),
    ):
        for ask in (*ASK[suffix != "tif" :], orientation_of):
            with pytest.raises(BadFile) as caught:
                ask(path)
            assert str(caught.value) == f"{path} {words}"


def odd_png() -> bytes:
    """Return a PNG of 16 bits and three channels with a broken colour profile."""
    data: bytes = imagecodecs.png_encode(np.dstack([FRAME.astype(np.uint16)] * 3))
    profile = b"iCCPx\0\0" + zlib.compress(b"junk")
    size = struct.pack(">I", len(profile) - 4)
    return (
        data[:33] + size + profile + struct.pack(">I", zlib.crc32(profile)) + data[33:]
    )


def test_decoders_say_nothing_on_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(odd_png())
    save(tmp_path / "b.png", FRAME)
    change(write(tmp_path / "c.tif", compression="zlib"), 279, value=300)
    code = (
        "import sys; from pathlib import Path; from PIL import Image\n"
        "from training.data import BadFile; from training.data.raw import read_raw\n"
        "Image.MAX_IMAGE_PIXELS = 4000\n"
        "for name in sys.argv[1:]:\n"
        "    try: print(read_raw(Path(name)).pixels.shape)\n"
        "    except BadFile: print('bad')\n"
    )
    names = [str(tmp_path / name) for name in ("a.png", "b.png", "c.tif")]
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code, *names],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stderr == ""
    assert done.stdout.split("\n")[:2] == [str((*SHAPE, 3)), str(SHAPE)]


def test_a_warning_of_pillow_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "a.png", FRAME)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", FRAME.size - 1)
    assert np.array_equal(read_raw(path).pixels, FRAME)
