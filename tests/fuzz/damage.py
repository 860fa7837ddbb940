"""Ways to damage a file: each takes a seeded generator and bytes, and gives bytes."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

Damage = Callable[[Random, bytes], bytes]

_NUMBERS = (0, 1, 2, 3, 127, 128, 255, 256, 32767, 65535, 65537, 2**24)
_NUMBERS += (2**31 - 1, 2**31, 2**32 - 1, 2**33, 2**53 + 1, 2**63 - 1, 2**64 - 1)

#: What programs stumble over in a cell, a JSON value or a column.
ODD: tuple[Any, ...] = (
    *(None, True, False, -1, -5, 0.5, 1e308, -0.0, 10**400, 10**18, *_NUMBERS),
    *(float("nan"), float("inf"), [], {}, [[]], [None], {"a": {}}, [1, "x"], [-1, -1]),
    *(
        "",
        " ",
        "nan",
        "inf",
        "-1",
        "1e999",
        "0x10",
        "١٢",
        "½",
        "None",
        "[]",
        "a" * 5000,
    ),
    *("../../etc/passwd", "/etc/passwd", "C:\\x", "\x00", "a\nb", "a\rb", "a\u2028b"),
    *("=1+1", '"', "'", ",", ";", "\t", "\ufeff", "\u202e", "é", "e\u0301", "1 1 1 1"),
    *("999999999999999999999 1", "1 -1", "0 5", "5 0", "\ud800", "{}", "%s", "%00"),
)


def damage_bytes(rng: Random, data: bytes) -> bytes:
    """Change bits, bytes, numbers or pieces, more often where headers lie."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        rng.choice(_BYTE_WAYS)(rng, found)
    return bytes(found)


def _place(rng: Random, n: int) -> int:
    where = rng.random()
    if where < 0.4:
        return rng.randrange(min(n, 256))
    return n - 1 - rng.randrange(min(n, 256)) if where < 0.6 else rng.randrange(n)


def _flip(rng: Random, data: bytearray) -> None:
    if data:
        data[_place(rng, len(data))] ^= 1 << rng.randrange(8)


def _set(rng: Random, data: bytearray) -> None:
    if data:
        data[_place(rng, len(data))] = rng.choice(
            (0, 1, 127, 128, 255, rng.getrandbits(8))
        )


def _number(rng: Random, data: bytearray) -> None:
    size = rng.choice((2, 4, 8))
    if len(data) >= size:
        at, end = _place(rng, len(data) - size + 1), rng.choice(("little", "big"))
        data[at : at + size] = (rng.choice(_NUMBERS) % 256**size).to_bytes(size, end)


def _piece(rng: Random, data: bytearray) -> tuple[int, int]:
    at = _place(rng, len(data)) if data else 0
    return at, min(len(data), at + rng.choice((1, 4, 16, 64, 512, 4096)))


def _wipe(rng: Random, data: bytearray) -> None:
    at, end = _piece(rng, data)
    data[at:end] = bytes([rng.choice((0, 255))]) * (end - at)


def _scramble(rng: Random, data: bytearray) -> None:
    at, end = _piece(rng, data)
    data[at:end] = rng.randbytes(end - at)


def _drop(rng: Random, data: bytearray) -> None:
    at, end = _piece(rng, data)
    del data[at:end]


def _double(rng: Random, data: bytearray) -> None:
    at, end = _piece(rng, data)
    data[at:at] = data[at:end]


def _cut(rng: Random, data: bytearray) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _append(rng: Random, data: bytearray) -> None:
    data += rng.randbytes(rng.choice((1, 64, 4096)))


_BYTE_WAYS = (_flip, _flip, _flip, _set, _set, _number, _number, _number, _wipe)
_BYTE_WAYS += (_scramble, _drop, _double, _cut, _append)


