"""What scrolls where the window is too low for it."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QWidget


class Low(QScrollArea):
    """As wide as its panel needs, and as low as the window is."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__()
        self._panel = panel
        self.setAccessibleName(panel.accessibleName())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(panel)

    def minimumSizeHint(self) -> QSize:
        """Return the panel's least width, with room for the bar beside it."""
        bar = self.verticalScrollBar().sizeHint().width()
        width = self._panel.minimumSizeHint().width() + bar
        return QSize(width, super().minimumSizeHint().height())
