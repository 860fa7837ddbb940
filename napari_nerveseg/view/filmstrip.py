"""Every frame of the group on the bench as a row of thumbnails for Qt."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt
from qtpy.QtGui import QIcon

from .compare import LETTERS
from .desk import Desk
from .thumbnails import thumbnail
from .workbench import Workbench

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
_MISSING = "no mask"


class Filmstrip(QAbstractListModel):
    """The frames of one group; a thumbnail is made when it is first seen."""

    def __init__(self, desk: Desk, bench: Workbench) -> None:
        super().__init__(bench)
        self._desk, self._bench = desk, bench
        self._frames: tuple[str, ...] = ()
        self._pictures: dict[tuple[str, int | None], QIcon] = {}
        bench.changed.connect(self._renew)
        desk.table_changed.connect(self._news)

    @property
    def frames(self) -> tuple[str, ...]:
        """The frames, in the group's order."""
        return self._frames

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return how many frames the group has."""
        return 0 if parent.isValid() else len(self._frames)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a frame's words, its thumbnail or its tooltip."""
        if not index.isValid() or self._desk.session is None:
            return None
        frame = self._frames[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(frame)
        if role == Qt.ItemDataRole.DecorationRole:
            return self._picture(frame)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{frame}: {self._mask_words(frame)}"
        return None

    def words(self, frame: str) -> str:
        """Return a frame's name with its side, and a cross if it is chosen."""
        sides = zip(LETTERS, self._bench.sides, strict=True)
        letter = "".join(f"{letter} " for letter, name in sides if name == frame)
        return f"{'✗ ' if frame in self._bench.chosen else ''}{letter}{frame}"

    def _mask_words(self, frame: str) -> str:
        assert self._desk.session is not None
        row = self._desk.session.row(frame)
        found = {None: _MISSING, 0: "no nerve"}.get(row.area, f"nerve of {row.area} px")
        return found if row.status != "excluded" else f"{found}, excluded"

    def _picture(self, frame: str) -> QIcon:
        session = self._desk.session
        assert session is not None
        key = frame, session.store.version(frame)
        if key not in self._pictures:
            picture = thumbnail(session, frame)
            self._pictures[key] = QIcon(picture)  # the same, selected or not
            self._pictures[key].addPixmap(picture, QIcon.Mode.Selected)
        return self._pictures[key]

    def _renew(self) -> None:
        conflict = self._bench.conflict
        frames = conflict.frames if conflict is not None else ()
        if frames != self._frames:
            self.beginResetModel()
            self._frames = frames
            self._pictures.clear()
            self.endResetModel()
        else:
            self._news()

    def _news(self) -> None:
        if self._frames:
            last = self.index(len(self._frames) - 1)
            self.dataChanged.emit(self.index(0), last)
