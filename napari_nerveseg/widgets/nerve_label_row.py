"""The question that masks with several labels raise: which of them is the nerve."""

from __future__ import annotations

from qtpy.QtWidgets import QComboBox

from ..model.mask_labels import labels_to_choose
from ..model.session import ReviewSession
from ..view.desk import Desk
from .controls import button, label
from .question_row import QuestionRow


class NerveLabelRow(QuestionRow):
    """Shown where masks hold several labels."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, "nerve_label_row", self._ask_of)
        self.choice = QComboBox()
        self.choice.setObjectName("nerve_label")
        self.choice.setAccessibleName("Label of the nerve")
        self.choice.setToolTip("The value of the nerve in the mask files")
        self.row.addWidget(
            label("nerve_label_words", "The masks hold several labels; nerve is")
        )
        self.row.addWidget(self.choice, 1)
        self.row.addWidget(
            button(
                "use_nerve_label",
                "Use",
                "Read the masks anew: this label is the nerve, all else is not",
                lambda: self.answer(nerve_label=self.choice.currentData()),
            )
        )

    def _ask_of(self, session: ReviewSession | None) -> bool:
        labels: tuple[int, ...] = ()
        if session is not None:
            labels = labels_to_choose(session.dataset, session.scan)
        self.choice.clear()
        for value in labels:
            self.choice.addItem(str(value), value)
        return bool(labels)
