"""Widgets side by side that go into a next line where the window is narrow."""

from __future__ import annotations

from qtpy.QtCore import QPoint, QRect, QSize, Qt
from qtpy.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget

_FIXED = (QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Maximum)


class WrappingRow(QLayout):
    """Lays widgets out in lines, each filled to the width that there is.

    superqt's ``QFlowLayout`` leaves lines ragged and keeps room for what is hidden.

    Parameters
    ----------
    widgets
        From left to right.
    parent
        Whose layout it is, without margins.
    """

    def __init__(self, *widgets: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(4)
        for widget in widgets:
            self.addWidget(widget)

    def addItem(self, item: QLayoutItem) -> None:
        """Add an item behind the others."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item, None if there is none of that index."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove and return an item."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Return that more width is of use."""
        return Qt.Orientation.Horizontal

    def hasHeightForWidth(self) -> bool:
        """Return that it is higher where it is narrower."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines."""
        lines = self._lines(width)
        heights = [max(item.sizeHint().height() for item in line) for line in lines]
        return sum(heights) + self.spacing() * max(len(lines) - 1, 0)

    def minimumSize(self) -> QSize:
        """Return the size of the widest widget."""
        size = QSize()
        for item in self._seen():
            size = size.expandedTo(item.minimumSize())
        return size

    def sizeHint(self) -> QSize:
        """Return the size of one line."""
        wide = sum(item.sizeHint().width() for item in self._seen())
        gaps = self.spacing() * max(len(self._seen()) - 1, 0)
        return QSize(wide + gaps, self.minimumSize().height())

    def setGeometry(self, rect: QRect) -> None:
        """Put every widget into its place."""
        super().setGeometry(rect)
        top = rect.y()
        for line in self._lines(rect.width()):
            height = max(item.sizeHint().height() for item in line)
            self._fill(line, QRect(rect.x(), top, rect.width(), height))
            top += height + self.spacing()

    def _seen(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        lines: list[list[QLayoutItem]] = []
        left = -1
        for item in self._seen():
            need = item.sizeHint().width()
            if not lines or need > left:
                lines.append([])
                left = width
            lines[-1].append(item)
            left -= need + self.spacing()
        return lines

    def _fill(self, line: list[QLayoutItem], rect: QRect) -> None:
        """Share the width that is left over among those that may grow."""
        hints = [item.sizeHint().width() for item in line]
        left = rect.width() - sum(hints) - self.spacing() * (len(line) - 1)
        growing = [not _is_fixed(item) for item in line]
        share = max(left, 0) // max(sum(growing), 1)
        x = rect.x()
        for item, hint, grows in zip(line, hints, growing, strict=True):
            width = min(hint + share * grows, rect.width())
            item.setGeometry(QRect(QPoint(x, rect.y()), QSize(width, rect.height())))
            x += width + self.spacing()


def _is_fixed(item: QLayoutItem) -> bool:
    widget = item.widget()
    return widget is not None and widget.sizePolicy().horizontalPolicy() in _FIXED
