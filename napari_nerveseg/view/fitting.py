"""Keeps what fills the canvas filling it while the window changes its size."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QObject, QTimer

from . import compat

#: How much centre and zoom may differ, as a share, and still be the same.
_SAME = 1e-3


class Fitting(QObject):
    """Fits the view again after a resize, unless somebody has zoomed or moved it.

    napari itself keeps the visible part of the world, so that a frame that filled a
    small window is cut off, or lost in the middle of, a larger one.

    Parameters
    ----------
    viewer
        A napari viewer; a model without a window is left alone.
    """

    def __init__(self, viewer: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._fits: list[tuple[Any, float]] = []
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._fit)
        self._canvas = compat.canvas_widget(viewer)
        if self._canvas is not None:
            self._canvas.installEventFilter(self)
            viewer.events.reset_view.connect(self._on_fitted)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that the canvas has another size, before it is drawn."""
        if event.type() == QEvent.Type.Resize and self.is_fitted():
            self._later.start()
        return bool(super().eventFilter(watched, event))

    def is_fitted(self) -> bool:
        """Tell whether the view is as it was fitted, or about to be."""
        camera = compat.camera(self._viewer)
        return self._later.isActive() or any(
            np.allclose((*camera.center, camera.zoom), (*center, zoom), rtol=_SAME)
            for center, zoom in self._fits
        )

    def stop(self) -> None:
        """Leave the view alone from now on."""
        self._later.stop()
        if self._canvas is None:
            return
        with contextlib.suppress(RuntimeError, ValueError):  # they are gone already
            self._canvas.removeEventFilter(self)
            self._viewer.events.reset_view.disconnect(self._on_fitted)
        self._canvas = None

    def _on_fitted(self, _event: Any) -> None:
        """Remember how it looks; leaving a pair goes back to an earlier fit."""
        camera = compat.camera(self._viewer)
        self._fits.append((camera.center, camera.zoom))

    def _fit(self) -> None:
        self._fits.clear()
        if self._viewer.layers:
            self._viewer.reset_view()
