"""The set of layers that shows one frame of a session.

`layer_bridge.LayerBridge` keeps one set in step with the session; `compare.Pair` puts
two sets side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from ..review.actions import Paint, Redo, Undo
from ..review.mask_tools import spills
from . import strokes
from .following import follow, place_of
from .kinds import (
    ERROR,
    HIDDEN_AT_FIRST,
    IMAGE,
    KINDS,
    PREDICTION,
    PROBABILITY,
    TRUTH,
    UNCERTAINTY,
)
from .layer_data import set_data
from .looks import DEFAULTS, LayerStyle, Looks, apply_look, error_labels, make_layer

_SPILT = (
    "Nothing was filled: no closed outline holds the fill here. Close the outline with "
    "the brush first."
)
_DROPPED = "The polygon that was begun on frame {frame} is dropped."

Picture = Callable[[str], NDArray[np.uint8]]


class FrameLayers:
    """The layers that show one frame of a session.

    Layers come into being when there is something to show, and again after the user
    deleted one. A finished stroke on the ground truth becomes a `Paint` action for
    the frame that is shown, never for another.

    Parameters
    ----------
    viewer
        A napari viewer (or its model).
    session
        The document.
    kinds
        Which layers, from bottom to top.
    first
        Index in the layer list at which they start, or None for the top.
    blank
        Keep an empty layer where there is nothing to show, so that the number of
        layers is always the same.
    name
        Turns kind and frame into the layer's name.
    more
        Called with the frame; returns what kinds that the session does not know show.
    colour_of
        The colours of masks that are not the usual ones, by kind.
    looks
        How the kinds are drawn; the usual way if None.
    picture
        Called with the frame; returns its (H, W) uint8 grey levels as they are to be
        seen. By default as they are.
    """

    def __init__(
        self,
        viewer: Any,
        session: Any,
        kinds: tuple[str, ...] = KINDS,
        *,
        first: int | None = None,
        blank: bool = False,
        name: Callable[[str, str], str] = lambda kind, _frame: kind,
        more: Callable[[str], Mapping[str, NDArray[Any]]] = lambda _frame: {},
        colour_of: Mapping[str, str] | None = None,
        looks: Looks | None = None,
        picture: Picture | None = None,
    ) -> None:
        self._viewer, self._session, self._kinds = viewer, session, kinds
        self._first, self._blank, self._name = first, blank, name
        self._more, self._colour_of = more, colour_of or {}
        self._looks, self._picture = looks, picture or session.frame
        self._layers: dict[str, Any] = {}
        self._hidden = set(HIDDEN_AT_FIRST)
        self._heats: dict[str, Callable[[str], NDArray[Any] | None]] = {
            PROBABILITY: session.probability,
            UNCERTAINTY: session.predictions.uncertainty,
        }
        self._seen = True
        self.frame: str | None = None

    def layer(self, kind: str) -> Any | None:
        """Return the layer of ``kind`` if it is in the viewer."""
        layer = self._layers.get(kind)
        return layer if layer is not None and layer in self._viewer.layers else None

    def owns(self, layer: Any) -> bool:
        """Tell whether ``layer`` is one of these."""
        return any(layer is ours for ours in self._layers.values())

    def in_stroke(self) -> bool:
        """Tell whether somebody is drawing on the ground truth right now."""
        truth = self.layer(TRUTH)
        return truth is not None and strokes.in_stroke(truth)

    def show(self, frame: str) -> None:
        """Show ``frame``; what is being drawn on the frame before is kept for that one.

        Raises
        ------
        InputError
            If the frame cannot be read; the layers then stay as they are.
        """
        truth = self.layer(TRUTH)
        if truth is not None:
            strokes.finish_stroke(truth)
            if frame != self.frame and strokes.drop_polygon(truth):
                self._session.message.emit("info", _DROPPED.format(frame=self.frame))
        pixels = self._pixels(frame)
        self.frame = frame
        for kind in self._kinds:
            if kind in pixels or self._blank:
                self._put(kind, pixels.get(kind, np.zeros_like(pixels[IMAGE])))
            else:
                self._drop(kind)

    def refresh(self) -> None:
        """Show the same frame as the session has it now."""
        if self.frame is not None:
            self.show(self.frame)

    def redraw(self, *kinds: str) -> None:
        """Show these kinds of the same frame anew, and touch no other layer."""
        if self.frame is None or self.in_stroke():
            return
        pixels = self._pixels(self.frame)
        for kind in kinds:
            if kind in pixels:
                self._put(kind, pixels[kind])

    def restyle(self, kind: str) -> None:
        """Draw a kind as the looks have it now."""
        layer = self.layer(kind)
        if layer is not None:
            apply_look(layer, kind, self._look(kind))

    def toggle(self, kind: str) -> bool | None:
        """Show or hide a layer; return whether it is visible, None if there is none."""
        layer = self.layer(kind)
        if layer is None:
            return None
        if self._seen:
            layer.visible = not layer.visible
            return bool(layer.visible)
        self._hidden ^= {kind}
        return kind not in self._hidden

    def visible(self, kind: str) -> bool:
        """Tell whether there is a layer of ``kind`` and it is shown."""
        layer = self.layer(kind)
        if layer is None:
            return False
        return bool(layer.visible) if self._seen else kind not in self._hidden

    def set_seen(self, seen: bool) -> None:
        """Put all layers out of sight, or bring back those that were in it."""
        if seen == self._seen:
            return
        layers = {kind: self.layer(kind) for kind in self._kinds}
        for kind, layer in layers.items():
            if layer is not None and not seen:
                self._note_hidden(kind, layer)
        self._seen = seen
        for kind, layer in layers.items():
            if layer is not None:
                layer.visible = seen and kind not in self._hidden

    def remove(self) -> None:
        """Take the layers out of the viewer."""
        for kind in self._kinds:
            self._drop(kind)
        self.frame, self._seen = None, True

    def _pixels(self, frame: str) -> dict[str, NDArray[Any]]:
        """Return what each layer shows, each (H, W), uint8 but for differences."""
        image = self._picture(frame)
        truth = self._session.mask(frame)
        predicted = self._session.predicted_mask(frame)
        shown = np.zeros(image.shape, dtype=bool) if truth is None else truth
        pixels: dict[str, NDArray[Any]] = {IMAGE: image, TRUTH: shown.astype(np.uint8)}
        pixels |= self._more(frame)
        if predicted is not None:
            pixels[PREDICTION] = predicted.astype(np.uint8)
            if truth is not None:  # what nobody has labelled cannot be wrong
                pixels[ERROR] = error_labels(truth, predicted)
        for kind, read in self._heats.items():
            heat = read(frame) if kind in self._kinds else None
            if heat is not None:
                pixels[kind] = heat
        return pixels

    def _look(self, kind: str) -> LayerStyle:
        look = DEFAULTS[kind] if self._looks is None else self._looks.of(kind)
        colour = self._colour_of.get(kind)
        return look if colour is None else replace(look, colour=colour)

    def _put(self, kind: str, data: NDArray[Any]) -> None:
        layer = self.layer(kind)
        if layer is None:
            layer = self._add(kind, data)
        elif layer.data.shape != data.shape or not np.array_equal(layer.data, data):
            set_data(layer, data)
        name = self._name(kind, str(self.frame))
        if layer.name != name:
            layer.name = name

    def _add(self, kind: str, data: NDArray[Any]) -> Any:
        active = self._viewer.layers.selection.active
        name = self._name(kind, str(self.frame))
        look = self._look(kind) if kind in DEFAULTS else None
        layer = make_layer(kind, np.array(data), name, look, **self._where())
        layer.visible = self._seen and kind not in self._hidden
        if kind == TRUTH:
            strokes.listen(layer, self._stroke, self._undo, self._redo)
        elif hasattr(layer, "contour"):
            layer.editable = False
        place, self._layers[kind] = self._place(kind), layer
        self._viewer.layers.insert(place, layer)
        self._keep_together()
        if kind != TRUTH and active is not None and active in self._viewer.layers:
            self._viewer.layers.selection.active = active
        return layer

    def _where(self) -> dict[str, Any]:
        """Return how a new layer comes to lie on those that are there."""
        for kind in self._kinds:
            layer = self.layer(kind)
            if layer is not None:
                return place_of(layer)
        return {}

    def _keep_together(self) -> None:
        """Let all layers follow the image, however the user moves or scales it."""
        image = self.layer(IMAGE)
        for kind in self._kinds:
            layer = self.layer(kind)
            if image is not None and layer not in (None, image):
                follow(self._viewer, image, layer)

    def _place(self, kind: str) -> int:
        """Return where a new layer goes: above those of ours that are below it."""
        layers = self._viewer.layers
        below = [self.layer(name) for name in self._kinds[: self._kinds.index(kind)]]
        places: list[int] = [
            layers.index(layer) + 1 for layer in below if layer is not None
        ]
        above = [self.layer(name) for name in self._kinds[self._kinds.index(kind) :]]
        if not places:
            places = [layers.index(layer) for layer in above if layer is not None][:1]
        if places:
            return max(places)
        return len(layers) if self._first is None else self._first

    def _drop(self, kind: str) -> None:
        layer = self.layer(kind)
        if layer is not None:
            if self._seen:
                self._note_hidden(kind, layer)
            self._viewer.layers.remove(layer)
        self._layers.pop(kind, None)

    def _note_hidden(self, kind: str, layer: Any) -> None:
        """Remember whether a layer is to be hidden when it comes back."""
        (self._hidden.discard if layer.visible else self._hidden.add)(kind)

    def _stroke(self, tool: str) -> None:
        truth = self.layer(TRUTH)
        if truth is not None and self.frame is not None:
            mask = np.asarray(truth.data) != 0
            if tool == "fill" and self._spilt(mask):
                self._session.message.emit("warning", _SPILT)
                QTimer.singleShot(0, self.refresh)  # napari writes it after this word
                return
            self._session.attempt(Paint(self.frame, mask, kind=tool))

    def _spilt(self, mask: NDArray[np.bool_]) -> bool:
        before = self._session.mask(str(self.frame))
        if before is None:
            before = np.zeros_like(mask)
        return mask.shape == before.shape and spills(before, mask)

    def _undo(self) -> None:
        if self.frame is not None:
            self._session.attempt(Undo(self.frame))

    def _redo(self) -> None:
        if self.frame is not None:
            self._session.attempt(Redo(self.frame))
