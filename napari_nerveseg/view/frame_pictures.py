"""Small pictures of frames for the table, drawn when they are first seen."""

from __future__ import annotations

from qtpy.QtGui import QPixmap

from ..model.lru import Lru
from .desk import Desk
from .thumbnails import thumbnail

#: Pictures kept at hand; one takes 26 kB.
KEPT = 512


class FramePictures:
    """Draws each frame once for each version of its mask."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._drawn: Lru[QPixmap] = Lru(KEPT)

    def __call__(self, frame: str) -> QPixmap:
        """Return a frame in small with the outline of its mask."""
        session = self._desk.session
        if session is None:
            return QPixmap()
        key = f"{session.store.path}|{frame}|{session.store.version(frame)}"
        return self._drawn.get(key, lambda _key: thumbnail(session, frame))
