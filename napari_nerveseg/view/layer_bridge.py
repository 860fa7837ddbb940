"""From the session to napari's layers: the only writer of ``layer.data``.

`FrameLayers` is the set of layers that shows one frame. `LayerBridge` keeps the
usual set in step with the session; `compare.Pair` puts two sets side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _engine
from ..model.actions import Paint, Redo, Undo
from . import colours, strokes

IMAGE, TRUTH, PREDICTION, ERROR, PROBABILITY = (
    "image",
    "ground truth",
    "prediction",
    "error",
    "probability",
)
#: Kinds of a pair alone: A minus B, and the mask of the other frame of the two.
DIFFERENCE, OTHER = "difference", "other mask"
#: All kinds of one frame, from the bottom of the layer list to its top.
KINDS = (IMAGE, PROBABILITY, ERROR, PREDICTION, TRUTH)
#: Kinds that need a prediction to exist.
PREDICTED = (PROBABILITY, ERROR, PREDICTION)
CONTOUR_WIDTH = 2
#: Grey levels at which the colours of a difference are full; twins differ by a few.
FULL_DIFFERENCE = 10

Array = NDArray[np.uint8]


def set_data(layer: Any, data: NDArray[Any]) -> None:
    """Give ``layer`` other pixels and no memory of the old ones.

    Pixels of the same kind go into the layer's own array: that spares napari half its
    work, for a new array makes it look at every layer's extent anew.
    """
    if hasattr(layer, "_undo_history"):
        strokes.finish_stroke(layer)
    own = layer.data
    if own.shape == data.shape and own.dtype == data.dtype and own.flags.writeable:
        own[...] = data
        layer.refresh(extent=False)
    else:
        layer.data = np.array(data)
    if hasattr(layer, "_undo_history"):
        strokes.forget_history(layer)


def set_plane(layer: Any, index: tuple[int, ...], values: NDArray[Any]) -> None:
    """Write one (H, W) plane of ``layer`` and draw it anew."""
    layer.data[index] = values
    layer.refresh()


def make_layer(
    kind: str, data: NDArray[Any], name: str, colour: str = "", **options: Any
) -> Any:
    """Return a new napari layer that draws ``kind`` as this program always does.

    Parameters
    ----------
    kind
        One of `KINDS`, `DIFFERENCE` or `OTHER`.
    data
        (..., H, W) uint8: grey levels, labels, or probabilities from 0 to 255; int16
        for a difference.
    name
        The layer's name in the list.
    colour
        Of a mask, if not the usual one of its kind.
    options
        More for the layer, for instance ``scale``.
    """
    from napari.layers import Image, Labels

    if kind == IMAGE:
        return Image(
            data, name=name, colormap="gray", contrast_limits=(0, 255), **options
        )
    if kind == PROBABILITY:
        return Image(
            data,
            name=name,
            colormap="magma",
            contrast_limits=(0, 255),
            blending="additive",
            opacity=0.6,
            **options,
        )
    if kind == DIFFERENCE:
        full = (-FULL_DIFFERENCE, FULL_DIFFERENCE)
        signed = colours.signed_colormap()
        return Image(data, name=name, colormap=signed, contrast_limits=full, **options)
    if kind == ERROR:
        return Labels(
            data, name=name, colormap=colours.error_colormap(), opacity=0.45, **options
        )
    usual = colours.PREDICTION if kind == PREDICTION else colours.GROUND_TRUTH
    colours_of_mask = colours.mask_colormap(colour or usual)
    layer = Labels(data, name=name, colormap=colours_of_mask, opacity=1.0, **options)
    layer.contour = CONTOUR_WIDTH
    return layer


def error_labels(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> Array:
    """Return (H, W) uint8: 1 where only ``predicted``, 2 where only ``truth``."""
    labels = np.zeros(truth.shape, dtype=np.uint8)
    labels[predicted & ~truth] = colours.FALSE_POSITIVE_LABEL
    labels[truth & ~predicted] = colours.FALSE_NEGATIVE_LABEL
    return labels


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
        Called without arguments; returns what kinds that the session does not know
        show.
    colour_of
        The colours of masks that are not the usual ones, by kind.
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
        more: Callable[[], Mapping[str, NDArray[Any]]] = dict,
        colour_of: Mapping[str, str] | None = None,
    ) -> None:
        self._viewer, self._session, self._kinds = viewer, session, kinds
        self._first, self._blank, self._name = first, blank, name
        self._more, self._colour_of = more, colour_of or {}
        self._layers: dict[str, Any] = {}
        self._hidden: set[str] = {ERROR, PROBABILITY, DIFFERENCE, OTHER}
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
        image = self._session.frame(frame)
        truth = self._session.mask(frame)
        predicted = self._session.predicted_mask(frame)
        shown = np.zeros(image.shape, dtype=bool) if truth is None else truth
        pixels: dict[str, NDArray[Any]] = {IMAGE: image, TRUTH: shown.astype(np.uint8)}
        pixels |= self._more()
        if predicted is not None:
            pixels[PREDICTION] = predicted.astype(np.uint8)
            if truth is not None:  # what nobody has labelled cannot be wrong
                pixels[ERROR] = error_labels(truth, predicted)
        if PROBABILITY in self._kinds:
            probability = self._session.probability(frame)
            if probability is not None:
                pixels[PROBABILITY] = probability
        return pixels

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
        name, colour = self._name(kind, str(self.frame)), self._colour_of.get(kind, "")
        layer = make_layer(kind, np.array(data), name, colour)
        layer.visible = self._seen and kind not in self._hidden
        if kind == TRUTH:
            strokes.listen(layer, self._stroke, self._undo, self._redo)
        elif kind in (PREDICTION, ERROR, OTHER):
            layer.editable = False
        place, self._layers[kind] = self._place(kind), layer
        self._viewer.layers.insert(place, layer)
        if kind != TRUTH and active is not None and active in self._viewer.layers:
            self._viewer.layers.selection.active = active
        return layer

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
            self._session.attempt(Paint(self.frame, mask, kind=tool))

    def _undo(self) -> None:
        if self.frame is not None:
            self._session.attempt(Undo(self.frame))

    def _redo(self) -> None:
        if self.frame is not None:
            self._session.attempt(Redo(self.frame))


class LayerBridge:
    """Keeps the layers of the selected frame in step with the session.

    Parameters
    ----------
    viewer
        A napari viewer (or its model).
    session
        The document.
    on_error
        Called with one sentence if a frame cannot be shown.
    """

    def __init__(
        self, viewer: Any, session: Any, on_error: Callable[[str], None]
    ) -> None:
        self._viewer, self._session, self._on_error = viewer, session, on_error
        self.layers = FrameLayers(viewer, session)
        self._paused = False
        self._shape: tuple[int, ...] | None = None
        session.selected_changed.connect(self._on_selected)
        session.frames_changed.connect(self._on_frames)
        session.predictions_changed.connect(self._on_predictions)
        self._on_selected()

    def pause(self, paused: bool) -> None:
        """Stop following the session, or catch up with it."""
        self._paused = paused
        if not paused:
            self._on_selected()

    def close(self) -> None:
        """Stop listening and take the layers away."""
        self._session.selected_changed.disconnect(self._on_selected)
        self._session.frames_changed.disconnect(self._on_frames)
        self._session.predictions_changed.disconnect(self._on_predictions)
        self.layers.remove()

    def _on_selected(self, _frame: str | None = None) -> None:
        frame = self._session.selected
        if frame is None or self._paused:
            return
        try:
            self.layers.show(frame)
        except _engine.InputError as problem:
            self._on_error(str(problem))
            return
        self._fit()

    def _on_frames(self, frames: tuple[str, ...]) -> None:
        if self.layers.frame in frames and not self._paused:
            self.layers.refresh()

    def _on_predictions(self) -> None:
        if not self._paused:
            self.layers.refresh()

    def _fit(self) -> None:
        """Fit the view to a frame of another size; keep the zoom between equal ones."""
        image = self.layers.layer(IMAGE)
        if image is not None and image.data.shape != self._shape:
            self._shape = image.data.shape
            self._viewer.reset_view()
