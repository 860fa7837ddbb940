"""Pixels into napari's layers: the only place that writes ``layer.data``."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import strokes


def set_data(layer: Any, data: NDArray[Any]) -> None:
    """Give ``layer`` these pixels and no memory of others; draw what differs.

    Pixels of the same kind go into the layer's own array: that spares napari half its
    work, for a new array makes it look at every layer's extent anew.
    """
    if hasattr(layer, "_undo_history"):
        strokes.finish_stroke(layer)
    own = layer.data
    if own.shape == data.shape and own.dtype == data.dtype and own.flags.writeable:
        if not np.array_equal(own, data):
            own[...] = data
            layer.refresh(extent=False)
    else:
        layer.data = np.array(data)
    if hasattr(layer, "_undo_history"):
        strokes.forget_history(layer)


def set_plane(layer: Any, index: tuple[int, ...], values: NDArray[Any]) -> None:
    """Write one (H, W) plane of ``layer`` and draw it anew."""
    if not np.array_equal(layer.data[index], values):
        layer.data[index] = values
        layer.refresh()
