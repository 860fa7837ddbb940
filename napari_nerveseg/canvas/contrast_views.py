"""Frames in the contrast that the user has chosen, made before they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QObject, Signal

from . import memory
from .contrast import RAW, VIEWS, Contrast, Picture, seen

_REMEMBERED = "contrast"
#: Pictures kept; one of 420 x 580 takes 240 kB.
KEPT = 64

_Key = tuple[str, Contrast]


class ContrastViews(QObject):
    """The contrast of the moment, remembered; the frames of a session in it.

    Attributes
    ----------
    contrast : Contrast
        The view and the settings of all.

    Signals: ``changed()``.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.contrast = memory.remembered(_REMEMBERED, Contrast(), Contrast.is_sound)
        self._session: Any = None
        self._made: OrderedDict[_Key, Future[Picture]] = OrderedDict()
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="contrast")

    def follow(self, session: Any) -> None:
        """Show this session's frames; None is the end of them."""
        self._forget()
        self._session = session

    def picture(self, frame: str) -> Picture:
        """Return the frame as it is to be seen, (H, W) uint8, not to be written to.

        Raises
        ------
        InputError
            If there is no such frame, or its file cannot be read.
        """
        key = (frame, self.contrast)
        if self.contrast.view == RAW:
            found: Picture = self._session.frame(frame)
            return found
        made = self._made.pop(key, None)
        if made is None or made.cancel():
            made = Future()
            made.set_result(self._make(self._session, key))
        self._keep(key, made)
        try:
            return made.result()
        except BaseException:
            self._made.pop(key, None)
            raise

    def prepare(self, frames: Iterable[str]) -> None:
        """Make these pictures in the background: they come next."""
        if self.contrast.view == RAW or self._session is None:
            return
        for frame in frames:
            key = (frame, self.contrast)
            if key not in self._made:
                self._keep(key, self._ahead.submit(self._make, self._session, key))

    def change(self, **values: Any) -> None:
        """Change view or settings, for instance ``clip=0.02``; remember them."""
        contrast = replace(self.contrast, **values)
        if contrast != self.contrast:
            self.contrast = contrast
            self._forget()
            memory.remember(_REMEMBERED, contrast)
            self.changed.emit()

    def cycle(self) -> None:
        """Go to the next view; after the last comes the frame as it is."""
        here = VIEWS.index(self.contrast.view)
        self.change(view=VIEWS[(here + 1) % len(VIEWS)])

    def shut_down(self) -> None:
        """End the thread."""
        self.follow(None)
        self._ahead.shutdown(cancel_futures=True)

    @staticmethod
    def _make(session: Any, key: _Key) -> Picture:
        frame, contrast = key
        return seen(session.frame(frame), contrast)

    def _keep(self, key: _Key, made: Future[Picture]) -> None:
        self._made[key] = made
        while len(self._made) > KEPT:
            self._made.popitem(last=False)[1].cancel()

    def _forget(self) -> None:
        for made in self._made.values():
            made.cancel()
        self._made.clear()
