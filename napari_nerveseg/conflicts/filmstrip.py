"""Every frame of the group on the bench as a row of thumbnails for Qt."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QModelIndex, QSize, Qt
from qtpy.QtGui import QIcon, QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QListView

from ..canvas.compare import LETTERS
from ..canvas.thumbnails import SIZE, thumbnail, untinted
from ..window.context import ReviewContext
from ..window.keys import key_of
from ..window.line_list import Index, LineList
from .workbench import A, B, Workbench

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


#: Pixels for the name under a picture, the margins and the scroll bar.
_AROUND = 42


class FilmstripView(QListView):
    """Click: on side A. Shift and click: on side B. Ctrl and click: choose."""

    def __init__(self, model: Filmstrip, bench: Workbench) -> None:
        super().__init__()
        self._bench, self._strip = bench, model
        self.setObjectName("filmstrip")
        self.setAccessibleName("Frames of the group")
        self.setModel(model)
        self.setToolTip(
            "The frames of the group. Click: show as A; Shift+click: as B; Ctrl+click: "
            f"choose for exclude or redraw (keys {key_of('strip_next')}, "
            f"{key_of('strip_to_a')}, {key_of('strip_to_b')}, {key_of('strip_choose')};"
            " here also arrows, Enter and Space)"
        )
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setIconSize(QSize(*SIZE))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(SIZE[1] + _AROUND)
        bench.changed.connect(self._follow)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Put a frame in view, or choose it."""
        index = self.indexAt(event.position().toPoint())
        if not index.isValid():
            return
        frame, held = self._strip.frames[index.row()], event.modifiers()
        if held & Qt.KeyboardModifier.ControlModifier:
            self._bench.choose(frame)
        else:
            shift = held & Qt.KeyboardModifier.ShiftModifier
            self._bench.put(B if shift else A, frame)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk with the arrows; Enter shows a frame as A, Space chooses it."""
        key = event.key()
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._bench.step(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._bench.put_cursor(A)
        elif key == Qt.Key.Key_Space:
            self._bench.choose()
        else:
            super().keyPressEvent(event)

    def _follow(self) -> None:
        """Keep the cursor's frame selected and in sight."""
        frames = self._strip.frames
        if self._bench.cursor in frames:
            index = self._strip.index(frames.index(self._bench.cursor))
            self.setCurrentIndex(index)
            self.scrollTo(index)
        else:
            self.setCurrentIndex(QModelIndex())
