"""One uint8 map a frame, of any sizes, as Zarr; see `training.predict.layout`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
        self._group: Any = zarr.open_group(path, mode="a" if goes_on else "w")
        self._arrays: dict[tuple[int, int], Any] = {}
        self._shapes: list[tuple[int, int] | None] = [None] * n

    def prepare(self, index: int, shape: tuple[int, int]) -> None:
        """Make room for a frame's map; called by one thread, before `add`."""
        self._shapes[index] = shape
        if shape not in self._arrays:
            name = array_name(shape)
            self._arrays[shape] = (
                self._group[name]
                if name in self._group
                else self._group.create_array(
                    name, shape=(self._n, *shape), chunks=(1, *shape), dtype="uint8"
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


class MapsReader:
    """The maps that a `MapsWriter` wrote.

    Parameters
    ----------
    path
        The group.
    """

    def __init__(self, path: Path) -> None:
        import zarr

        self._group: Any = zarr.open_group(path, mode="r")
        self.attributes: Mapping[str, Any] = self._group.attrs

    def map(self, frame: str) -> Levels | None:
        """Return a frame's (H, W) uint8 map, or None if it has none."""
        if frame not in self._places:
            return None
        index, shape = self._places[frame]
        found: Levels = self._group[array_name(shape)][index]
        return found

    def of_frame(self, attribute: str, frame: str) -> Any:
        """Return a frame's entry in an attribute that lists one for each, or None."""
        if frame not in self._places:
            return None
        return self.attributes[attribute][self._places[frame][0]]

    @cached_property
    def _places(self) -> dict[str, tuple[int, tuple[int, int]]]:
        known = self.attributes
        return {
            frame: (index, (shape[0], shape[1]))
            for index, (frame, shape) in enumerate(
                zip(known["frames"], known["shapes"], strict=True)
            )
            if shape is not None
        }
