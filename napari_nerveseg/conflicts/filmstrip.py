"""Every frame of the group on the bench as a row of thumbnails for Qt."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon

from ..canvas.compare import LETTERS
from ..canvas.thumbnails import thumbnail, untinted
from ..window.context import ReviewContext
from ..window.line_list import Index, LineList
from .workbench import Workbench

_MISSING = "no mask"


class Filmstrip(LineList):
    """The frames of one group; a thumbnail is made when it is first seen."""

    def __init__(self, context: ReviewContext, bench: Workbench) -> None:
        super().__init__(bench)
        self._context, self._bench = context, bench
        self._pictures: dict[tuple[str, int | None], QIcon] = {}
        bench.changed.connect(self._renew)
        context.table_changed.connect(self._news)

    @property
    def frames(self) -> tuple[str, ...]:
        """The frames, in the group's order."""
        return tuple(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what is shown of a frame, while its folder is open."""
        return None if self._context.session is None else super().data(index, role)

    def words(self, item: str) -> str:
        """Return a frame's name with its side, and a cross if it is chosen."""
        sides = zip(LETTERS, self._bench.sides, strict=True)
        letter = "".join(f"{letter} " for letter, name in sides if name == item)
        return f"{'✗ ' if item in self._bench.chosen else ''}{letter}{item}"

    def _mask_words(self, frame: str) -> str:
        assert self._context.session is not None
        row = self._context.session.row(frame)
        found = {None: _MISSING, 0: "no nerve"}.get(row.area, f"nerve of {row.area} px")
        return found if row.status != "excluded" else f"{found}, excluded"

    def tip(self, item: str) -> str:
        """Return a frame's name and what its mask is."""
        return f"{item}: {self._mask_words(item)}"

    def picture(self, item: str) -> QIcon:
        """Return a frame with its mask of now."""
        session = self._context.session
        assert session is not None
        key = item, session.store.version(item)
        if key not in self._pictures:
            self._pictures[key] = untinted(thumbnail(session, item))
        return self._pictures[key]

    def _renew(self) -> None:
        conflict = self._bench.conflict
        frames = conflict.frames if conflict is not None else ()
        if frames != self.frames:
            self._pictures.clear()
            self.set_items(frames)
        else:
            self._news()

    def _news(self) -> None:
        if self.items:
            last = self.index(len(self.items) - 1)
            self.dataChanged.emit(self.index(0), last)
