"""What the directories of a TIFF say, read without a decoder.

A listing must not build a TIFF object per file to learn that it has one page, and
a damaged header must be refused before a decoder believes it.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from .costs import MOST_BYTES, MOST_PIECES, MOST_PIXELS, cost_of, too_large
from .problems import BadFile

#: No page has more tags; it is what a TIFF that is no BigTIFF can count to.
MOST_TAGS = (1 << 16) - 1

#: Read at once: the whole header of an ordinary file, and one directory.
HEAD, ONE_DIRECTORY = 4096, 512

# A pipe without a writer must not hold the opening up; Windows has other flags.
OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

_Tag = tuple[int, int, int, int]  # code, type, how many values, these or their place


class _Form(NamedTuple):
    """Byte order, bytes of an offset; how a count of tags, a tag, a link are stored."""

    order: Literal["little", "big"]
    word: int
    number: struct.Struct
    tag: struct.Struct
    link: struct.Struct


#: By a file's first bytes; 42 is TIFF, 43 BigTIFF.
_FORMS = {
    b"II*\0": _Form("little", 4, *map(struct.Struct, ("<H", "<HHII", "<I"))),
    b"MM\0*": _Form("big", 4, *map(struct.Struct, (">H", ">HHII", ">I"))),
    b"II+\0": _Form("little", 8, *map(struct.Struct, ("<Q", "<HHQQ", "<Q"))),
    b"MM\0+": _Form("big", 8, *map(struct.Struct, (">Q", ">HHQQ", ">Q"))),
}
TIFF_BEGINNINGS = frozenset(_FORMS)
_SIZES = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8}  # of the types that are whole numbers
DESCRIPTION, _LONGEST_TEXT = 270, 1 << 25


def cannot_open(path: Path, error: OSError) -> BadFile:
    """Say why the system did not open ``path``."""
    why = (os.strerror(error.errno) if error.errno else str(error)).lower()
    return BadFile(
        path,
        "unreadable",
        f"cannot be opened ({why}): check that it is there and that you may read it.",
    )


def zero_bytes(path: Path) -> BadFile:
    """Say that a file is empty."""
    return BadFile(path, "zero-bytes", "has zero bytes: copy it again from its source.")


def damaged(path: Path, detail: str) -> BadFile:
    """Say that a file is no readable image."""
    return BadFile(
        path,
        "unreadable",
        f"cannot be read as an image ({detail}): copy it again from its source.",
    )


def volume(path: Path) -> BadFile:
    """Say that a page has a depth."""
    return BadFile(
        path, "unreadable", "holds a volume in one page: save its slices as pages."
    )


def check_regular(path: Path, mode: int) -> None:
    """Refuse a folder, pipe or device by its ``st_mode``: it might block for ever."""
    if stat.S_ISDIR(mode):
        raise cannot_open(path, IsADirectoryError(errno.EISDIR, "folder"))
    if not stat.S_ISREG(mode):
        raise BadFile(
            path, "unreadable", "is a pipe, socket or device and no file: take it away."
        )


class Grid(NamedTuple):
    """How a page is cut: rows and columns of a piece, how many pieces and planes."""

    tall: int
    wide: int
    down: int
    across: int
    planes: int
    tiled: bool

    @property
    def n_pieces(self) -> int:
        """Strips or tiles of all planes."""
        return self.down * self.across * self.planes


class Directory:
    """One page's tags.

    Attributes
    ----------
    offset, next
        Where it begins, and where the next one does (0: nowhere).
    descriptions
        The texts of its ImageDescription tags, in their order.
    """

    def __init__(self, tiff: Tiff, offset: int, link: int, tags: list[_Tag]) -> None:
        self.offset, self.next = offset, link
        self._tiff, self._all = tiff, tags
        self._tags = {tag[0]: tag for tag in reversed(tags)}  # the first one counts

    def number(self, code: int, default: int = 0) -> int:
        """Return a tag's (first) whole number; raise ValueError if it has none."""
        tag = self._tags.get(code)
        if tag is None:
            return default
        _, kind, count, word = tag
        size = _SIZES.get(kind)
        if size is None or count == 0:
            raise ValueError(f"its tag {code} is no whole number")
        if size * count > self._tiff.word:
            return int.from_bytes(self._tiff.bytes_at(word, size), self._tiff.order)
        if self._tiff.order == "little":
            return word & ((1 << 8 * size) - 1)
        return word >> 8 * (self._tiff.word - size)

    def numbers(self, code: int) -> tuple[int, ...]:
        """Return all whole numbers of a tag; none if there is no such tag."""
        if code not in self._tags:
            return ()
        _, kind, count, word = self._tags[code]
        size, order = _SIZES.get(kind), {"little": "<", "big": ">"}[self._tiff.order]
        if size is None or count > MOST_PIECES:
            raise ValueError(f"its tag {code} is no whole number")
        data = self._tiff.value(word, size * count)
        return tuple(np.frombuffer(data, f"{order}u{size}").tolist())

    def data(self, code: int) -> bytes:
        """Return the bytes of a tag that is no number."""
        _, _, count, word = self._tags[code]
        return self._tiff.value(word, count)

    def count(self, code: int) -> int:
        """Return how many values a tag has; 0 if there is no such tag."""
        return self._tags[code][2] if code in self._tags else 0

    @cached_property
    def descriptions(self) -> tuple[bytes, ...]:
        """The texts of its ImageDescription tags, longer ones than a book left out."""
        return tuple(
            self._tiff.value(word, count)
            for code, _, count, word in self._all
            if code == DESCRIPTION and count <= _LONGEST_TEXT
        )

    @property
    def is_frame(self) -> bool:
        """Whether it is neither a smaller copy of a page nor its transparency."""
        return not (self.number(254) & 0b101 or self.number(255) == 2)

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) as stored."""
        return self.number(257), self.number(256)

    @property
    def samples(self) -> int:
        """Samples a pixel has."""
        return self.number(277, 1)

    @property
    def in_planes(self) -> bool:
        """Whether each sample has a plane of its own."""
        return self.samples > 1 and self.number(284, 1) == 2

    @property
    def bits(self) -> int:
        """Bits of a sample."""
        return self.number(258, 1)

    @cached_property
    def grid(self) -> Grid:
        """How its picture is cut into strips or tiles."""
        height, width = self.shape
        tiled = 322 in self._tags
        if tiled:
            tall, wide = max(self.number(323), 1), max(self.number(322), 1)
        else:
            tall, wide = min(self.number(278) or height, height), width
        planes = self.samples if self.in_planes else 1
        return Grid(tall, wide, -(-height // tall), -(-width // wide), planes, tiled)

    @property
    def cost(self) -> int:
        """Bytes that decoding it takes; see `cost_of`."""
        height, width = self.shape
        grid = self.grid
        if grid.tiled:  # tiles may reach far over the edges
            height, width = grid.down * grid.tall, grid.across * grid.wide
        return cost_of(height, width, self.samples * ((self.bits + 7) // 8))

    @property
    def orientation(self) -> int:
        """How it has to be turned, 1 to 8 as in EXIF; 1 if it says something else."""
        try:
            kept = self.number(274, 1)
        except ValueError:
            return 1
        return kept if 1 <= kept <= 8 else 1

    @property
    def n_bytes(self) -> int:
        """Bytes that its pixels take, uncompressed and in whole bytes a row."""
        height, width = self.shape
        return height * ((width * self.samples * self.bits + 7) // 8)

    def run(self) -> int | None:
        """Return where its pixels begin if they lie in one piece as they are."""
        starts, sizes = self.numbers(273), self.numbers(279)
        if self.number(259, 1) != 1 or self.bits % 8 or not starts:
            return None
        if len(starts) > 1 and sum(sizes) != self.n_bytes:
            return None
        pairs = zip(starts, sizes, starts[1:], strict=False)
        if any(start + size != after for start, size, after in pairs):
            return None
        return starts[0]

    def check(self, path: Path) -> None:
        """Refuse what a decoder would fail at, fill with zeros or never end.

        Raises
        ------
        ValueError, BadFile
            If the page is damaged or no picture; BadFile if it is a volume.
        """
        number, tags = self.number, self._tags  # asked for thousands of files
        (height, width), bits, samples = self.shape, self.bits, self.samples
        if 0 in (height, width, samples):
            raise ValueError(f"its header speaks of {height} x {width} pixels")
        if not 1 <= bits <= 64:
            raise ValueError(f"its header speaks of {bits} bits a pixel")
        if self.count(258) not in (0, 1, samples):
            raise ValueError(f"its header contradicts itself on its {samples} channels")
        if 262 not in tags:  # programs differ in what they take for black then
            raise ValueError("its header does not say whether 0 is black or white")
        grid = self.grid
        if height * width > MOST_PIXELS or self.cost > MOST_BYTES:
            raise too_large(path, height, width)
        if 32997 in tags and number(32997) > 1:
            raise volume(path)
        self._check_pieces(grid)
        if number(262) == 3 and 320 in tags and self.count(320) != 3 << min(bits, 16):
            raise ValueError(f"its palette does not belong to {bits} bits a pixel")

    def _check_pieces(self, grid: Grid) -> None:
        starts, sizes = (324, 325) if grid.tiled else (273, 279)
        if not grid.tiled and self.count(324):
            raise ValueError("its header speaks of tiles, and of none")
        n, held = grid.n_pieces, self.count(starts)
        if max(n, held, self.count(sizes)) > MOST_PIECES:
            raise ValueError(f"its header speaks of {max(n, held)} pieces of a picture")
        if 0 < held < n:
            raise ValueError(f"it holds {held} of the {n} pieces of its picture")


class Tiff:
    """The bytes of a TIFF file (or of the TIFF inside a JPEG or PNG).

    Parameters
    ----------
    head
        Its first bytes, or all.
    size
        How many there are.
    file
        An open file descriptor for those behind the head.

    Raises
    ------
    ValueError
        If this is no TIFF; as do the methods, if it is damaged.
    """

    def __init__(self, head: bytes, size: int, file: int | None = None) -> None:
        self._head, self.size, self._file = head, size, file
        form = _FORMS.get(head[:4])
        if form is None or len(head) < 8:
            raise ValueError("not a TIFF file")
        self._form, self.order, self.word = form, form.order, form.word
        first = head[4:8] if self.word == 4 else self.bytes_at(8, 8)
        self.first = int.from_bytes(first, self.order)

    def value(self, word: int, n_bytes: int) -> bytes:
        """Return a tag's value: its word, or what lies where the word points."""
        if n_bytes <= self.word:
            return word.to_bytes(self.word, self.order)[:n_bytes]
        return self.bytes_at(word, n_bytes)

    def bytes_at(self, offset: int, n_bytes: int) -> bytes:
        """Return bytes; raise ValueError where the file ends before them."""
        if offset + n_bytes > self.size:
            raise ValueError("its header points behind its end")
        return self._some(offset, n_bytes)

    def _some(self, offset: int, n_bytes: int) -> bytes:
        if offset + n_bytes <= len(self._head) or self._file is None:
            return self._head[offset : offset + n_bytes]
        if offset >= self.size:  # and might be more than the system can seek
            return b""
        os.lseek(self._file, offset, os.SEEK_SET)
        return os.read(self._file, n_bytes)

    def directory(self, offset: int) -> Directory:
        """Read the directory at ``offset``."""
        form, start = self._form, self._form.number.size
        data = self._some(offset, ONE_DIRECTORY)
        if len(data) < start:
            raise ValueError("a page points to nowhere")
        (n_tags,) = form.number.unpack_from(data)
        if n_tags > MOST_TAGS:
            raise ValueError(f"a page has {n_tags} tags")
        end = start + n_tags * form.tag.size
        if len(data) < end + self.word:
            data = self.bytes_at(offset, end + self.word)
        (link,) = form.link.unpack_from(data, end)
        return Directory(self, offset, link, [*form.tag.iter_unpack(data[start:end])])


@contextmanager
def open_tiff(path: Path) -> Iterator[Tiff]:
    """Open a file as a `Tiff`, and say in words what is found wrong with it.

    Raises
    ------
    BadFile
        If the file cannot be opened, is a pipe, is empty, is no TIFF, or if a
        ValueError or OSError leaves the block.
    """
    file = -1
    try:
        file = os.open(path, OPEN_FLAGS)
        found = os.fstat(file)
        check_regular(path, found.st_mode)
        if found.st_size == 0:
            raise zero_bytes(path)
        yield Tiff(os.read(file, HEAD), found.st_size, file)
    except BadFile:
        raise
    except OSError as error:
        raise cannot_open(path, error) from error
    except (ValueError, struct.error) as error:
        raise damaged(path, str(error)) from error
    finally:
        if file >= 0:
            os.close(file)
