"""How each kind of layer is drawn: colours, contour or fill, width, opacity."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Signal

from . import colours, memory
from .kinds import (
    DIFFERENCE,
    ERROR,
    HEATS,
    IMAGE,
    MASKS,
    OTHER,
    PREDICTION,
    PROBABILITY,
    TRUTH,
    UNCERTAINTY,
    VERSION_A,
    VERSION_B,
)

#: Grey levels at which the colours of a difference are full; twins differ by a few.
FULL_DIFFERENCE = 10
#: napari's colour maps for heat, each even in lightness.
HEAT_MAPS = ("magma", "inferno", "viridis", "cividis", "gray")
_REMEMBERED = "look/"
#: How a colour is written, and the widest outline that may be set.
_INK, _WIDEST = re.compile("#[0-9a-fA-F]{6}"), 9


@dataclass(frozen=True)
class LayerStyle:
    """How one kind of layer is drawn.

    Parameters
    ----------
    colour
        ``#rrggbb``; of heat, one of `HEAT_MAPS`; of the error, false positives.
    opacity
        0 to 1.
    contour
        Width of a mask's outline in pixels; 0 fills the mask.
    second
        ``#rrggbb`` of the error's false negatives.
    """

    colour: str
    opacity: float = 1.0
    contour: int = 0
    second: str = ""


#: What people with any common form of colour blindness tell apart; see `colours`.
DEFAULTS = {
    TRUTH: LayerStyle(colours.GROUND_TRUTH, contour=2),
    PREDICTION: LayerStyle(colours.PREDICTION, contour=2),
    ERROR: LayerStyle(colours.FALSE_POSITIVE, 0.45, second=colours.FALSE_NEGATIVE),
    PROBABILITY: LayerStyle("magma", 0.6),
    UNCERTAINTY: LayerStyle("viridis", 0.6),
    VERSION_A: LayerStyle(colours.VERSION_A, contour=2),
    VERSION_B: LayerStyle(colours.VERSION_B, contour=2),
    OTHER: LayerStyle(colours.MASK_B, contour=2),
}


def _is_sound(kind: str, look: LayerStyle) -> bool:
    """Say whether napari can draw a kind of layer like this."""
    inks = [look.colour, look.second] if kind == ERROR else [look.colour]
    drawn = (
        look.colour in HEAT_MAPS if kind in HEATS else all(map(_INK.fullmatch, inks))
    )
    return bool(drawn) and 0 <= look.opacity <= 1 and 0 <= look.contour <= _WIDEST


class Looks(QObject):
    """The looks as the user has set them, remembered from day to day.

    Signals: ``changed(kind)``.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._looks = {
            kind: memory.remembered(_REMEMBERED + kind, look, partial(_is_sound, kind))
            for kind, look in DEFAULTS.items()
        }

    def of(self, kind: str) -> LayerStyle:
        """Return how ``kind`` is drawn."""
        return self._looks[kind]

    def change(self, kind: str, **values: Any) -> None:
        """Change some of a kind's look, for instance ``opacity=0.5``; remember it."""
        look = replace(self._looks[kind], **values)
        if look != self._looks[kind]:
            self._looks[kind] = look
            memory.remember(_REMEMBERED + kind, look)
            self.changed.emit(kind)

    def flip_fill(self) -> bool:
        """Draw ground truth and prediction filled, or as contours; return if filled."""
        fill = self._looks[TRUTH].contour > 0
        for kind in (TRUTH, PREDICTION):
            opacity, usual = (0.4, 0) if fill else (1.0, DEFAULTS[kind].contour)
            self.change(kind, contour=usual, opacity=opacity)
        return fill

    def reset(self) -> None:
        """Draw everything as on the first day."""
        for kind, look in DEFAULTS.items():
            self.change(kind, **asdict(look))


def make_layer(
    kind: str,
    data: NDArray[Any],
    name: str,
    look: LayerStyle | None = None,
    **options: Any,
) -> Any:
    """Return a new napari layer that draws ``kind`` as this program always does.

    Parameters
    ----------
    kind
        One of `kinds.KINDS`, `DIFFERENCE` or `OTHER`.
    data
        (..., H, W) uint8: grey levels, labels, or probabilities from 0 to 255; int16
        for a difference.
    name
        The layer's name in the list.
    look
        If not the usual one of its kind.
    options
        More for the layer, for instance ``scale``.
    """
    from napari.layers import Image, Labels

    if kind == IMAGE:
        return Image(
            data, name=name, colormap="gray", contrast_limits=(0, 255), **options
        )
    if kind == DIFFERENCE:
        full = (-FULL_DIFFERENCE, FULL_DIFFERENCE)
        signed = colours.signed_colormap()
        return Image(data, name=name, colormap=signed, contrast_limits=full, **options)
    if kind in HEATS:
        options |= {"contrast_limits": (0, 255), "blending": "translucent_no_depth"}
        layer = Image(data, name=name, **options)
    else:
        layer = Labels(data, name=name, **options)
        contour_within_box(layer)
    apply_look(layer, kind, look or DEFAULTS[kind])
    return layer


def apply_look(layer: Any, kind: str, look: LayerStyle) -> None:
    """Draw an existing layer of ``kind`` like this."""
    layer.opacity = look.opacity
    if kind in HEATS:
        layer.colormap = colours.heat_colormap(look.colour)
    elif kind == ERROR:
        layer.colormap = colours.error_colormap(look.colour, look.second)
    elif kind in MASKS:
        layer.colormap = colours.mask_colormap(look.colour)
        layer.contour = look.contour


def error_labels(
    truth: NDArray[np.bool_], predicted: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Return (H, W) uint8: 1 where only ``predicted``, 2 where only ``truth``."""
    labels = np.zeros(truth.shape, dtype=np.uint8)
    labels[predicted & ~truth] = colours.FALSE_POSITIVE_LABEL
    labels[truth & ~predicted] = colours.FALSE_NEGATIVE_LABEL
    return labels


Box = tuple[slice, ...]


def contour_within_box(layer: Any) -> None:
    """Make a labels layer look for contours in its masks' bounding box only.

    The picture is the same to the pixel. A napari that finds contours by another
    method is left alone.
    """
    usual = getattr(layer, "_calculate_contour", None)
    if usual is None:
        return

    def contour(labels: NDArray[Any], wanted: Box) -> NDArray[Any] | None:
        if layer.contour < 1 or labels.ndim != 2:
            return usual(labels, wanted)  # type: ignore[no-any-return]
        background = layer.colormap.background_value
        found = np.full_like(labels[wanted], background)
        box = _bounding_box(labels[wanted] != background)
        if box is not None:
            place = tuple(
                slice(w.start + b.start, w.start + b.stop)
                for w, b in zip(wanted, box, strict=True)
            )
            found[box] = usual(labels, place)
        return found

    layer._calculate_contour = contour


def _bounding_box(mask: NDArray[np.bool_]) -> Box | None:
    """Return the (rows, columns) of an (H, W) mask's box, or None if it is empty."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
