"""A part of a form that is folded away until somebody wants it."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget


class Fold(QWidget):
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
