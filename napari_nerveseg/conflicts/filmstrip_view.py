"""The filmstrip: all frames of the group, to look at, put in view, and choose."""

from __future__ import annotations

from qtpy.QtCore import QModelIndex, QSize, Qt
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QListView

from ..canvas.thumbnails import SIZE
from ..window.keys import key_of
from .filmstrip import Filmstrip
from .workbench import A, B, Workbench

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
