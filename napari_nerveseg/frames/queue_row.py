"""Which frames to go through: all of them, or a queue, the most urgent first."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QWidget

from ..window.context import ReviewContext
from ..window.controls import label
from ..window.keys import with_key
from .current_queue import CHOSEN, Queues
from .queues import QUEUES

_ALL = "All frames"
_TIP = (
    "A queue puts the frames that need you first; the keys stay the same, and after a"
    " verdict the next frame comes"
)


class QueueRow(QWidget):
    """A choice of queues, and how far one has come."""

    def __init__(self, context: ReviewContext, queues: Queues) -> None:
        super().__init__()
        self.setObjectName("queue_row")
        self._queues = queues
        self.choice = QComboBox()
        self.choice.setObjectName("queue_choice")
        self.choice.setToolTip(with_key(_TIP, "next_queue"))
        self.choice.setMinimumContentsLength(8)
        policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        self.choice.setSizeAdjustPolicy(policy)
        self.choice.addItem(_ALL, "")
        for name, queue in QUEUES.items():
            self.choice.addItem(queue.title, name)
            self.choice.setItemData(self.choice.count() - 1, queue.tip, 3)  # tooltip
        self.choice.activated.connect(
            lambda _row: queues.begin(self.choice.currentData())
        )
        self.words = label("queue_words", role="quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label("queue_title", "Go through"))
        row.addWidget(self.choice, 1)
        row.addWidget(self.words)
        queues.changed.connect(self._show)
        context.selected_changed.connect(self._show)
        context.table_changed.connect(self._show)
        self._show()

    def _show(self, *_what: object) -> None:
        self.choice.removeItem(self.choice.findData(CHOSEN))  # of -1 there is none
        if self._queues.title:
            self.choice.addItem(f"Plot: {self._queues.title}", CHOSEN)
        self.choice.setCurrentIndex(self.choice.findData(self._queues.name))
        said = self._queues.words()
        self.words.setText(said)
        self.words.setVisible(bool(said))  # else its margin pushes the choice aside
