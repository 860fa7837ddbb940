"""Above the tabs: open a folder, where things are written, what is going on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..jobs.timers import single_shot
from ..reading.doubts_row import ReadingRow
from ..reading.luminance_row import LuminanceRow
from ..reading.nerve_label_row import NerveLabelRow
from ..review.counting import counted
from ..window.context import ReviewContext
from ..window.controls import ElidedLabel, button

#: Milliseconds after which news is old, and the status line names the folder again.
NEWS = 20_000

_LEVEL_SIGNS = {"info": "", "warning": "⚠ ", "error": "✖ "}


class Header(QWidget):
    """Folder and project; status line and pending dot; questions if need be."""

    def __init__(self, context: ReviewContext, show_keys: Callable[[], object]) -> None:
        super().__init__()
        self._context = context
        self.setObjectName("header")
        opener = button(
            "open_folder", "Open folder…", "Choose a folder with frames", self.choose
        )
        keys = button("show_keys", "?", "Show all keys", show_keys, "show_keys")
        keys.setFixedWidth(32)
        self.project = ElidedLabel("project_path", Qt.TextElideMode.ElideMiddle)
        self.status = ElidedLabel("status_line")
        self._old = single_shot(self, NEWS, self._name_folder)
        self._warned = QTimer(self)
        self._warned.setSingleShot(True)
        self._warned.setInterval(NEWS)
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
        layout.addWidget(NerveLabelRow(context))
        layout.addWidget(LuminanceRow(context))
        self.reading = ReadingRow(context)
        layout.addWidget(self.reading)
        context.session_changed.connect(self._on_session)
        context.said.connect(self._on_said)
        context.pending_changed.connect(self._on_pending)
        self._on_session()

    def choose(self) -> None:
        """Ask for a folder and open it."""
        folder = QFileDialog.getExistingDirectory(
            self, "Folder with frames", "", QFileDialog.Option.ShowDirsOnly
        )
        if folder:
            self._context.open(Path(folder))

    def _on_session(self) -> None:
        session = self._context.session
        self._on_pending(0)
        self._warned.stop()
        self._name_folder()
        if session is None:
            self.project.set_text("No folder is open")
            return
        root = session.project.root
        self.project.set_text(
            f"Project: {root}", f"Edits, runs and predictions are kept in {root}"
        )

    def _name_folder(self) -> None:
        session = self._context.session
        if session is None:
            self.status.set_text("Choose or drop a folder with frames.")
        else:
            frames = counted(len(session.dataset), "frame")
            self.status.set_text(f"{frames} in {session.dataset.root}")

    def _on_said(self, level: str, text: str) -> None:
        """Say it; what is no news any more goes, but a warning stays.

        Progress, of which there is always more, must not take a warning away before
        anybody can have read it; the answer to what somebody just did may.
        """
        if level == "progress" and self._warned.isActive():
            return
        self.status.set_text(_LEVEL_SIGNS.get(level, "") + text)
        if level in ("info", "progress"):
            self._warned.stop()
            self._old.start()
        else:
            self._old.stop()
            self._warned.start()

    def _on_pending(self, n: int) -> None:
        edits = f"{counted(n, 'edit')} {'is' if n == 1 else 'are'}"
        self.pending.setText("●" if n else "○")
        self.pending.setToolTip(
            f"{edits} being written" if n else "Every edit is on disk"
        )
