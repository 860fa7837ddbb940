"""Tab Mend: tools for the whole mask, and every version of this frame's mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QSize
from qtpy.QtGui import QIcon
from qtpy.QtWidgets import (
    QAbstractItemView,
    QListView,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..canvas.memory import NerveSize, remember, remembered
from ..canvas.thumbnails import SIZE, draw, untinted
from ..review.actions import Restore
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.keys import BY_NAME, key_of
from ..window.line_list import LineList
from ..window.wrapping import WrappingRow
from .mending import Mending

if TYPE_CHECKING:
    from .._engine import MaskVersion


_WORDS = {
    "smooth": "Smooth",
    "grow": "Grow",
    "shrink": "Shrink",
    "fill_holes": "Fill holes",
    "keep_largest": "Keep largest",
    "copy_previous": "Copy previous",
    "copy_twin": "Copy twin",
    "propagate": "Give to group",
}
#: What its keys do, by name.
COMMANDS = tuple(_WORDS)
_NO_VERSIONS = "This frame has no mask yet: draw one, or copy one."


class MendPanel(QWidget):
    """Buttons that mend, and a list from which any version is restored."""

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self.setObjectName("mend_panel")
        self._context, self._mending = context, Mending(context)
        self.title = label("versions_title", "Versions of this frame", "heading")
        self.model = VersionList(self)
        self.list = self._list_view()
        self.restore = button(
            "restore_version",
            "Restore this version",
            "Make the chosen version the ground truth again, as a new version  (Enter)",
            self._restore,
        )
        self.words = label("versions_words", role="quiet", wraps=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(label("tools_title", "Mend the whole mask", "heading"))
        layout.addLayout(self._tools())
        layout.addSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.words)
        layout.addWidget(self.restore)
        for news in (
            context.session_changed,
            context.selected_changed,
            context.table_changed,
        ):
            news.connect(self._show)
        self._show()

    def enter(self) -> None:
        """Come into view."""
        self._show()

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what the keys of mending do."""
        return self._mending.handlers()

    def _tools(self) -> WrappingRow:
        row = WrappingRow()
        handlers = self._mending.handlers()
        for name, word in _WORDS.items():
            tip = f"{BY_NAME[name].text}; one version, one step of undo"
            row.addWidget(
                button(name, f"{word}  {key_of(name)}", tip, handlers[name], name)
            )
        radius = QSpinBox()
        radius.setObjectName("mend_radius")
        radius.setToolTip("How far smooth, grow and shrink reach")
        radius.setRange(1, 40)
        radius.setPrefix("Radius ")
        radius.setSuffix(" px")
        radius.setAccessibleName("Radius")
        radius.setValue(self._mending.radius)
        radius.valueChanged.connect(self._set_radius)
        row.addWidget(radius)
        row.addWidget(self._largest())
        return row

    def _largest(self) -> QSpinBox:
        """Return what says from which size on a mask asks for a second look."""
        largest = QSpinBox()
        largest.setObjectName("largest_nerve")
        largest.setAccessibleName("Largest nerve")
        largest.setToolTip(
            "An edit that leaves a mask on more of the frame asks for a second look"
        )
        largest.setRange(1, 100)
        largest.setPrefix("Largest nerve ")
        largest.setSuffix(" %")
        largest.setValue(remembered("nerve_size", NerveSize()).per_cent)
        largest.valueChanged.connect(
            lambda share: remember("nerve_size", NerveSize(int(share)))
        )
        return largest

    def _list_view(self) -> QListView:
        view = QListView()
        view.setObjectName("versions")
        view.setAccessibleName("Versions of the mask")
        view.setToolTip("Every mask that this frame ever had; the dot marks today's")
        view.setModel(self.model)
        view.setAlternatingRowColors(True)
        view.setIconSize(QSize(*SIZE))
        view.setUniformItemSizes(True)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.activated.connect(lambda _index: self._restore())
        view.selectionModel().currentChanged.connect(self._on_choice)
        return view

    def _set_radius(self, radius: int) -> None:
        self._mending.radius = radius

    def _show(self, *_what: Any) -> None:
        """List what there is of the current frame, if anybody can see it."""
        if not self.isVisible():
            return
        frame = self._context.current()
        self.title.setText(f"Versions of frame {frame}" if frame else "Versions")
        if self.model.show(self._context.session, frame) and self.model.items:
            now = [n for n, line in enumerate(self.model.items) if line.holds]
            self.list.setCurrentIndex(self.model.index(now[0] if now else 0))
        self.words.setText("" if self.model.items else _NO_VERSIONS)
        self.words.setVisible(not self.model.items)
        self._on_choice()

    def _on_choice(self, *_what: Any) -> None:
        index = self.list.currentIndex()
        chosen = self.model.items[index.row()] if index.isValid() else None
        self.restore.setEnabled(chosen is not None and not chosen.holds)

    def _restore(self) -> None:
        index, frame = self.list.currentIndex(), self._context.current()
        if not index.isValid() or frame is None or self._context.drawing():
            return
        version = self.model.items[index.row()].version
        if self._context.do(Restore(frame, None if version is None else version.id)):
            self._context.said.emit("info", f"Restored on frame {frame}.")


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
