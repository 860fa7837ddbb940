"""The few places where napari's versions differ, each under one name.

napari 0.9 moved the camera to ``viewer.scene`` and the grid to ``viewer.canvas``;
the old names warn there.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np


def camera(viewer: Any) -> Any:
    """Return the viewer's camera."""
    return viewer.scene.camera if hasattr(viewer, "scene") else viewer.camera


def grid(viewer: Any) -> Any:
    """Return the viewer's grid."""
    return viewer.canvas.grid if hasattr(viewer, "canvas") else viewer.grid


def canvas_size(viewer: Any) -> tuple[int, int]:
    """Return the canvas's (height, width) in pixels."""
    size = viewer.canvas.size if hasattr(viewer, "canvas") else viewer._canvas_size
    return int(size[0]), int(size[1])


def set_surround(viewer: Any, colour: str | None) -> None:
    """Give the canvas a colour of its own around the picture; None is the theme's."""
    window = main_window(viewer)
    if hasattr(viewer, "canvas"):
        viewer.canvas.background_color_override = colour
    elif window is not None:  # before napari 0.9
        window._qt_viewer.canvas.background_color_override = colour


def canvas_widget(viewer: Any) -> Any | None:
    """Return the canvas's Qt widget, or None for a viewer without a window."""
    window = getattr(viewer, "window", None)
    return window._qt_viewer.canvas.native if window is not None else None


def layer_list(viewer: Any) -> Any | None:
    """Return the Qt widget of the layer list, or None for a viewer without a window."""
    window = getattr(viewer, "window", None)
    return window._qt_viewer.layers if window is not None else None


def side_panels(viewer: Any) -> tuple[Any, ...]:
    """Return napari's docks on the left: layer controls and layer list."""
    window = main_window(viewer)
    if window is None:
        return ()
    return window._qt_viewer.dockLayerControls, window._qt_viewer.dockLayerList


def press_key(viewer: Any, key: str) -> None:
    """Have napari do what a key does on its canvas, wherever the focus is."""
    handler = viewer.window._qt_viewer._key_map_handler
    handler.press_key(key)
    handler.release_key(key)  # at once: held, a tool would be put back


def icon(name: str, colour: str) -> Any:
    """Return one of napari's own icons in a colour."""
    from napari._qt.qt_resources import QColoredSVGIcon

    return QColoredSVGIcon.from_resources(name).colored(colour)


def world_units(layer: Any, viewer: Any) -> list[float]:
    """Return, per axis of the layer, how many of its units are one of the sliders'.

    Before napari 0.9 the sliders had no units; they have none where layers disagree.
    """
    shared = getattr(viewer.dims, "units", None)
    if shared is None or len(shared) < layer.ndim:
        return [1.0] * layer.ndim
    pairs = zip(shared[-layer.ndim :], layer.units, strict=True)
    return [float((1 * world).m_as(own)) for world, own in pairs]


def show_name(layer: Any, visible: bool = True) -> None:
    """Write the layer's name on the canvas, where napari can (0.9 and newer)."""
    overlay = getattr(layer, "name_overlay", None)
    if overlay is not None:
        overlay.visible = visible


def text_overlay(viewer: Any) -> Any:
    """Return the overlay that writes words on the canvas."""
    if hasattr(viewer, "canvas"):
        return viewer.canvas.overlays.text
    return viewer.text_overlay


def at_once(viewer: Any) -> AbstractContextManager[None]:
    """Return a context in which layers come and go as one change of the canvas.

    napari 0.9 collects garbage and draws the scene anew for each layer that goes: a
    pair of frames has eleven, and to leave it took more than a second.
    """
    batched = getattr(viewer.layers, "batched_update", None)
    return nullcontext() if batched is None else batched()


def main_window(viewer: Any) -> Any | None:
    """Return the viewer's Qt main window, or None for a viewer without one."""
    window = getattr(viewer, "window", None)
    return getattr(window, "_qt_window", None)


def plainly_mapped(colormap: Any) -> Any:
    """Return a colormap of labels that knows the colours of uint8, by NumPy alone.

    napari works them out, all 256, when they are first wanted; where numba is there,
    it compiles a loop for that, which takes most of a second of the first frame.
    """
    try:
        from napari.utils.colormap_backend import ColormapBackend, set_backend
    except ImportError:  # an older napari, which leaves no choice
        return colormap
    usual = set_backend(ColormapBackend.pure_python)
    try:
        colormap.map(np.zeros((1, 1), np.uint8))
    finally:
        set_backend(usual)
    return colormap
