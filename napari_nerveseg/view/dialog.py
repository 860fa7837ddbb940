"""What all our dialogs have in common: how they end, and what Enter means in them."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QIcon, QKeyEvent
from qtpy.QtWidgets import QAbstractButton, QDialog, QDialogButtonBox, QWidget

_ENTER: tuple[int, ...] = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


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
