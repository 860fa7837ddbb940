"""A layer that lies where another lies, also after that one was moved."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

#: What says where a layer lies; each is also the name of the event of its change.
_PLACE = ("scale", "translate", "rotate", "shear", "affine", "units", "axis_labels")


def place_of(layer: Any) -> dict[str, Any]:
    """Return the options that make a new layer lie where ``layer`` lies."""
    return {name: _read(layer, name) for name in _PLACE}


def follow(viewer: Any, leader: Any, layer: Any) -> None:
    """Put ``layer`` where ``leader`` lies, now and whenever that one is moved.

    It ends when either is taken out of the viewer, and keeps neither alive.
    """
    if leader_of(layer) is leader:
        return
    if layer in _followings:
        _followings[layer].end()
    _followings[layer] = _Following(viewer.layers, leader, layer)


def leader_of(layer: Any) -> Any | None:
    """Return the layer that ``layer`` follows, or None."""
    following = _followings.get(layer)
    return None if following is None else following.leader()


class _Following:
    """One layer after another; knows both only weakly."""

    def __init__(self, layers: Any, leader: Any, layer: Any) -> None:
        self._layers, self.leader = weakref.ref(layers), weakref.ref(leader)
        self._layer = weakref.ref(layer)
        for name in _PLACE:
            getattr(leader.events, name).connect(self._on_moved)
        layers.events.removed.connect(self._on_removed)
        self._on_moved()

    def end(self) -> None:
        """Stop listening to anything."""
        layers, leader, layer = self._layers(), self.leader(), self._layer()
        if leader is not None:
            for name in _PLACE:
                getattr(leader.events, name).disconnect(self._on_moved)
        if layers is not None:
            layers.events.removed.disconnect(self._on_removed)
        if layer is not None:
            _followings.pop(layer, None)

    def _on_moved(self) -> None:
        leader, layer = self.leader(), self._layer()
        if leader is None or layer is None or leader.ndim != layer.ndim:
            return  # other data with other axes: what was found in the old stays
        for name in _PLACE:
            wanted = _read(leader, name)
            if not np.array_equal(wanted, _read(layer, name)):
                setattr(layer, name, wanted)

    def _on_removed(self, event: Any) -> None:
        if event.value is self.leader() or event.value is self._layer():
            self.end()


#: Napari keeps listeners only weakly: they live here, as long as what follows.
_followings: weakref.WeakKeyDictionary[Any, _Following] = weakref.WeakKeyDictionary()


def _read(layer: Any, name: str) -> Any:
    """Return a value that later changes of ``layer`` do not change."""
    value = getattr(layer, name)
    return value if isinstance(value, tuple) else np.array(value)
