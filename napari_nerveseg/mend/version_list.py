"""Every version of one frame's mask as a list for Qt, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject
from qtpy.QtGui import QIcon

from .. import _engine
from ..canvas.thumbnails import draw, untinted
from ..window.line_list import LineList

if TYPE_CHECKING:
    from .._engine import MaskVersion


@dataclass(frozen=True)
class Line:
    """One version: None is the mask in the data folder; whether it holds now."""

    version: MaskVersion | None
    holds: bool


class VersionList(LineList):
    """One line a version; its picture is drawn when it is first seen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: Any = None
        self._frame = ""
        self._pictures: dict[int | None, QIcon] = {}

    def show(self, session: Any, frame: str | None) -> bool:
        """List the versions of ``frame``; return whether the list is another one."""
        lines = [] if session is None or frame is None else versions_of(session, frame)
        if (session, frame, lines) == (self._session, self._frame, [*self.items]):
            return False
        if (session, frame) != (self._session, self._frame):
            self._pictures.clear()
        self._session, self._frame = session, frame or ""
        self.set_items(lines)
        return True

    def words(self, item: Line) -> str:
        """Return a version's line."""
        return line_words(item)

    def picture(self, item: Line) -> QIcon:
        """Return a version over its frame."""
        key = None if item.version is None else item.version.id
        if key not in self._pictures:
            self._pictures[key] = self._draw(item.version)
        return self._pictures[key]

    def _draw(self, version: MaskVersion | None) -> QIcon:
        session, frame = self._session, self._frame
        try:
            if version is None:
                mask = session.dataset.mask(frame)
            else:
                mask = session.store.mask_of(frame, version.id)
            return untinted(draw(session.frame(frame), mask))
        except _engine.InputError:
            return QIcon()  # what is wrong is said when it is to be restored


def versions_of(session: Any, frame: str) -> list[Line]:
    """Return the versions of a frame's mask, the newest first, the folder's last."""
    store = session.store
    now = store.version(frame)
    lines = [Line(v, v.id == now) for v in reversed(store.versions(frame))]
    if session.dataset.has_mask(frame):
        lines.append(Line(None, now is None))
    return lines


def line_words(line: Line) -> str:
    """Return a version in two lines: what it is and when; who, how large."""
    mark = "● " if line.holds else ""
    version = line.version
    if version is None:
        return f"{mark}As in the data folder"
    when = version.time[:16].replace("T", " ")
    area = f"{version.area:,} px" if version.area else "empty"
    return f"{mark}{version.source} · {area}\n{version.author}, {when}"
