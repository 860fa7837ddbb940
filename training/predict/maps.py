"""One uint8 map a frame, of any sizes, as Zarr; see `training.predict.layout`."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..guarded import load_json, read_bytes
from .layout import array_name

Levels = NDArray[np.uint8]


class MapsWriter:
    """The maps of N frames in the making.

    `add` may be called from several threads, each frame once; `finish` comes last.

    Parameters
    ----------
    path
        The group.
    n
        How many frames there are.
    goes_on
        Whether the group may be there already, to get more maps.
    """

    def __init__(self, path: Path, n: int, *, goes_on: bool = False) -> None:
        import zarr

        self._n = n
        self._path = path
        goes_on = goes_on and (path / _NODE).exists()
        if goes_on:
            _check_group(path)
            for left in path.rglob("*.partial"):  # by a killed process
                left.unlink(missing_ok=True)
        mode: Any = "a" if goes_on else "w"
        self._group: Any = zarr.open_group(path, mode=mode, zarr_format=3)
        self._arrays: dict[tuple[int, int], Any] = {}
        self._shapes: list[tuple[int, int] | None] = [None] * n

    def has_room(self, shape: tuple[int, int]) -> bool:
        """Say whether maps of this size were written before, or can be now."""
        return (self._path / array_name(shape) / _NODE).exists()

    def prepare(self, index: int, shape: tuple[int, int]) -> None:
        """Make room for a frame's map; called by one thread, before `add`."""
        from zarr.codecs import ZstdCodec

        self._shapes[index] = shape
        if shape not in self._arrays:
            name = array_name(shape)
            array = self._path / name
            if self.has_room(shape):  # of an earlier run, or a stranger's
                _check_array(array, self._n, shape)
            elif array.is_dir():  # of a process that was killed as it made it
                shutil.rmtree(array)
            self._arrays[shape] = (
                self._group[name]
                if name in self._group
                else self._group.create_array(
                    name,
                    shape=(self._n, *shape),
                    chunks=(1, *shape),
                    dtype="uint8",
                    fill_value=0,
                    compressors=[ZstdCodec(level=0, checksum=False)],
                )
            )

    def add(self, index: int, levels: Levels) -> None:
        """Write a frame's map."""
        shape = self._shapes[index]
        assert shape is not None, "prepare comes first"
        self._arrays[shape][index] = levels

    def finish(self, frames: list[str], attributes: Mapping[str, Any]) -> None:
        """Write which frame's map lies where, and what else is known."""
        known = {"frames": frames, "shapes": self._shapes}
        self._group.attrs.update({**known, **attributes})


#: Bytes by which packing may make a map longer.
_MOST_PACKING = 1 << 16

#: Pixels of a map; no frame that is read has more.
MOST_PIXELS = 1 << 28


class MapsReader:
    """The maps that a `MapsWriter` wrote, and nothing else.

    Maps may come from strangers, and a Zarr array can name codecs that run code or
    unpack a few bytes to gigabytes. So the descriptions are read as the JSON that they
    are: format 3, uint8, one chunk a frame, packed by zstd, is all that is taken, and
    no chunk is unpacked to more than its frame's bytes.

    Parameters
    ----------
    path
        The group.

    Raises
    ------
    InputError
        If it is no group of maps, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        attributes = _check_group(path).get("attributes")
        if not isinstance(attributes, dict):
            raise _damaged(path, "its attributes are gone")
        self.attributes: Mapping[str, Any] = attributes
        self._places = _places(path, attributes)
        self._checked: set[tuple[int, int]] = set()

    def map(self, frame: str) -> Levels | None:
        """Return a frame's (H, W) uint8 map, or None if it has none.

        Raises
        ------
        InputError
            If it is damaged, or not as a `MapsWriter` writes it.
        """
        if frame not in self._places:
            return None
        index, shape = self._places[frame]
        if shape not in self._checked:
            n = len(self.attributes["frames"])
            _check_array(self.path / array_name(shape), n, shape)
            self._checked.add(shape)
        return self._chunk(frame, index, shape)

    def of_frame(self, attribute: str, frame: str) -> Any:
        """Return a frame's entry in an attribute that lists one for each, or None."""
        if frame not in self._places:
            return None
        known = self.attributes.get(attribute)
        index = self._places[frame][0]
        if not isinstance(known, list) or index >= len(known):
            raise _damaged(self.path, f"its {attribute} is not one a frame")
        return known[index]

    def _chunk(self, frame: str, index: int, shape: tuple[int, int]) -> Levels:
        import imagecodecs

        path = self.path / array_name(shape) / "c" / str(index) / "0" / "0"
        size = shape[0] * shape[1]
        try:
            packed = read_bytes(path, size + _MOST_PACKING)
        except FileNotFoundError:  # a map of zeros is not written
            return np.zeros(shape, np.uint8)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise _damaged(path, why) from error
        try:
            levels = imagecodecs.zstd_decode(packed, out=size)
        except Exception as error:  # whatever a decoder makes of a damaged chunk
            raise _damaged(path, f"the map of frame {frame} cannot be unpacked") from (
                error
            )
        if len(levels) != size:
            raise _damaged(path, f"the map of frame {frame} has another size")
        return np.frombuffer(levels, np.uint8).reshape(shape).copy()


