"""The masks of a data folder as they were last read, kept in the project folder.

``frames/masks.jsonl`` has one line a mask: what it was read from, the stamps of these
files, and the runs. A mask counts as long as `Stamp.proves` says so of both its own
file and its frame's, which says how large it has to be.
"""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..files import write_whole
from ..guarded import fits, last_lines, parse_json
from .stamps import Stamp, stamp_of
from .store.packing import PackedMask, unpack

if TYPE_CHECKING:
    from .dataset import DataSet, FrameEntry
    from .project import Project

_STAMP = [int, int, int, int]
_ROW = {
    "id": str,
    "of": [object],
    "stamps": [_STAMP, _STAMP],
    "shape": [int, int],
    "digest": str,
    "runs": str,
}

#: Bytes of a file's last lines that are read; a mask takes some hundred.
_MOST_BYTES = 256 << 20


class MaskCache:
    """Masks by FrameId; `DataSet.mask` asks it first, see `cached_masks`."""

    def __init__(self, dataset: DataSet, path: Path) -> None:
        self._dataset, self._path = dataset, path
        self._rows = _read_rows(path)
        self._seen: dict[str, list[Stamp | None]] = {}
        self._changed = False

    def mask(
        self, frame_id: str, shape: tuple[int, int] | None
    ) -> NDArray[np.bool_] | None:
        """Return what `DataSet.mask` does, and raise as it does."""
        entry = self._dataset.entry(frame_id)
        known = self._get(entry)
        if known is not None and shape in (None, known.shape):
            return known
        found = self._dataset.look_at_mask(frame_id, shape)
        if found is None:
            return None
        mask, remarks, _ = found
        if not remarks:  # some depend on other files
            self._put(entry, mask)
        return mask

    def _get(self, entry: FrameEntry) -> NDArray[np.bool_] | None:
        """Return a frame's mask if its files are as they were when it was read."""
        by_text = self._dataset.run_length(entry.id) is not None
        if entry.mask_path is None or entry.more_masks or by_text:
            return None
        # Taken before the pixels are read: a change meanwhile then shows later.
        now = [stamp_of(entry.path), stamp_of(entry.mask_path)]
        self._seen[entry.id] = now
        row = self._rows.get(entry.id)
        if row is None or row["of"] != self._of(entry):
            return None
        if not all(
            new is not None and Stamp(*old).proves(new)
            for old, new in zip(row["stamps"], now, strict=True)
        ):
            return None
        with contextlib.suppress(ValueError):  # damaged: as if it were not there
            height, width = row["shape"]
            runs = base64.b64decode(row["runs"])
            return unpack(runs, (height, width), row["digest"])
        return None

    def _put(self, entry: FrameEntry, mask: NDArray[np.bool_]) -> None:
        """Keep a mask that was read from one picture since `_get` looked at it."""
        stamps = self._seen.get(entry.id, [None])
        if None in stamps:
            return
        packed = PackedMask.of(mask)
        self._rows[entry.id] = {
            "id": entry.id,
            "of": self._of(entry),
            "stamps": stamps,
            "shape": packed.shape,
            "digest": packed.digest,
            "runs": base64.b64encode(packed.runs).decode(),
        }
        self._changed = True

    def save(self) -> None:
        """Write the masks if there are new ones, as far as the disk takes them."""
        if self._changed:
            rows = (self._rows[name] for name in self._rows if name in self._dataset)
            with contextlib.suppress(OSError):  # a cache may be lacking
                write_whole(self._path, "".join(json.dumps(row) + "\n" for row in rows))

    def _of(self, entry: FrameEntry) -> list[Any]:
        """Return what a mask depends on beside the content of its files."""
        reading = self._dataset.reading
        return [
            str(entry.path),
            entry.page,
            str(entry.mask_path),
            entry.mask_page,
            reading.nerve_label,
            bool(reading.invert_masks),
        ]


@contextlib.contextmanager
def cached_masks(dataset: DataSet, project: Project | None) -> Iterator[None]:
    """Let a data set take masks from the project folder, and keep there what it reads.

    Parameters
    ----------
    dataset
        Its `DataSet.mask` is quicker meanwhile, and says the same.
    project
        None keeps nothing.
    """
    if project is None:
        yield
        return
    cache = MaskCache(dataset, project.frames / "masks.jsonl")
    dataset.mask_cache = cache
    try:
        yield
    finally:
        dataset.mask_cache = None
    cache.save()


def _read_rows(path: Path) -> dict[str, dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    with contextlib.suppress(OSError):
        for line in last_lines(path, _MOST_BYTES):
            with contextlib.suppress(ValueError):  # damaged: as if it were not there
                row = parse_json(line)
                if fits(row, _ROW):
                    rows[row["id"]] = row
    return rows
