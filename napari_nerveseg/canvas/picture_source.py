"""Any image layer as grey frames for the network: 2-D, RGB, a stack, any number."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _engine
from . import compat

Index = tuple[int, ...]

#: Of how many planes the range is measured that are read from disk or computed.
_LAZY_PLANES = 16

#: Of each stack: the data that was measured, and what is black and white in it.
_ranges: weakref.WeakKeyDictionary[Any, tuple[Callable[[], Any], _engine.GreyRange]] = (
    weakref.WeakKeyDictionary()
)


def is_picture(layer: Any) -> bool:
    """Tell whether ``layer`` is an image with at least two axes."""
    from napari.layers import Image

    return isinstance(layer, Image) and layer.ndim >= 2


def stack_shape(layer: Any) -> Index:
    """Return the lengths of the layer's leading axes; empty for a 2-D layer."""
    return tuple(int(n) for n in _pixels(layer).shape[: layer.ndim - 2])


def shown_index(layer: Any, viewer: Any) -> Index:
    """Return which plane of the layer is on screen.

    As napari slices: only sliders count, also where a layer is tilted across its
    leading axes, and they are in the viewer's units, which need not be the layer's.
    """
    lengths = stack_shape(layer)
    world = np.array(viewer.dims.point[-layer.ndim :])
    world[-2:] = 0
    point = layer.world_to_data(world * compat.world_units(layer, viewer))
    return tuple(
        int(np.clip(round(float(at)), 0, n - 1))
        for at, n in zip(point, lengths, strict=False)
    )


def all_indices(layer: Any) -> list[Index]:
    """Return every plane of the layer, in order."""
    return [tuple(index) for index in np.ndindex(*stack_shape(layer))]


def plane(
    layer: Any, index: Index, trained: _engine.GreyRanges | None = None
) -> NDArray[np.uint8]:
    """Return one plane of the layer, (H, W) uint8, as the network takes it.

    Equal pixels give equal grey in all planes of a layer; uint8 stays as it is.

    Parameters
    ----------
    layer, index
        Which plane of which image layer.
    trained
        What was black and white for the network as it learned; what it does not say
        is measured in the layer.

    Raises
    ------
    InputError
        If its pixels are no numbers.
    """
    pixels = _plane(layer, index)

    def greys(dtype: np.dtype[Any]) -> _engine.GreyRange:
        known = None if trained is None else trained.get(dtype)
        return known or _grey_range(layer, pixels)

    return _engine.any_grey(pixels, greys)


def reading_words(layer: Any, trained: _engine.GreyRanges | None) -> str:
    """Say what of a layer was read as in training: a sentence, or nothing."""
    dtype = np.dtype(_pixels(layer).dtype)
    deep = dtype.kind in "iuf" and dtype != np.uint8
    greys = trained.get(dtype) if trained is not None and deep else None
    return f" Black to white is {greys}, as in training." if greys else ""


def _pixels(layer: Any) -> Any:
    return layer.data[0] if layer.multiscale else layer.data


def _plane(layer: Any, index: Index) -> NDArray[Any]:
    """Return one plane, (H, W): of colours their luminance."""
    return _engine.grey_of(np.asarray(_pixels(layer)[index]))


def _grey_range(layer: Any, pixels: NDArray[Any]) -> _engine.GreyRange:
    """Return what is black and white in all planes, ``pixels`` being one of them.

    It is measured once, and again when the layer gets other data or when a plane in
    memory, written to since, has values outside it. A 2-D image is its own whole.
    """
    data, own = _pixels(layer), _engine.extremes(pixels)
    if layer in _ranges and stack_shape(layer):
        measured, grey = _ranges[layer]
        inside = own is None or not _in_memory(data) or grey.holds(*own)
        if measured() is data and inside:
            return grey
    others = (_plane(layer, at) for at in _measured(layer))
    each = [own, *(_engine.extremes(other) for other in others)]
    found = [ends for ends in each if ends is not None] or [(0, 255)]
    low, high = min(ends[0] for ends in found), max(ends[1] for ends in found)
    grey = _engine.grey_range_of(pixels.dtype, low, high)
    _ranges[layer] = (_reference(data), grey)
    return grey


def _measured(layer: Any) -> list[Index]:
    """Return the planes that tell what a stack's values are: some if it is lazy."""
    indices = all_indices(layer) if stack_shape(layer) else []
    if len(indices) <= _LAZY_PLANES or _in_memory(_pixels(layer)):
        return indices
    some = np.linspace(0, len(indices) - 1, _LAZY_PLANES)
    return [indices[round(at)] for at in some]


def _in_memory(data: Any) -> bool:
    return isinstance(data, np.ndarray) and not isinstance(data, np.memmap)


def _reference(data: Any) -> Callable[[], Any]:
    """Return what gives ``data`` and, where its kind allows, does not keep it."""
    try:
        return weakref.ref(data)
    except TypeError:
        return lambda: data