def damage_tiff(rng: Random, data: bytes) -> bytes:
    """Change an entry of the first directory: its tag, type, count or value."""
    found, first = bytearray(data), struct.unpack_from("<I", data, 4)[0]
    for _ in range(rng.choice((1, 1, 2))):
        n = struct.unpack_from("<H", found, first)[0]
        entry = first + 2 + 12 * rng.randrange(max(1, n))
        offset, form, values = rng.choice(
            (
                (0, "<H", (254, 256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284)),
                (0, "<H", (317, 320, 322, 323, 324, 325, 338, 339, 347, 32997, 65535)),
                (2, "<H", range(20)),
                (4, "<I", _NUMBERS),
                (8, "<I", (*_NUMBERS, *range(40), 5, 7, 8, 32773, 34712, 50000)),
                (8, "<H", (*range(12), 32773, 32946, 34892, 34925, 50000, 50001)),
            )
        )
        if entry + 12 <= len(found):
            value = rng.choice(values) % 256 ** struct.calcsize(form)
            struct.pack_into(form, found, entry + offset, value)
    return bytes(found)


def damage_png(rng: Random, data: bytes) -> bytes:
    """Change what is in chunks, or their order, with checksums that fit."""
    chunks, at = [], 8
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    n, way = rng.randrange(len(chunks)), rng.random()
    if way < 0.2:
        chunks.insert(rng.randrange(len(chunks)), chunks[n])
    elif way < 0.3:
        del chunks[n]
    elif way < 0.5:  # pixels that unpack
        rest = b"".join(body for name, body in chunks if name == b"IDAT")
        body = zlib.compress(damage_bytes(rng, zlib.decompress(rest)))
        chunks = [one for one in chunks if one[0] != b"IDAT"]
        chunks.insert(-1, (b"IDAT", body))
    else:
        chunks[n] = (chunks[n][0], damage_bytes(rng, chunks[n][1]))
    parts = [
        len(body).to_bytes(4, "big")
        + name
        + body
        + zlib.crc32(name + body).to_bytes(4, "big")
        for name, body in chunks
    ]
    return data[:8] + b"".join(parts)


