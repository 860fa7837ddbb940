"""What all our dialogs have in common: their place, their end, and what Enter does."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtGui import QIcon, QKeyEvent, QShowEvent
from qtpy.QtWidgets import QAbstractButton, QDialog, QDialogButtonBox, QWidget

_ENTER: tuple[int, ...] = (Qt.Key.Key_Return, Qt.Key.Key_Enter)

#: Share of the screen that a dialog takes at most: its frame needs some, too.
_SHARE = 0.95


class Dialog(QDialog):
    """Stands beside the window and gives the keys back to it when it closes.

    Enter presses the button that has the focus and no other: with Qt's default button
    a choice confirmed in a list would do what nobody has asked for yet.

    Parameters
    ----------
    parent
        Above which it appears.
    name
        The objectName.
    title
        What stands above it.
    """

    def __init__(self, parent: QWidget, name: str, title: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def closer(self) -> QDialogButtonBox:
        """Return a row with a button that closes the dialog, to put at its end."""
        row = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = row.button(QDialogButtonBox.StandardButton.Close)
        close.setToolTip("Close  (Esc)")
        close.setIcon(QIcon())  # the desktop's own, dark on dark
        row.rejected.connect(self.reject)
        return row

    def wanted_size(self) -> QSize:
        """Return how large it would be on a screen without an end."""
        return self.size()

    def largest(self) -> QSize:
        """Return how large it may be on its screen."""
        return self.screen().availableGeometry().size() * _SHARE

    def showEvent(self, event: QShowEvent) -> None:
        """Lie wholly on the screen, above the middle of the window if that can be.

        Qt looks at the size before only, and without a window manager nobody looks
        again: what has grown by then lies beyond the edge, with the button that
        closes it.
        """
        super().showEvent(event)
        if not event.spontaneous():  # which is the desktop's, for one put in its place
            self.resize(self.wanted_size().boundedTo(self.largest()))
            self.move(self._place())

    def _place(self) -> QPoint:
        room, place = self.screen().availableGeometry(), self.rect()
        parent = self.parentWidget()
        if parent is not None:
            place.moveCenter(parent.window().geometry().center())
        return QPoint(
            max(min(place.left(), room.right() + 1 - place.width()), room.left()),
            max(min(place.top(), room.bottom() + 1 - place.height()), room.top()),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter press what has the focus."""
        if event.key() not in _ENTER:
            super().keyPressEvent(event)
            return
        focus = self.focusWidget()
        if isinstance(focus, QAbstractButton):
            focus.click()

    def done(self, result: int) -> None:
        """Close, and let the window go on where it was: some desktops forget it."""
        super().done(result)
        parent = self.parentWidget()
        if parent is not None:
            parent.window().activateWindow()


def show_once(parent: QWidget, kind: type[Dialog], make: Callable[[], Dialog]) -> None:
    """Show a dialog, or the one of its kind that ``parent`` has open already."""
    opened = [each for each in parent.findChildren(kind) if each.isVisible()]
    dialog = opened[0] if opened else make()
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
