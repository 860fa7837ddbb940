"""Above the tabs: open a folder, where things are written, what is going on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..view.desk import Desk
from .controls import ElidedLabel, button
from .luminance_row import LuminanceRow
from .nerve_label_row import NerveLabelRow

_LEVEL_SIGNS = {"info": "", "warning": "⚠ ", "error": "✖ "}


class Header(QWidget):
    """Folder and project; status line and pending dot; questions if need be."""

    def __init__(self, desk: Desk, show_keys: Callable[[], object]) -> None:
        super().__init__()
        self._desk = desk
        self.setObjectName("header")
        opener = button(
            "open_folder", "Open folder…", "Choose a folder with frames", self.choose
        )
        keys = button("show_keys", "?", "Show all keys", show_keys, "show_keys")
        keys.setFixedWidth(32)
        self.project = ElidedLabel("project_path", Qt.TextElideMode.ElideMiddle)
        self.status = ElidedLabel("status_line")
        self.pending = QLabel("●")
        self.pending.setObjectName("pending_dot")
        self.pending.setFixedWidth(18)
        first, second = QHBoxLayout(), QHBoxLayout()
        for widget, stretch in ((opener, 0), (self.project, 1), (keys, 0)):
            first.addWidget(widget, stretch)
        second.addWidget(self.pending)
        second.addWidget(self.status, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(NerveLabelRow(desk))
        layout.addWidget(LuminanceRow(desk))
        desk.session_changed.connect(self._on_session)
        desk.said.connect(self._on_said)
        desk.pending_changed.connect(self._on_pending)
        self._on_session()

    def choose(self) -> None:
        """Ask for a folder and open it."""
        folder = QFileDialog.getExistingDirectory(
            self, "Folder with frames", "", QFileDialog.Option.ShowDirsOnly
        )
        if folder:
            self._desk.open(Path(folder))

    def _on_session(self) -> None:
        session = self._desk.session
        self._on_pending(0)
        if session is None:
            self.project.set_text("No folder is open")
            self.status.set_text("Choose or drop a folder with frames.")
            return
        root = session.project.root
        self.project.set_text(
            str(root), f"Edits, runs and predictions are kept in {root}"
        )
        n, folder = len(session.dataset), session.dataset.root
        self.status.set_text(f"{n:,} frames in {folder}")

    def _on_said(self, level: str, text: str) -> None:
        self.status.set_text(_LEVEL_SIGNS.get(level, "") + text)

    def _on_pending(self, n: int) -> None:
        self.pending.setText("●" if n else "○")
        self.pending.setToolTip(
            f"{n} edits are being written" if n else "Every edit is on disk"
        )
