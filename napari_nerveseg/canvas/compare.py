"""Two frames, A and B, in napari's own canvas, under one linked camera.

They stand side by side, or A above B where that makes both much larger. Grid mode
puts consecutive layers into one cell; the layers of the pair stand first in the list
and everything else is hidden while they are there. One draws with napari's tools on
whichever frame the mouse is over. `show_turn` lays the one over the other instead, so
that the eye catches what differs. On top of either frame can lie the signed difference
of the two and the contour of the other's mask.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _engine
from . import colours, compat
from .frame_layers import FrameLayers
from .kinds import DIFFERENCE, IMAGE, OTHER, PREDICTION, TRUTH
from .strokes import take_brush

_KINDS = (IMAGE, DIFFERENCE, PREDICTION, OTHER, TRUTH)
_MASKS = (colours.MASK_A, colours.MASK_B)
LETTERS = ("A", "B")

#: How much larger frames have to come out before A goes above B.
WORTH_STACKING = 1.3


class PairView:
    """The two cells of the grid, and what the viewer looked like before.

    Parameters
    ----------
    viewer
        A napari viewer (or its model).
    session
        The document.
    on_error
        Called with one sentence if a frame cannot be shown.
    options
        More for the `FrameLayers` of both sides.
    """

    def __init__(
        self,
        viewer: Any,
        session: Any,
        on_error: Callable[[str], None],
        **options: Any,
    ) -> None:
        self._viewer, self._session, self._on_error = viewer, session, on_error
        self._options = options
        self._frames: tuple[str, str] | None = None
        self.sides = tuple(self._side(n) for n in (0, 1))
        self.turn: int | None = None
        self._before: dict[str, Any] | None = None
        self._shape: tuple[int, ...] | None = None
        self._camera: tuple[Any, Any] | None = None

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
        self._frames = (a, b)
        try:
            for side, frame in zip(self.sides, self._frames, strict=True):
                side.show(frame)
                compat.show_name(side.layer(IMAGE))
        except _engine.InputError as problem:
            self._on_error(str(problem))
            self.leave()
            return
        self._use_grid()

    def show_turn(self, turn: int | None) -> None:
        """Show only A (0) or only B (1), in one place; None shows both again."""
        if not self.shown or turn == self.turn:
            return
        camera = compat.camera(self._viewer)
        in_place, self.turn = self.turn is not None, turn
        for n, side in enumerate(self.sides):
            side.set_seen(turn in (None, n))
        if turn is None and self._camera is not None:
            self._use_grid()
            camera.center, camera.zoom = self._camera
        elif not in_place:
            self._camera = (camera.center, camera.zoom)
            compat.grid(self._viewer).enabled = False
            self._viewer.reset_view()
        if turn is not None:
            self.hand_to(turn)

    def leave(self) -> None:
        """Take the pair away and show again what was there before."""
        if self._before is None:
            return
        self._session.frames_changed.disconnect(self._on_frames)
        self._viewer.mouse_move_callbacks.remove(self._follow_mouse)
        compat.grid(self._viewer).enabled = False
        with compat.at_once(self._viewer):
            for side in self.sides:
                side.remove()
        before, self._before, self._shape = self._before, None, None
        self.turn = None
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

    def paint(self, side: int) -> None:
        """Put the brush in the hand, over A (0) or B (1)."""
        truth = self.sides[side].layer(TRUTH)
        if truth is not None:
            take_brush(self._viewer, truth)

    def hand_to(self, side: int) -> None:
        """Draw on that side from now on, with the tool that is in the hand."""
        layer, before = (self.sides[n].layer(TRUTH) for n in (side, 1 - side))
        if layer is None or before is None:
            return
        if self._viewer.layers.selection.active is before:
            layer.brush_size, layer.mode = before.brush_size, before.mode
            layer.selected_label = before.selected_label
            self._viewer.layers.selection.active = layer

    def _side(self, n: int) -> FrameLayers:
        return FrameLayers(
            self._viewer,
            self._session,
            _KINDS,
            first=n * len(_KINDS),
            blank=True,
            name=partial(_name, LETTERS[n]),
            more=partial(self._between, n),
            colour_of={TRUTH: _MASKS[n], OTHER: _MASKS[1 - n]},
            **self._options,
        )

    def _between(self, n: int, _frame: str) -> dict[str, NDArray[Any]]:
        """Return what side ``n`` shows of the other one, zeros where sizes differ."""
        assert self._frames is not None
        a, b = (self._session.frame(frame) for frame in self._frames)
        mask = self._session.mask(self._frames[1 - n])
        mine = (a, b)[n].shape
        if a.shape != b.shape:
            return {DIFFERENCE: np.zeros(mine, np.int16), OTHER: np.zeros(mine, "u1")}
        other = np.zeros(mine, np.uint8) if mask is None else mask.astype(np.uint8)
        return {DIFFERENCE: a.astype(np.int16) - b, OTHER: other}

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
        if image is None or self.turn is not None:
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
        if set(self.frames) & set(frames):
            for side in self.sides:
                side.refresh()

    def _follow_mouse(self, _viewer: Any, event: Any) -> None:
        """Draw on the frame under the mouse, with the tool that is in the hand."""
        cell = getattr(event, "viewbox", None)
        if cell is not None and self.turn is None and not self.in_stroke():
            self.hand_to(sum(cell) % 2)


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


def _name(letter: str, kind: str, frame: str) -> str:
    return f"{letter}  {frame}" if kind == IMAGE else f"{letter} {kind}"
