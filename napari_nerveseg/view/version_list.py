"""Every version of one frame's mask as a list for Qt, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from qtpy.QtGui import QIcon

from .. import _engine
from .thumbnails import draw

if TYPE_CHECKING:
    from .._engine import MaskVersion

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True)
class Line:
    """One version: None is the mask in the data folder; whether it holds now."""

    version: MaskVersion | None
    holds: bool


class VersionList(QAbstractListModel):
    """One line a version; its picture is drawn when it is first seen."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.lines: list[Line] = []
        self._session: Any = None
        self._frame = ""
        self._pictures: dict[int | None, QIcon] = {}

    def show(self, session: Any, frame: str | None) -> bool:
        """List the versions of ``frame``; return whether the list is another one."""
        lines = [] if session is None or frame is None else versions_of(session, frame)
        if (session, frame, lines) == (self._session, self._frame, self.lines):
            return False
        self.beginResetModel()
        if (session, frame) != (self._session, self._frame):
            self._pictures.clear()
        self._session, self._frame, self.lines = session, frame or "", lines
        self.endResetModel()
        return True

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many versions there are."""
        return 0 if parent.isValid() else len(self.lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a version's words or its picture."""
        if not index.isValid():
            return None
        line = self.lines[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return line_words(line)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._picture(line.version)
        return None

    def _picture(self, version: MaskVersion | None) -> QIcon:
        key = None if version is None else version.id
        if key not in self._pictures:
            self._pictures[key] = self._draw(version)
        return self._pictures[key]

    def _draw(self, version: MaskVersion | None) -> QIcon:
        session, frame = self._session, self._frame
        try:
            if version is None:
                mask = session.dataset.mask(frame)
            else:
                mask = session.store.mask_of(frame, version.id)
            return QIcon(draw(session.frame(frame), mask))
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
