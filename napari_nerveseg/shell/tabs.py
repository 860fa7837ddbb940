"""Tabs whose panels scroll where the window is too low, and come when needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtWidgets import QScrollArea, QTabWidget, QVBoxLayout, QWidget

from ..window.controls import ScrollArea


class _Place(QWidget):
    """Where a panel goes once somebody asks for it."""

    def __init__(self, title: str, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.make = make
        self.room = QVBoxLayout(self)
        self.room.setContentsMargins(0, 0, 0, 0)


class Tabs(QTabWidget):
    """As `QTabWidget`, but a panel keeps its height in a low window, and scrolls.

    The panels are asked for and given as they are; the scroll areas around them are
    nobody's business. A panel is made when its tab is first shown, or when something
    else needs it: seven panels are hundreds of widgets, and the first frame would wait
    for them all.
    """

    def __init__(self) -> None:
        super().__init__()
        self._panels: dict[str, QWidget] = {}
        self.currentChanged.connect(self._on_current)

    def add_panel(self, panel: QWidget, title: str) -> None:
        """Add a panel behind the others."""
        self._panels[title] = panel
        self.addTab(_framed(panel, title), title)

    def add_later(self, make: Callable[[], QWidget], title: str) -> None:
        """Add a tab behind the others whose panel ``make`` makes once it is needed."""
        self.addTab(_Place(title, make), title)

    def panel(self, title: str) -> Any:
        """Return the panel called ``title``; it is made if it was not there."""
        if title not in self._panels:
            place = super().widget(self.titles().index(title))
            assert isinstance(place, _Place)
            panel = self._panels[title] = place.make()
            frame = _framed(panel, title)
            place.room.addWidget(frame)
            frame.show()  # at once: a layout in view would do so a moment later
        return self._panels[title]

    def made(self, title: str) -> bool:
        """Tell whether the panel called ``title`` is there already."""
        return title in self._panels

    def titles(self) -> list[str]:
        """Return the titles, from left to right."""
        return [self.tabText(n) for n in range(self.count())]

    def title(self) -> str:
        """Return the title of the tab in view."""
        return self.tabText(self.currentIndex())

    def widget(self, index: int) -> Any:
        """Return the panel at ``index``."""
        inside = 0 <= index < self.count()
        return self.panel(self.tabText(index)) if inside else None

    def currentWidget(self) -> Any:
        """Return the panel in view."""
        return self.panel(self.title())

    def setCurrentWidget(self, panel: QWidget) -> None:
        """Bring a panel into view."""
        (title,) = (name for name, made in self._panels.items() if made is panel)
        self.setCurrentIndex(self.titles().index(title))

    def _on_current(self, index: int) -> None:
        self.widget(index)


def _framed(panel: QWidget, title: str) -> QWidget:
    """Return ``panel`` as it goes into a tab: in what scrolls, unless it does so."""
    panel.setAccessibleName(title)
    return panel if isinstance(panel, QScrollArea) else ScrollArea(panel)
