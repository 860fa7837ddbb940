"""Keeps the layers of the selected frame in step with the session."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from .. import _engine
from ..jobs.timers import single_shot
from . import compat
from .compat import layer_list
from .frame_layers import FrameLayers
from .kinds import ERROR, IMAGE, PREDICTION


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
    options
        More for its `FrameLayers`.
    """

    def __init__(
        self,
        viewer: Any,
        session: Any,
        on_error: Callable[[str], None],
        **options: Any,
    ) -> None:
        self._viewer, self._session, self._on_error = viewer, session, on_error
        self.layers = FrameLayers(viewer, session, **options)
        self._list = QuietList(viewer)
        self._paused = False
        self._shape: tuple[int, ...] | None = None
        session.selected_changed.connect(self._on_selected)
        session.frames_changed.connect(self._on_frames)
        session.predictions_changed.connect(self._on_predictions)
        session.rule_changed.connect(self._on_rule)
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
        self._session.rule_changed.disconnect(self._on_rule)
        self._take_away()

    def toggle(self, kind: str) -> bool | None:
        """Show or hide a layer; return whether it is visible, None if there is none."""
        self._list.wake()
        return self.layers.toggle(kind)

    def _on_selected(self, _frame: str | None = None) -> None:
        frame = self._session.selected
        if frame is None or self._paused:
            return
        if self.layers.frame is not None:
            self._list.rest()
        self._show(frame)

    def _on_frames(self, frames: tuple[str, ...]) -> None:
        frame = self._session.selected
        if frame in frames and not self._paused:
            self._show(frame)

    def _show(self, frame: str) -> None:
        try:
            self.layers.show(frame)
        except _engine.InputError as problem:
            self._take_away()
            self._on_error(str(problem))
            return
        self._fit()

    def _take_away(self) -> None:
        """Leave nothing on the canvas that is of another frame, nor to be drawn on."""
        if self.layers.frame is not None:
            self._list.wake()
            with compat.at_once(self._viewer):
                self.layers.remove()

    def _on_predictions(self, frames: tuple[str, ...]) -> None:
        if self.layers.frame in frames and not self._paused:
            self.layers.refresh()

    def _on_rule(self) -> None:
        if not self._paused:
            self.layers.redraw(PREDICTION, ERROR)

    def _fit(self) -> None:
        """Fit the view to a frame of another size; keep the zoom between equal ones."""
        image = self.layers.layer(IMAGE)
        if image is not None and image.data.shape != self._shape:
            self._shape = image.data.shape
            self._viewer.reset_view()


#: Milliseconds on one frame after which the list is painted.
LINGER = 400


class QuietList:
    """The layer list of a viewer; does nothing for a viewer without a window.

    A window that closes takes its list along, maybe before the review is put away:
    then there is nothing left to paint.
    """

    def __init__(self, viewer: Any) -> None:
        self._list = layer_list(viewer)
        if self._list is not None:  # the timer goes when the list goes
            self._timer = single_shot(self._list, LINGER, self.wake)

    def rest(self) -> None:
        """Paint the list no more until one lingers on a frame."""
        if self._list is not None:
            with contextlib.suppress(RuntimeError):
                self._list.setUpdatesEnabled(False)
                self._timer.start()

    def wake(self) -> None:
        """Paint the list as it is now, and from now on."""
        if self._list is not None:
            with contextlib.suppress(RuntimeError):
                self._timer.stop()
                self._list.setUpdatesEnabled(True)
