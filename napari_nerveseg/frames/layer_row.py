"""One small button a layer: its colour, its name, its key; click to show or hide."""

from __future__ import annotations

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import QSizePolicy, QToolButton, QWidget

from ..canvas import colours
from ..canvas.kinds import ERROR, IMAGE, PREDICTION, PROBABILITY, TRUTH, UNCERTAINTY
from ..window.commands import Commands
from ..window.context import ReviewContext
from ..window.keys import key_of
from ..window.wrapping import WrappingRow

_LAYERS = (
    (IMAGE, "toggle_image", ("#9A9A9A",)),
    (TRUTH, "toggle_truth", (colours.GROUND_TRUTH,)),
    (PREDICTION, "toggle_prediction", (colours.PREDICTION,)),
    (ERROR, "toggle_error", (colours.FALSE_POSITIVE, colours.FALSE_NEGATIVE)),
    (PROBABILITY, "toggle_probability", ("#3B0F70", "#DE4968", "#FCFDBF")),
    (UNCERTAINTY, "toggle_uncertainty", ("#440154", "#21918C", "#FDE725")),
)
_SHORT = {
    IMAGE: "Image",
    TRUTH: "Truth",
    PREDICTION: "Pred.",
    ERROR: "Error",
    PROBABILITY: "Prob.",
    UNCERTAINTY: "Unc.",
}
_MORE = {
    UNCERTAINTY: ", where flips or networks disagree",
    ERROR: ": orange is predicted but not in the ground truth, pink is missed",
    TRUTH: ": a contour; draw on it with napari's brush (2), eraser (1), fill (4)",
}


class LayerRow(QWidget):
    """The legend of the layers, which also switches them; a pressed one is shown."""

    def __init__(self, context: ReviewContext, commands: Commands) -> None:
        super().__init__()
        self._context, self._commands = context, commands
        self._buttons: dict[str, QToolButton] = {}
        self.setObjectName("layer_row")
        row = WrappingRow(parent=self)
        for kind, command, swatch in _LAYERS:
            made = QToolButton()
            made.setObjectName(command)
            made.setCheckable(True)
            made.setText(f"{_SHORT[kind]} {key_of(command)}")
            made.setIcon(_swatch(swatch))
            made.setIconSize(QSize(10, 10))
            made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            made.setToolTip(
                f"Show or hide the {kind}{_MORE.get(kind, '')}  ({key_of(command)})"
            )
            made.clicked.connect(lambda _on=False, kind=kind: self._toggle(kind))
            made.setSizePolicy(
                QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed
            )
            self._buttons[kind] = made
            row.addWidget(made)
        context.layers_changed.connect(self._show_state)
        context.session_changed.connect(self._show_state)

    def _toggle(self, kind: str) -> None:
        self._commands.toggle(kind)
        self._show_state()  # Qt has pressed the button, whether there is a layer or not

    def _show_state(self) -> None:
        """Press the buttons of the layers that can be seen."""
        for kind, made in self._buttons.items():
            made.setChecked(self._context.visible(kind))


def _swatch(names: tuple[str, ...]) -> QIcon:
    """Return a square with one upright stripe a colour."""
    picture = QPixmap(12, 12)
    painter = QPainter(picture)
    width = 12 // len(names)
    for n, name in enumerate(names):
        painter.fillRect(n * width, 0, width, 12, QColor(name))
    painter.end()
    return QIcon(picture)
