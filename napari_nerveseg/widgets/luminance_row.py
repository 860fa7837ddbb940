"""Asks, where frames are in colour, whether to read them as grey."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QHBoxLayout, QWidget

from ..model.colour_frames import frames_in_colour
from ..view.desk import Desk
from .controls import ElidedLabel, button


class LuminanceRow(QWidget):
    """Hidden unless it has something to ask; the answer opens the folder anew."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("luminance_row")
        self._desk = desk
        self._seen: object = None
        self.words = ElidedLabel("luminance_words")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.words, 1)
        row.addWidget(
            button(
                "use_luminance",
                "Read as grey",
                "Read the frames anew, colour as its luminance; files stay as they are",
                self._use,
            )
        )
        desk.session_changed.connect(self._look)
        desk.table_changed.connect(self._look)
        self.hide()

    def _look(self) -> None:
        """Ask, once for each scan, if there are frames in colour."""
        session = self._desk.session
        scan = session.scan if session is not None else None
        if scan is self._seen:
            return
        self._seen = scan
        n = frames_in_colour(session.dataset, scan) if session is not None else 0
        are = "frame is in colour and" if n == 1 else "frames are in colour and"
        self.words.set_text(f"{n:,} {are} left out" if n else "")
        self.setVisible(n > 0)

    def _use(self) -> None:
        source = self._desk.source
        self._desk.open(
            Path(source["data"]),
            Path(source["project"]),
            source["nerve_label"],
            luminance=True,
        )
