"""Files of decoded frames that are written once and then only mapped.

A pack is a safetensors file: eight bytes that say how long the header is, the
header in JSON, then the pixels. Nothing in it can run, and it is never changed
after it got its name, so that any number of processes may read it.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..files import whole_file
from .stamps import Stamp

SUFFIX = ".safetensors"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a cached frame came from: file, page, stamp, sha256 of the file."""

    path: str
    page: int | None
    stamp: Stamp
    sha256: str


def write_pack(
    folder: Path, frames: Sequence[tuple[Source, NDArray[np.uint8]]]
) -> Path:
    """Write frames, (H, W) uint8 each, as one new pack and return its path."""
    header: dict[str, Any] = {
        "__metadata__": {
            "sources": json.dumps([asdict(source) for source, _ in frames])
        }
    }
    offset = 0
    for index, (_, frame) in enumerate(frames):
        end = offset + frame.size
        header[str(index)] = {
            "dtype": "U8",
            "shape": list(frame.shape),
            "data_offsets": [offset, end],
        }
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = folder / f"pack-{secrets.token_hex(8)}{SUFFIX}"
    with whole_file(path) as temporary, temporary.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for _, frame in frames:
            file.write(np.ascontiguousarray(frame).data)
    return path


def read_pack(path: Path) -> list[tuple[Source, NDArray[np.uint8]]]:
    """Map a pack; raise ValueError or OSError if it is none or not whole."""
    data = np.memmap(path, np.uint8, "r")
    length = int.from_bytes(data[:8].tobytes(), "little")
    header = json.loads(data[8 : 8 + length].tobytes())
    pixels = data[8 + length :]
    sources = json.loads(header["__metadata__"]["sources"])
    return [
        (_source(source), _view(pixels, header[str(index)]))
        for index, source in enumerate(sources)
    ]


def _source(row: dict[str, Any]) -> Source:
    return Source(row["path"], row["page"], Stamp(*row["stamp"]), row["sha256"])


def _view(pixels: NDArray[np.uint8], place: dict[str, Any]) -> NDArray[np.uint8]:
    begin, end = place["data_offsets"]
    height, width = place["shape"]
    if (
        not 0 <= begin <= end <= len(pixels)
        or math.prod((height, width)) != end - begin
    ):
        raise ValueError("a frame lies outside its pack")
    return pixels[begin:end].reshape(height, width)
