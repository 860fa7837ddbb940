"""Predictions on the layers of any image: `probability` and `prediction` beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..canvas.following import follow, leader_of, place_of
from ..canvas.kinds import PREDICTION, PROBABILITY
from ..canvas.layer_data import set_plane
from ..canvas.looks import make_layer
from ..canvas.picture_source import Index, stack_shape

#: Where a layer of ours keeps what it shows and which layer it was made for.
_MARK = "nerveseg_of"


class AnswerLayers:
    """Puts answers on layers that lie exactly on the image they are for.

    They take its whole transform, units and axis labels, and follow when it is moved.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer

    def show(
        self,
        source: Any,
        index: Index,
        probability: NDArray[np.uint8],
        mask: NDArray[np.bool_],
    ) -> None:
        """Write one plane's answer, (H, W) each, making the layers if need be."""
        for kind, values in ((PROBABILITY, probability), (PREDICTION, mask)):
            shape = (*stack_shape(source), *probability.shape)
            layer = self._find(source, kind, shape) or self._add(source, kind, shape)
            set_plane(layer, index, values.astype(np.uint8))

    def is_answer(self, layer: Any) -> bool:
        """Tell whether a layer shows answers and is no picture itself."""
        return _MARK in layer.metadata

    def _find(self, source: Any, kind: str, shape: tuple[int, ...]) -> Any | None:
        for layer in self._viewer.layers:
            mine = leader_of(layer) is source and self.is_answer(layer)
            if mine and layer.metadata[_MARK][0] == kind and layer.data.shape == shape:
                return layer
        return None

    def _add(self, source: Any, kind: str, shape: tuple[int, ...]) -> Any:
        active = self._viewer.layers.selection.active
        layer = make_layer(
            kind,
            np.zeros(shape, dtype=np.uint8),
            kind,
            metadata={_MARK: (kind, id(source))},
            **place_of(source),
        )
        place = self._viewer.layers.index(source) + 1
        if kind == PREDICTION:
            layer.editable = False
            place += 1
        self._viewer.layers.insert(place, layer)
        follow(self._viewer, source, layer)
        self._viewer.layers.selection.active = active
        return layer
