"""Two frames, A and B, in napari's own canvas, under one linked camera.

They stand side by side, or A above B where that makes both much larger. Grid mode
puts consecutive layers into one cell; the layers of the pair stand first in the list
and everything else is hidden while they are there. One draws with napari's tools on
whichever frame the mouse is over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _engine
from . import compat
from .layer_bridge import IMAGE, PREDICTION, TRUTH, FrameLayers

_KINDS = (IMAGE, PREDICTION, TRUTH)

#: How much larger frames have to come out before A goes above B.
WORTH_STACKING = 1.5


class Pair:
    """The two cells of the grid, and what the viewer looked like before.

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
        self.sides = tuple(
            FrameLayers(viewer, session, _KINDS, first=first, blank=True, name=_name)
            for first in (0, len(_KINDS))
        )
        self._before: dict[str, Any] | None = None
        self._shape: tuple[int, ...] | None = None

    @property
    def shown(self) -> bool:
        """Whether two frames are on the canvas now."""
        return self._before is not None

    @property
    def frames(self) -> tuple[str | None, str | None]:
        """The frames A and B."""
        return self.sides[0].frame, self.sides[1].frame

    def show(self, a: str, b: str) -> None:
        """Put the frames ``a`` and ``b`` in view."""
        if not self.shown:
            self._enter()
        try:
            for side, frame in zip(self.sides, (a, b), strict=True):
                side.show(frame)
                compat.show_name(side.layer(IMAGE))
        except _engine.InputError as problem:
            self._on_error(str(problem))
            self.leave()
            return
        self._use_grid()

    def leave(self) -> None:
        """Take the pair away and show again what was there before."""
        if self._before is None:
            return
        self._session.frames_changed.disconnect(self._on_frames)
        self._viewer.mouse_move_callbacks.remove(self._follow_mouse)
        compat.grid(self._viewer).enabled = False
        for side in self.sides:
            side.remove()
        before, self._before, self._shape = self._before, None, None
        for layer, visible in before["visible"]:
            layer.visible = visible
        grid, camera = compat.grid(self._viewer), compat.camera(self._viewer)
        grid.shape, grid.stride, grid.spacing = before["grid"]
        grid.enabled = before["enabled"]
        camera.center, camera.zoom = before["camera"]
        if before["active"] in self._viewer.layers:
            self._viewer.layers.selection.active = before["active"]

    def active_frame(self) -> str | None:
        """Return the frame whose layer is selected, else A."""
        active = self._viewer.layers.selection.active
        for side in self.sides:
            if side.owns(active):
                return side.frame
        return self.sides[0].frame

    def toggle(self, kind: str) -> bool | None:
        """Show or hide a kind of layer of both frames."""
        visible, _ = (side.toggle(kind) for side in self.sides)
        return visible

    def visible(self, kind: str) -> bool:
        """Tell whether a kind of layer is shown."""
        return any(side.visible(kind) for side in self.sides)

    def in_stroke(self) -> bool:
        """Tell whether somebody is drawing on one of the two."""
        return any(side.in_stroke() for side in self.sides)

    def _enter(self) -> None:
        grid, camera = compat.grid(self._viewer), compat.camera(self._viewer)
        self._before = {
            "visible": [(layer, layer.visible) for layer in self._viewer.layers],
            "grid": (grid.shape, grid.stride, grid.spacing),
            "enabled": grid.enabled,
            "camera": (camera.center, camera.zoom),
            "active": self._viewer.layers.selection.active,
        }
        for layer in self._viewer.layers:
            layer.visible = False
        self._session.frames_changed.connect(self._on_frames)
        self._viewer.mouse_move_callbacks.append(self._follow_mouse)

    def _use_grid(self) -> None:
        image = self.sides[0].layer(IMAGE)
        if image is None:
            return
        grid = compat.grid(self._viewer)
        before = grid.shape if grid.enabled else None
        cells = grid_shape(image.data.shape, compat.canvas_size(self._viewer))
        grid.shape, grid.stride, grid.spacing = cells, len(_KINDS), 6
        grid.enabled = True
        if (image.data.shape, cells) != (self._shape, before):
            self._shape = image.data.shape
            self._viewer.reset_view()

    def _on_frames(self, frames: tuple[str, ...]) -> None:
        for side in self.sides:
            if side.frame in frames:
                side.refresh()

    def _follow_mouse(self, _viewer: Any, event: Any) -> None:
        """Draw on the frame under the mouse, with the tool that is in the hand."""
        cell = getattr(event, "viewbox", None)
        if cell is None or self.in_stroke():
            return
        here = sum(cell) % 2
        ours, other = self.sides[here], self.sides[1 - here]
        layer, before = ours.layer(TRUTH), other.layer(TRUTH)
        if layer is None or before is None:
            return
        if self._viewer.layers.selection.active is before:
            layer.brush_size, layer.mode = before.brush_size, before.mode
            self._viewer.layers.selection.active = layer


def grid_shape(frame: tuple[int, ...], canvas: tuple[int, int]) -> tuple[int, int]:
    """Return (rows, columns) of the grid: side by side unless stacking pays.

    Parameters
    ----------
    frame, canvas
        (height, width) of a frame and of the canvas, in pixels.
    """
    (height, width), (tall, wide) = frame[:2], canvas
    beside = min(tall / height, wide / 2 / width)
    stacked = min(tall / 2 / height, wide / width)
    return (2, 1) if stacked >= WORTH_STACKING * beside else (1, 2)


def _name(kind: str, frame: str) -> str:
    return frame if kind == IMAGE else f"{frame} {kind}"
