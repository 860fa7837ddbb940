"""Any image layer as grey frames for the network: 2-D, RGB, a stack, any number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _engine

Index = tuple[int, ...]


def is_picture(layer: Any) -> bool:
    """Tell whether ``layer`` is an image with at least two axes."""
    from napari.layers import Image

    return isinstance(layer, Image) and layer.ndim >= 2


def stack_shape(layer: Any) -> Index:
    """Return the lengths of the layer's leading axes; empty for a 2-D layer."""
    return tuple(int(n) for n in _pixels(layer).shape[: layer.ndim - 2])


def shown_index(layer: Any, viewer: Any) -> Index:
    """Return which plane of the layer is on screen."""
    lengths = stack_shape(layer)
    point = layer.world_to_data(viewer.dims.point[-layer.ndim :])
    return tuple(
        int(np.clip(round(float(at)), 0, n - 1))
        for at, n in zip(point, lengths, strict=False)
    )


def all_indices(layer: Any) -> list[Index]:
    """Return every plane of the layer, in order."""
    return [tuple(index) for index in np.ndindex(*stack_shape(layer))]


def plane(layer: Any, index: Index) -> NDArray[np.uint8]:
    """Return one plane of the layer, (H, W) uint8, as the network takes it.

    Raises
    ------
    InputError
        If its pixels are no numbers.
    """
    return _engine.to_grey(np.asarray(_pixels(layer)[index]))


def _pixels(layer: Any) -> Any:
    return layer.data[0] if layer.multiscale else layer.data
