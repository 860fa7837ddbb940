"""What the dock shows before a folder is open."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QVBoxLayout

from .controls import button, label

_WHAT = (
    "Drop a folder with ultrasound frames here, or choose one.\n\n"
    "It may hold 1_1.tif with 1_1_mask.tif beside it, two folders images and masks, "
    "or frames without masks. The folder is only read: your edits go into a project "
    "folder of their own, stroke by stroke."
)


class EmptyState(QFrame):
    """Says what to do first."""

    def __init__(self, choose: Callable[[], object]) -> None:
        super().__init__()
        self.setObjectName("empty_state")
        self.text = label("empty_state_text", _WHAT, wraps=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        choose_button = button(
            "empty_open_folder", "Open folder…", "Choose a folder with frames", choose
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.addStretch(1)
        layout.addWidget(self.text)
        layout.addSpacing(12)
        layout.addWidget(choose_button, 0, Qt.AlignmentFlag.AlignCenter)
        layout.addStretch(1)
