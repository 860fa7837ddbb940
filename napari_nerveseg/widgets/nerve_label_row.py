"""The question that masks with several labels raise: which of them is the nerve."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QComboBox, QHBoxLayout, QWidget

from ..model.mask_labels import labels_to_choose
from ..view.desk import Desk
from .controls import button, label


class NerveLabelRow(QWidget):
    """Hidden unless it has something to ask; the answer opens the folder anew."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("nerve_label_row")
        self._desk = desk
        self._seen: object = None
        self.choice = QComboBox()
        self.choice.setObjectName("nerve_label")
        self.choice.setToolTip("The value of the nerve in the mask files")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(
            label("nerve_label_words", "The masks hold several labels; nerve is")
        )
        row.addWidget(self.choice, 1)
        row.addWidget(
            button(
                "use_nerve_label",
                "Use",
                "Read the masks anew: this label is the nerve, all else is not",
                self._use,
            )
        )
        desk.session_changed.connect(self._look)
        desk.table_changed.connect(self._look)
        self.hide()

    def _look(self) -> None:
        """Ask, once for each scan, if the masks need it."""
        session = self._desk.session
        scan = session.scan if session is not None else None
        if scan is self._seen:
            return
        self._seen = scan
        labels = labels_to_choose(session.dataset, scan) if session is not None else ()
        self.choice.clear()
        for value in labels:
            self.choice.addItem(str(value), value)
        self.setVisible(bool(labels))

    def _use(self) -> None:
        source = self._desk.source
        self._desk.open(
            Path(source["data"]),
            Path(source["project"]),
            self.choice.currentData(),
            luminance=source["luminance"],
        )