def damage_zip(rng: Random, data: bytes) -> bytes:
    """Change one file in an archive, or how it is packed; its checksums fit."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {one.filename: archive.read(one) for one in archive.infolist()}
        packed = archive.infolist()[0].compress_type
    name = rng.choice(sorted(files))
    if rng.random() < 0.01:
        return _bomb(name)
    if rng.random() < 0.1:
        del files[name]
    else:
        files[name] = damage_bytes(rng, files[name])
    if rng.random() < 0.1:
        packed = rng.choice(
            (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as archive:
        for each, content in files.items():
            archive.writestr(each, content)
    return buffer.getvalue()


@cache
def _bomb(name: str) -> bytes:
    """Return an archive in which few megabytes unpack to more than a gigabyte."""
    buffer = io.BytesIO()
    head = str({"descr": "<i8", "fortran_order": False, "shape": (20 << 23,)})
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w", force_zip64=True) as file,
    ):
        file.write(b"\x93NUMPY\x01\0\x76\0" + f"{head:117}\n".encode())
        for _ in range(20):
            file.write(bytes(64 << 20))
    return buffer.getvalue()


def damage_json(rng: Random, data: bytes) -> bytes:
    """Change, drop or add a value somewhere in JSON, or nest it deeply."""
    if rng.random() < 0.02:
        deep = 10 ** rng.randrange(2, 6)
        return b"[" * deep + b"]" * deep
    value = json.loads(data)
    for _ in range(rng.choice((1, 1, 1, 3))):
        value = json.loads(json.dumps(_changed(rng, value)))  # no cycles
    text = json.dumps(value, indent=rng.choice((None, 2)))
    return text.encode()


def _changed(rng: Random, value: Any) -> Any:
    if isinstance(value, dict | list) and value and rng.random() < 0.9:
        key = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
        way = rng.random()
        if way < 0.1:
            del value[key]
        elif way < 0.15 and isinstance(value, dict):
            value[rng.choice(("", "a", "version", "__class__"))] = value[key]
        elif way < 0.2 and isinstance(value, list):
            value.insert(key, value[key])
        else:
            value[key] = _changed(rng, value[key])
        return value
    if isinstance(value, int | float) and abs(value) < 1e300 and rng.random() < 0.5:
        return rng.choice(
            (-value, value + 1, value * 10, value // 3, str(value), [value])
        )
    return rng.choice(ODD)


def damage_json_lines(rng: Random, data: bytes) -> bytes:
    """Change one line of JSON lines as JSON."""
    lines = data.splitlines(keepends=True)
    n = rng.randrange(len(lines))
    lines[n] = damage_json(rng, lines[n]) + rng.choice((b"\n", b"\n", b"", b"\r\n"))
    return b"".join(lines)


def damage_table(rng: Random, data: bytes) -> bytes:
    """Change cells, lines, the header, ends of lines or the encoding of a table."""
    lines = [line.split(",") for line in data.decode().splitlines()]
    for _ in range(rng.choice((1, 1, 2))):
        line = rng.choice(lines)
        at = rng.randrange(len(line) or 1)
        way = rng.randrange(8)
        if way < 4:
            words = line[at].split(" ") if line else [""]
            words[rng.randrange(len(words))] = str(rng.choice(ODD))
            line[at:] = [" ".join(words), *line[at + 1 :]]
        elif way == 4:
            lines.insert(rng.randrange(len(lines)), [*line])
        elif way == 5:
            del line[at:]
        elif way == 6:
            line.insert(at, str(rng.choice(ODD)))
        else:
            rng.shuffle(line)
    end = rng.choice(("\n", "\n", "\n", "\r\n", "\r", "\n\n", "\u2028"))
    text = end.join(rng.choice((",", ",", ",", ";", "\t")).join(line) for line in lines)
    code = rng.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1"))
    return (text + rng.choice((end, ""))).encode(code, "replace")


def damage_sqlite(rng: Random, data: bytes) -> bytes:
    """Change, copy or drop rows of a database whose own rules are as before."""
    with contextlib.closing(sqlite3.connect(":memory:")) as one:
        one.deserialize(_journal(data, b"\x01\x01"))  # in memory there is no log
        master = "SELECT name, sql FROM sqlite_master WHERE type = ?"
        rules = one.execute(master, ["trigger"]).fetchall()
        for name, _ in rules:
            one.execute(f'DROP TRIGGER "{name}"')
        one.execute("PRAGMA ignore_check_constraints=ON")
        tables = [name for name, _ in one.execute(master, ["table"])]
        for _ in range(rng.choice((1, 1, 3))):
            with contextlib.suppress(sqlite3.Error, OverflowError, UnicodeError):
                _change_row(rng, one, rng.choice(tables))
        for _, sql in rules:
            one.execute(sql)
        one.commit()
        return _journal(one.serialize(), data[18:20])


def _journal(data: bytes, versions: bytes) -> bytes:
    return data[:18] + versions + data[20:]


def _change_row(rng: Random, one: sqlite3.Connection, table: str) -> None:
    rows = one.execute(f'SELECT rowid, * FROM "{table}"')
    names = [each[0] for each in rows.description[1:]]
    ids = [row[0] for row in rows]
    if not ids:
        return
    row, name, way = rng.choice(ids), rng.choice(names), rng.random()
    old = one.execute(f'SELECT "{name}" FROM "{table}" WHERE rowid = ?', [row])
    before = old.fetchone()[0]
    if way < 0.1:
        one.execute(f'DELETE FROM "{table}" WHERE rowid = ?', [row])
        return
    odd = [one for one in ODD if not isinstance(one, list | dict)]
    value = rng.choice(odd)
    if isinstance(before, bytes):
        value = rng.choice(
            (damage_bytes(rng, before), zlib.compress(bytes(1 << 22)), value)
        )
    elif isinstance(before, int) and way < 0.5:
        value = rng.choice((before + 1, -before, before * 1000))
    elif isinstance(before, str) and way < 0.4:
        others = one.execute(f'SELECT "{name}" FROM "{table}"').fetchall()
        value = rng.choice(others)[0]
    one.execute(f'UPDATE "{table}" SET "{name}" = ? WHERE rowid = ?', [value, row])


def damage_header(rng: Random, data: bytes) -> bytes:
    """Change the JSON in front of a safetensors file, its length fitting."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    ours = header["__metadata__"]
    if rng.random() < 0.6:  # what is ours in it
        key = "napari-nerveseg"
        ours[key] = damage_json(rng, ours[key].encode()).decode()
        text = json.dumps(header).encode()
    else:
        text = damage_json(rng, json.dumps(header).encode())
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def any_of(*ways: Damage) -> Damage:
    """Damage in one of several ways."""
    return lambda rng, data: rng.choice(ways)(rng, data)
