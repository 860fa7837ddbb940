"""The pixels of a TIFF's page, decoded by libtiff from a header that is ours.

No decoder sees the file's own header: what `Directory.check` found whole is written
anew, with the page's strips or tiles behind it. libtiff looks at every code before it
follows it; the decoders that a TIFF library brings along may not, and end the process
at a changed bit (docs/decisions/0006).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .costs import MOST_BYTES
from .orientation import check_jpeg
from .problems import BadFile
from .tiff_header import Directory, Tiff

#: Compressions whose result is bytes; of these the second have predictors.
_BYTES = {1: "none", 32773: "PackBits"}
_PREDICTED = {
    5: "LZW",
    8: "Deflate",
    32946: "Deflate",
    34925: "LZMA",
    50000: "Zstandard",
}

_DEFLATE = {8, 32946}

#: Those whose result is pixels.
_FAX, _JPEG = {2, 3, 4}, 7

#: How a JPEG begins and ends, and its marker that says whether colours are YCbCr.
_BEGIN, _END, _ADOBE = b"\xff\xd8", b"\xff\xd9", b"\xff\xee\0\x0eAdobe\0d\0\0\0\0%c"

#: Strips or tiles that are pictures of their own: a decoder is begun for each.
MOST_PICTURES = 1 << 14

#: Others by name, to say what is not read.
_NAMES = {
    6: "old JPEG",
    33003: "JPEG 2000",
    33005: "JPEG 2000",
    34712: "JPEG 2000",
    34887: "LERC",
    34892: "lossy JPEG",
    34927: "WebP",
    34933: "PNG",
    34934: "JPEG XR",
    50001: "WebP",
    50002: "JPEG XL",
    52546: "JPEG XL",
}

#: Sample formats that are read, as NumPy calls them; 4 stands for "not said".
_KINDS = {1: "u", 2: "i", 3: "f", 4: "u"}
_DEPTHS = {"u": {8, 16, 32, 64}, "i": {8, 16, 32, 64}, "f": {16, 32, 64}}

#: What colours may be: grey, RGB, a palette, a mask; YCbCr (6) where JPEG is.
_COLOURS = {0, 1, 2, 3, 4}

_Values = Sequence[int] | bytes
_Piece = bytes | memoryview


def page_pixels(tiff: Tiff, page: Directory, nth: int, path: Path) -> NDArray[Any]:
    """Decode the pixels of a page that `Directory.check` has let pass.

    Parameters
    ----------
    tiff, page
        The open file, and the page's tags.
    nth
        How many planes lie between the page's pixels and those wanted.
    path
        The file, for the message.

    Returns
    -------
    ndarray
        (H, W) or (H, W, C) as stored; bool where a sample has one bit.

    Raises
    ------
    BadFile
        If the page is packed in a way that is not read here.
    ValueError, RuntimeError, OSError
        If it is damaged.
    """
    codec = page.number(259, 1)
    _check_known(page, codec, path)
    pieces = _pieces(tiff, page, nth, codec)
    if page.number(266, 1) == 2 and codec != _JPEG:  # its bytes are mirrored
        pieces = [_mirrored(piece) for piece in pieces]
    if codec in _FAX or codec == _JPEG:
        pixels = _by_pieces(page, codec, pieces)
    else:
        pixels = _by_libtiff(tiff, page, codec, pieces)
    height, width = page.shape
    return pixels.reshape(height, width, -1)[..., 0] if page.samples == 1 else pixels


def _check_known(page: Directory, codec: int, path: Path) -> None:
    known = _BYTES.keys() | _PREDICTED.keys() | _FAX | {_JPEG}
    colours = page.number(262)
    if (colours == 2 and page.samples < 3) or (colours == 3 and page.samples > 1):
        raise ValueError("it has another number of samples than its colours")
    if codec not in known:
        name = _NAMES.get(codec, f"a method of its own ({codec})")
        raise _not_read(path, f"is compressed by {name}", "with LZW or Deflate")
    if colours not in _COLOURS and not (colours == 6 and codec == _JPEG):
        raise _not_read(path, f"has colours of kind {colours}", "as grey or RGB")
    depths, formats = set(page.numbers(258)), set(page.numbers(339)) or {1}
    kind = _KINDS.get(min(formats), "")
    odd = kind == "u" and page.bits <= 32 and (page.bits > 1 or page.samples == 1)
    if len(depths) > 1 or len(formats) > 1 or not (odd or _is_plain(page, kind)):
        named = " and ".join(map(str, sorted(depths)[:2]))
        raise _not_read(
            path,
            f"has numbers of {named} bits (sample format {min(formats)})",
            "with 8 or 16 bits",
        )
    predictor = page.number(317, 1)
    plain = predictor == 1 or codec in _FAX or codec == _JPEG
    if not plain and not (codec in _PREDICTED and _is_plain(page, kind)):
        what = f"has a predictor ({predictor}) that its compression does not know"
        raise _not_read(path, what, "with LZW or Deflate")


def _not_read(path: Path, what: str, instead: str) -> BadFile:
    return BadFile(
        path, "unreadable", f"{what}, which is not read here: save it {instead}."
    )


def _is_plain(page: Directory, kind: str) -> bool:
    """Say whether libtiff and NumPy know these numbers; others are unpacked."""
    return page.bits in _DEPTHS.get(kind, ())


def _kind(page: Directory) -> str:
    return _KINDS[(page.numbers(339) or (1,))[0]]


def _pieces(tiff: Tiff, page: Directory, nth: int, codec: int) -> list[_Piece]:
    """Read the strips or tiles; all of them, for decoders fill in zeros."""
    grid = page.grid
    starts = page.numbers(324 if grid.tiled else 273)[: grid.n_pieces]
    sizes = page.numbers(325 if grid.tiled else 279)[: grid.n_pieces]
    if codec == 1:
        held, sizes = sizes, _plain_sizes(page)
        if not page.count(259) and held != sizes:
            raise ValueError("it does not say how it is compressed")
        if any(size < full for size, full in zip(held, sizes, strict=False)):
            raise ValueError("it holds fewer pixels than its header speaks of")
    if not starts or len(sizes) < len(starts):
        raise ValueError("it does not say where its pixels lie")
    if 0 in starts or 0 in sizes:
        raise ValueError("a piece of its picture is not there")
    if sum(sizes) > MOST_BYTES:
        raise ValueError("its pieces are larger than the picture")
    starts = tuple(start + nth * page.n_bytes for start in starts)
    ends = tuple(map(sum, zip(starts, sizes, strict=True)))
    if max(ends) > tiff.size:
        raise ValueError("it is cut short")
    if starts[1:] != ends[:-1]:
        return list(map(tiff.bytes_at, starts, sizes))
    run = memoryview(tiff.bytes_at(starts[0], ends[-1] - starts[0]))
    first, places = starts[0], zip(starts, ends, strict=True)
    return [run[start - first : end - first] for start, end in places]


def _mirrored(piece: _Piece) -> bytes:
    bits = np.unpackbits(np.frombuffer(piece, np.uint8), bitorder="little")
    return np.packbits(bits).tobytes()


def _plain_sizes(page: Directory) -> tuple[int, ...]:
    """Return how many bytes each piece of a page has that is not compressed."""
    grid, (height, _) = page.grid, page.shape
    row = _row_bytes(page)
    if grid.tiled:
        return (grid.tall * row,) * grid.n_pieces
    last = height - (grid.down - 1) * grid.tall
    plane = (*[grid.tall * row] * (grid.down - 1), last * row)
    return plane * grid.planes


def _row_bytes(page: Directory) -> int:
    """Return the bytes of a piece's row, which ends with a whole byte."""
    return (page.grid.wide * (page.samples // page.grid.planes) * page.bits + 7) // 8


def _by_libtiff(
    tiff: Tiff, page: Directory, codec: int, pieces: list[_Piece]
) -> NDArray[Any]:
    import imagecodecs

    if codec in _DEFLATE:
        codec, pieces = _inflated(page, pieces)
    grid, (height, width) = page.grid, page.shape
    kind, samples = _kind(page), page.samples
    plain = _is_plain(page, kind)
    if plain:
        bits, each, wide = page.bits, samples // grid.planes, grid.wide
    else:  # its rows as bytes
        bits, each, wide = 8, 1, _row_bytes(page)
    n = each * grid.planes
    tags: dict[int, _Values] = {
        256: [width if plain else wide * grid.across],
        257: [height],
        258: [bits] * n,
        259: [codec],
        262: [1],
        277: [n],
        284: [2 if grid.planes > 1 else 1],
        339: [{"u": 1, "i": 2, "f": 3}[kind if plain else "u"]] * n,
    }
    if page.number(317, 1) != 1:
        tags[317] = [page.number(317)]
    data = _written(tiff.order, tags | _cut(page, wide), pieces, grid.tiled)
    pixels = np.asarray(imagecodecs.tiff_decode(data))
    if not plain:
        pixels = _unpacked(pixels, page).reshape(grid.planes, height, width, -1)
        pixels = pixels[0] if grid.planes == 1 else pixels[..., 0]
    return np.moveaxis(pixels, 0, -1) if grid.planes > 1 else pixels


def _inflated(page: Directory, pieces: list[_Piece]) -> tuple[int, list[_Piece]]:
    """Return a compression that says less, and pieces so compressed.

    libtiff leaves bytes as they were in memory where a piece holds more than it needs,
    as the last one of some programs does.
    """
    found: list[_Piece] = []
    for piece, size in zip(pieces, _plain_sizes(page), strict=True):
        stream = zlib.decompressobj()
        data = stream.decompress(piece, size)
        stream.decompress(stream.unconsumed_tail, 1)  # looks at the checksum
        if len(data) < size:
            raise ValueError("a piece of its picture is too short")
        found.append(data)
    if page.number(317, 1) == 1:
        return 1, found
    return 8, [zlib.compress(data, 0) for data in found]


def _cut(page: Directory, wide: int) -> dict[int, _Values]:
    grid = page.grid
    return {322: [wide], 323: [grid.tall]} if grid.tiled else {278: [grid.tall]}


def _unpacked(rows: NDArray[np.uint8], page: Directory) -> NDArray[Any]:
    """Return (planes, H, W x samples) of numbers that fill no whole bytes."""
    import imagecodecs

    grid, (height, width) = page.grid, page.shape
    samples = page.samples // grid.planes
    n = grid.wide * samples
    rows = rows.reshape(-1, _row_bytes(page))
    if page.bits == 1:
        numbers = np.unpackbits(rows, axis=1)[:, :n].view(np.bool_)
    else:
        kind = "u1" if page.bits <= 8 else "u2" if page.bits <= 16 else "u4"
        numbers = imagecodecs.packints_decode(
            rows.tobytes(), np.dtype(kind), page.bits, runlen=n
        )
    numbers = numbers.reshape(grid.planes, height, -1)
    return np.ascontiguousarray(numbers[..., : width * samples])


def _by_pieces(page: Directory, codec: int, pieces: list[_Piece]) -> NDArray[Any]:
    """Decode fax and JPEG, of which each piece is a picture, (H, W, C)."""
    grid, (height, width) = page.grid, page.shape
    samples = page.samples // grid.planes
    if len(pieces) > MOST_PICTURES:
        raise ValueError(f"it is made of {len(pieces)} pictures")
    if page.bits != (1 if codec in _FAX else 8) or samples not in (1, 3):
        raise ValueError("its compression does not go with its pixels")
    kind = np.bool_ if codec in _FAX else np.uint8
    pixels: NDArray[Any] = np.empty((grid.planes, height, width, samples), kind)
    for n, piece in enumerate(pieces):
        plane, at = divmod(n, grid.down * grid.across)
        top, left = at // grid.across * grid.tall, at % grid.across * grid.wide
        place = pixels[plane, top : top + grid.tall, left : left + grid.wide]
        rows = grid.tall if grid.tiled else len(place)
        shape = (rows, grid.wide, samples)
        if codec in _FAX:
            part = _fax(page, codec, bytes(piece), shape)
        else:
            part = _jpeg(page, bytes(piece), shape)
        place[...] = part[: place.shape[0], : place.shape[1]]
    return np.moveaxis(pixels[..., 0], 0, -1) if grid.planes > 1 else pixels[0]


_Shape = tuple[int, int, int]


def _fax(page: Directory, codec: int, piece: bytes, shape: _Shape) -> NDArray[Any]:
    import imagecodecs

    if codec == 2:
        found = imagecodecs.ccittrle_decode(piece, *shape[:2])
    elif codec == 3:
        options = page.number(292)
        found = imagecodecs.ccittfax3_decode(piece, *shape[:2], t4options=options)
    else:
        found = imagecodecs.ccittfax4_decode(piece, *shape[:2])
    return np.asarray(found).astype(np.bool_).reshape(shape)


def _jpeg(page: Directory, piece: bytes, shape: _Shape) -> NDArray[Any]:
    """Decode a piece behind the page's tables, its colours as the page says."""
    from PIL import Image

    piece = piece.rstrip(b"\0")
    if piece[:2] != _BEGIN or piece[-2:] != _END:
        raise ValueError("it is cut short")
    tables = page.data(347)[2:-2] if page.count(347) else b""
    told = _ADOBE % (page.number(262, 1) == 6) if shape[2] == 3 else b""
    data = _BEGIN + tables + told + piece[2:]
    check_jpeg(data)
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
        if image.size != (shape[1], shape[0]) or len(image.getbands()) != shape[2]:
            raise ValueError("its pieces are of another size than it says")
        return np.array(image).reshape(shape)


def _written(
    order: str, tags: Mapping[int, _Values], pieces: list[_Piece], tiled: bool
) -> bytes:
    """Return a TIFF of one page: its tags' values, the pieces, the directory."""
    sign = "<" if order == "little" else ">"
    sizes = np.array([len(piece) for piece in pieces])
    starts, data = 8 + np.cumsum(sizes) - sizes, b"".join(pieces)
    places, counts = (324, 325) if tiled else (273, 279)
    tags = {**tags, places: starts.tolist(), counts: sizes.tolist()}
    behind, entries = [], []
    at = 8 + len(data)
    for code in sorted(tags):
        value = tags[code]
        # YCbCrSubSampling has to be two short numbers
        kind = 7 if isinstance(value, bytes) else 3 if code in (258, 530) else 4
        form = f"{len(value)}" + {3: "H", 4: "I", 7: "s"}[kind]
        raw = struct.pack(sign + form, *([value] if kind == 7 else value))
        if len(raw) <= 4:
            word = raw.ljust(4, b"\0")
        else:
            word = struct.pack(sign + "I", at)
            behind.append(raw)
            at += len(raw)
        entries.append(struct.pack(sign + "HHI", code, kind, len(value)) + word)
    head = (b"II" if sign == "<" else b"MM") + struct.pack(sign + "HI", 42, at)
    n_tags = struct.pack(sign + "H", len(entries))
    return b"".join([head, data, *behind, n_tags, *entries, bytes(4)])
