"""Small files that would take gigabytes or minutes, and files that are no frame."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.engine.data_folders import FRAME
from tests.engine.test_data_decoders import READ, child, plain, words
from training.data import BadFile
from training.data.costs import MOST_BYTES, _Room, cost_of
from training.data.raw import image_shape
from training.data.tiff_pages import n_frames


def chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def png(path: Path, side: int, depth: int, colour: int, *more: bytes) -> Path:
    n = (1, 0, 3, 1, 2, 0, 4)[colour] * depth // 8
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, depth, colour, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(bytes(min(side * (side * n + 1), 1 << 27)), 1))
    body = head + b"".join(more) + data + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def jpeg(path: Path, side: int | None = None, scans: int = 0) -> Path:
    buffer = io.BytesIO()
    image = Image.fromarray(FRAME if side else np.zeros((2000, 2000), np.uint8))
    image.save(buffer, "JPEG", progressive=bool(scans))
    data = bytearray(buffer.getvalue())
    if side:
        at = data.find(b"\xff\xc0") + 5
        data[at : at + 4] = struct.pack(">HH", side, side)
    scan = data[data.find(b"\xff\xda") : -2]
    path.write_bytes(bytes(data[:-2] + scan * scans + data[-2:]))
    return path


BOMB = zlib.compress(bytes(1 << 28), 9)


def bombs(folder: Path) -> list[Path]:
    """Write small files that would take gigabytes or minutes."""
    side = 65000
    large = ((256, side), (257, side), (278, side))
    inside = imagecodecs.jpeg8_encode(FRAME)
    at = inside.find(b"\xff\xc0") + 5
    inside = inside[:at] + struct.pack(">HH", side, side) + inside[at + 4 :]
    bmp = struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, side, side, 1, 24, *[0] * 6)
    for name in ("a.bmp", "a2.png"):
        (folder / name).write_bytes(b"BM" + bmp + bytes(99))
    (folder / "b.jpg").write_bytes(b"\xff\xd8" + b"\xff" * 9_000_000)
    (folder / "c.jpg").write_bytes(b"\xff\xd8" + b"\xff\xe0\0\2" * 900_000)
    return [
        folder / "a.bmp",
        folder / "a2.png",
        folder / "b.jpg",
        folder / "c.jpg",
        plain(folder / "d.tif", 8, BOMB, *large),
        plain(folder / "e.tif", 8, BOMB, (277, 60000)),
        plain(
            folder / "f.tif",
            8,
            BOMB,
            (258, 64),
            *((code, 9000) for code in (256, 257, 278)),
        ),
        plain(folder / "g.tif", 7, inside),
        plain(folder / "h.tif", 8, BOMB, (322, 1 << 16), (323, 1 << 16)),
        jpeg(folder / "i.jpg", side=side),
        jpeg(folder / "j.jpg", scans=200),
        png(folder / "k.png", 30000, 8, 0),
        png(folder / "l.png", 16000, 16, 6),
        png(folder / "m.png", 64, 8, 0, chunk(b"iCCP", b"x\0\0" + BOMB)),
        png(folder / "n.png", 64, 8, 0, *[chunk(b"zTXt", b"x\0\0" + BOMB)] * 9),
        png(folder / "o.png", 64, 16, 2, chunk(b"iTXt", b"x\0\1\0\0\0" + BOMB)),
        png(folder / "p.png", 64, 8, 0, *[chunk(b"tEXt", b"")] * 200_000),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told by /proc")
def test_no_small_file_takes_much_memory_or_time(tmp_path: Path) -> None:
    paths = bombs(tmp_path)
    done = child(READ, *paths)
    assert (done.returncode, done.stderr) == (0, "")
    for path, line in zip(paths, done.stdout.splitlines(), strict=True):
        taken, seconds, said = line.split(" ", 2)
        assert int(taken) < 300_000, (path.name, line)  # kB, of all until then
        assert float(seconds) < 10, (path.name, line)
        assert "cannot be read" in said or "speaks of" in said, (path.name, line)


def test_a_frame_of_many_channels_costs_what_they_do_together(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    stack = np.zeros((300, 512, 512), np.uint8)
    tifffile.imwrite(path, stack, imagej=True, metadata={"axes": "CYX"})
    assert 300 * cost_of(512, 512, 1) > MOST_BYTES
    assert words(path).startswith("speaks of 512 x 512 pixels, which take more than ")


def test_files_of_more_pages_than_a_recording_has(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    text = "ImageJ=1.53\nimages=100000000\n"
    tifffile.imwrite(path, FRAME[:1, :1], description=text, metadata=None)
    with path.open("r+b") as file:
        file.truncate(200_000_000)
    with pytest.raises(BadFile, match="its header speaks of 100000000 planes"):
        n_frames(path)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ('Q="2"', "its description in OME's words is no such"),
        ('T="999999999"', "its description speaks of more planes than it can hold"),
        (f'T="{"9" * 5000}"', "its description speaks of more planes than it can hold"),
    ],
)
def test_what_ome_says_is_believed_within_bounds(
    tmp_path: Path, size: str, said: str
) -> None:
    path = tmp_path / "a.tif"
    pixels = f'<Pixels ID="P" DimensionOrder="XYCZT" Type="uint8" Size{size} />'
    text = f'<OME><Image ID="I">{pixels}</Image></OME>'
    with tifffile.TiffWriter(path) as writer:
        for told in (text, None):
            writer.write(FRAME, description=told, metadata=None)
    with pytest.raises(BadFile) as caught:
        n_frames(path)
    assert f"({said})" in str(caught.value)


def test_pictures_of_other_kinds_are_not_opened_by_a_wrong_name(tmp_path: Path) -> None:
    image = Image.fromarray(FRAME)
    for format in ("GIF", "WEBP", "TGA", "EPS"):
        path = tmp_path / "a.png"
        image.save(path, format)
        assert words(path) == (
            "cannot be read as an image (it is no TIFF, PNG, JPEG or BMP inside): copy "
            "it again from its source."
        )
    frames = [Image.fromarray(FRAME + n) for n in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert words(path) == "holds 3 pictures: save them as a TIFF's pages."
    with pytest.raises(BadFile, match="holds 3 pictures"):
        image_shape(path)


def test_memory_is_shared_by_those_who_decode() -> None:
    room = _Room(10)
    with room.taken(20):  # more than there is, but nobody else is in
        assert room._taken == 20
    with room.taken(4), room.taken(6):
        assert room._taken == 10
    assert room._taken == 0
