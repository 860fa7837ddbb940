"""Tabs whose panels scroll where the window is too low for them."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QTabWidget, QWidget


class _Low(QScrollArea):
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


class Tabs(QTabWidget):
    """As `QTabWidget`, but a panel keeps its height in a low window, and scrolls.

    The panels are asked for and given as they are; the scroll areas around them are
    nobody's business.
    """

    def __init__(self) -> None:
        super().__init__()
        self._panels: list[QWidget] = []

    def add_panel(self, panel: QWidget, title: str) -> None:
        """Add a panel behind the others."""
        self._panels.append(panel)
        panel.setAccessibleName(title)
        scrolls = isinstance(panel, QScrollArea)
        self.addTab(panel if scrolls else _Low(panel), title)

    def widget(self, index: int) -> QWidget | None:
        """Return the panel at ``index``."""
        return self._panels[index] if 0 <= index < len(self._panels) else None

    def currentWidget(self) -> QWidget:
        """Return the panel in view."""
        return self._panels[self.currentIndex()]

    def setCurrentWidget(self, panel: QWidget) -> None:
        """Bring a panel into view."""
        self.setCurrentIndex(self._panels.index(panel))