def _check_group(path: Path) -> dict[str, Any]:
    """Return what a group says; refuse one that describes arrays in their place."""
    found = _read_json(path)
    if (
        found.get("zarr_format") != 3
        or found.get("node_type") != "group"
        or found.get("consolidated_metadata") is not None
    ):
        raise _damaged(path, "it is no plain Zarr group of format 3")
    return found


def _check_array(array: Path, n: int, shape: tuple[int, int]) -> None:
    """Refuse an array that a `MapsWriter` did not describe so."""
    found = _read_json(array)
    codecs = found.get("codecs")
    names = [
        one.get("name") if isinstance(one, dict) else None
        for one in (codecs if isinstance(codecs, list) else ())
    ]
    grid = found.get("chunk_grid")
    chunk = grid.get("configuration") if isinstance(grid, dict) else None
    as_written = (
        found.get("zarr_format") == 3
        and found.get("node_type") == "array"
        and found.get("data_type") == "uint8"
        and found.get("shape") == [n, *shape]
        and chunk == {"chunk_shape": [1, *shape]}
        and found.get("chunk_key_encoding") == _KEYS
        and found.get("fill_value") == 0
        and not found.get("storage_transformers")
        and names == ["bytes", "zstd"]
    )
    if not as_written:
        raise _damaged(array, "it is not packed as nerveseg packs maps")


#: What describes a group or an array, in its folder.
_NODE = "zarr.json"

_KEYS = {"name": "default", "configuration": {"separator": "/"}}


def _read_json(node: Path) -> dict[str, Any]:
    path = node / _NODE
    try:
        found: dict[str, Any] = load_json(path, dict)
    except (OSError, ValueError) as error:
        raise _damaged(path, "it cannot be read") from error
    return found


def _places(
    path: Path, known: Mapping[str, Any]
) -> dict[str, tuple[int, tuple[int, int]]]:
    """Return where each frame's map lies: its index, and the frame's size."""
    frames, shapes = known.get("frames"), known.get("shapes")
    right = (
        isinstance(frames, list)
        and isinstance(shapes, list)
        and len(frames) == len(shapes)
        and all(isinstance(frame, str) for frame in frames)
        and all(shape is None or _is_size(shape) for shape in shapes)
    )
    if not right:
        raise _damaged(path, "it does not say which map is of which frame")
    pairs = enumerate(zip(frames or (), shapes or (), strict=True))
    return {
        frame: (index, (shape[0], shape[1]))
        for index, (frame, shape) in pairs
        if shape is not None
    }


def _is_size(shape: Any) -> bool:
    if not isinstance(shape, list) or len(shape) != 2:
        return False
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in shape)
    return whole and min(shape) > 0 and shape[0] * shape[1] <= MOST_PIXELS


def _damaged(path: Path, why: str) -> InputError:
    return InputError(f"{path} holds no maps that can be used ({why}): predict again.")
