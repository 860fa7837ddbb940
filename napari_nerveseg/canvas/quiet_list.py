"""Lets napari's layer list rest while one steps from frame to frame.

Each new frame changes the thumbnails of its layers, upon which napari lays out and
paints the whole list, twice: with drawing in software that is a third of a step. The
list is painted once, as soon as one lingers on a frame.
"""

from __future__ import annotations

import contextlib
from typing import Any

from ..jobs.timers import single_shot
from .compat import layer_list

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
