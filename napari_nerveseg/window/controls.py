"""Small parts that every panel is made of, so that all look and behave alike."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QFontMetrics, QPainter, QPaintEvent
from qtpy.QtWidgets import (
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .keys import key_of

#: Height of a table's row in pixels, the same everywhere.
ROW_HEIGHT = 22


def button(
    name: str,
    text: str,
    tip: str,
    on_click: Callable[[], object],
    command: str | None = None,
) -> QPushButton:
    """Return a button with an objectName and a tooltip that tells its key.

    Parameters
    ----------
    name
        The objectName, for tests and style.
    text, tip
        What it says, and what it does.
    on_click
        Called without arguments.
    command
        The command in `keys.COMMANDS` that does the same.
    """
    made = QPushButton(text)
    made.setObjectName(name)
    made.setToolTip(f"{tip}  ({key_of(command)})" if command else tip)
    made.clicked.connect(lambda _checked=False: on_click())
    return made


def label(name: str, text: str = "", role: str = "", *, wraps: bool = False) -> QLabel:
    """Return a label; ``role`` is ``quiet`` or ``heading`` for the style sheet."""
    made = QLabel(text)
    made.setObjectName(name)
    made.setWordWrap(wraps)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    return made


class ElidedLabel(QLabel):
    """One line of text that never widens the dock: what does not fit is elided."""

    def __init__(
        self, name: str, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._mode = mode

    def set_text(self, text: str, tip: str | None = None) -> None:
        """Show ``text``; the tooltip is ``tip`` or the whole text."""
        self.setText(text)
        self.setToolTip(tip or text)
        self.setAccessibleName(text)

    def sizeHint(self) -> QSize:
        """Return one line's height and whatever width there is."""
        return QSize(40, QFontMetrics(self.font()).height() + 4)

    def minimumSizeHint(self) -> QSize:
        """Return the same: one line."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the text in the style's colours."""
        painter = QPainter(self)
        metrics = QFontMetrics(self.font())
        room = self.contentsRect()
        shown = metrics.elidedText(self.text(), self._mode, room.width())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(self.palette().windowText().color())
        painter.drawText(room, int(flags), shown)
        painter.end()


class ScrollArea(QScrollArea):
    """As wide as its panel needs, and as low as the window is."""

    def __init__(self, panel: QWidget) -> None:
        super().__init__()
        self._panel = panel
        self.setAccessibleName(panel.accessibleName())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setWidget(panel)

    def minimumSizeHint(self) -> QSize:
        """Return the panel's least width, with room for the bar beside it."""
        bar = self.verticalScrollBar().sizeHint().width()
        width = self._panel.minimumSizeHint().width() + bar
        return QSize(width, super().minimumSizeHint().height())


class CollapsibleBox(QWidget):
    """A title that opens and closes what is below it; Space does so too.

    Parameters
    ----------
    name
        The objectName of the title.
    title, tip
        What it says.
    content
        What it hides.
    """

    def __init__(self, name: str, title: str, tip: str, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.head = QToolButton()
        self.head.setObjectName(name)
        self.head.setText(title)
        self.head.setToolTip(tip)
        self.head.setCheckable(True)
        self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.head.setSizePolicy(
            QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred
        )
        self.head.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.head.toggled.connect(self.open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.head)
        layout.addWidget(content)
        self.open(False)

    @property
    def is_open(self) -> bool:
        """Whether its content is to be seen."""
        return self.head.isChecked()

    def open(self, unfolded: bool) -> None:
        """Show the content, or fold it away."""
        self.head.setChecked(unfolded)
        arrow = Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow
        self.head.setArrowType(arrow)
        self._content.setVisible(unfolded)
