"""Keeps what fills the canvas filling it while the window changes its size."""

from __future__ import annotations

import contextlib
from collections import deque
from math import isclose
from typing import Any

from qtpy.QtCore import QEvent, QObject

from ..jobs.timers import single_shot
from . import compat

#: How much a camera may differ, in pixels or as a share, and still be the same.
_SAME = 1e-3
#: How many fits are remembered: of one frame and of pairs, in some sizes of window.
_KEPT = 32

#: Centre and zoom of a camera.
View = tuple[float, ...]


class Fitting(QObject):
    """Fits the view again after a resize, unless somebody has zoomed or moved it.

    napari itself keeps the visible part of the world, so that a frame that filled a
    small window is cut off, or lost in the middle of, a larger one. Going back to a
    view that was fitted to another size, as one does from a pair to a frame, fits too.

    Parameters
    ----------
    viewer
        A napari viewer; a model without a window is left alone.
    """

    def __init__(self, viewer: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._fits: deque[tuple[View, tuple[int, int]]] = deque(maxlen=_KEPT)
        self._later = single_shot(self, 0, self._fit)
        self._canvas = compat.canvas_widget(viewer)
        if self._canvas is not None:
            self._canvas.installEventFilter(self)
            viewer.events.reset_view.connect(self._on_fitted)
            compat.camera(viewer).events.connect(self._on_camera)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice that the canvas has another size, before it is drawn."""
        if event.type() == QEvent.Type.Resize and self._fitted_to() is not None:
            self._later.start()
        return bool(super().eventFilter(watched, event))

    def stop(self) -> None:
        """Leave the view alone from now on."""
        if self._canvas is None:
            return
        with contextlib.suppress(RuntimeError, ValueError):  # they are gone already
            self._later.stop()
            self._canvas.removeEventFilter(self)
            self._viewer.events.reset_view.disconnect(self._on_fitted)
            compat.camera(self._viewer).events.disconnect(self._on_camera)
        self._canvas = None

    def _view(self) -> View:
        camera = compat.camera(self._viewer)
        return (*map(float, camera.center), float(camera.zoom))

    def _fitted_to(self) -> tuple[int, int] | None:
        """Return the size of canvas that the view was fitted to; None if moved."""
        view = self._view()
        for fit, size in reversed(self._fits):
            if all(
                isclose(a, b, rel_tol=_SAME, abs_tol=_SAME)
                for a, b in zip(view, fit, strict=True)
            ):
                return size
        return None

    def _on_fitted(self, _event: Any) -> None:
        self._fits.append((self._view(), compat.canvas_size(self._viewer)))

    def _on_camera(self, _event: Any) -> None:
        size = self._fitted_to()
        if size is not None and size != compat.canvas_size(self._viewer):
            self._later.start()

    def _fit(self) -> None:
        if self._viewer.layers:
            self._viewer.reset_view()
