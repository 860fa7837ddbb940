"""Two readers compared: the table, and the groups that somebody has to adjudicate."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..model.readings import (
    Compared,
    Comparison,
    begin_adjudication,
    readings,
)
from ..view.agreement_words import agreement_html, compared_words
from ..view.desk import Desk
from ..view.dialog import Dialog
from .controls import button, label

_NONE = (
    "Nobody has read these groups blind yet. The second reader writes a name, presses "
    "'Read blind' and decides the same groups; then the two are compared here."
)

#: (width, height) in pixels, with something to compare and without.
_SIZE, _WORDS_ONLY = (560, 480), (480, 140)


class AgreementDialog(Dialog):
    """Compares the project's labels with a blind reading, anew after each verdict."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent, "agreement_dialog", "Agreement of two readers")
        self._desk = desk
        self._rows: list[Compared] = []
        self._comparison: Comparison | None = None
        self._seen = -1  # the newest action that the table knows of
        self.reader = QComboBox()
        self.reader.setObjectName("agreement_reader")
        self.reader.setAccessibleName("Reading to compare with")
        self.reader.setToolTip("The blind reading to compare with")
        if desk.session is not None:
            self.reader.addItems(readings(desk.session.project))
        self.reader.activated.connect(self._fill)
        self.table = label("agreement_table", wraps=True)
        self.table.setTextFormat(Qt.TextFormat.RichText)
        self.list = QListWidget()
        self.list.setObjectName("disagreements")
        self.list.setAccessibleName("Disagreements")
        self.list.setToolTip("Groups on which the two differ, the most different first")
        self.list.setAlternatingRowColors(True)
        self.list.itemDoubleClicked.connect(lambda _item: self._adjudicate())
        self.settle = button(
            "adjudicate",
            "Adjudicate",
            "Show this group on the workbench; the verdict given there is the last",
            self._adjudicate,
        )
        layout = QVBoxLayout(self)
        for part in (self.reader, self.table, self.list):
            layout.addWidget(part)
        layout.addStretch(0)  # all there is while nobody has read blind
        ends = QHBoxLayout()
        ends.addWidget(self.settle, 1)
        ends.addWidget(self.closer())
        layout.addLayout(ends)
        self.resize(*(_SIZE if self.reader.count() else _WORDS_ONLY))
        desk.session_changed.connect(self.close)
        desk.conflicts_changed.connect(self._follow)
        self._fill()

    def _follow(self) -> None:
        """Compare anew if somebody has decided something meanwhile."""
        session = self._desk.session
        if session is not None and session.store.last_action != self._seen:
            self._fill()

    def _fill(self, *_what: object) -> None:
        """Compare anew; what neither reader has changed is not read again."""
        session, name = self._desk.session, self.reader.currentText()
        for part in (self.reader, self.list, self.settle):
            part.setVisible(bool(name))
        if session is None or not name:
            self.table.setText(_NONE)
            self.settle.setEnabled(False)
            return
        if self._comparison is None or self._comparison.name != name:
            self._comparison = Comparison(
                session.dataset, session.project, session.store, name
            )
        self._seen = session.store.last_action
        try:
            agreement = self._comparison.compare()
        except _engine.InputError as problem:
            self.table.setText(str(problem))
            self.settle.setEnabled(False)
            return
        row = max(self.list.currentRow(), 0)
        self._rows = agreement.disagreements
        self.table.setText(agreement_html(agreement))
        self.list.clear()
        self.list.addItems([compared_words(each) for each in self._rows])
        self.list.setCurrentRow(min(row, len(self._rows) - 1))
        self.settle.setEnabled(bool(self._rows))

    def _adjudicate(self) -> None:
        session, row = self._desk.session, self.list.currentRow()
        if session is None or not 0 <= row < len(self._rows):
            return
        members = set(self._rows[row].group)
        begin_adjudication(session.store, self.reader.currentText())
        for conflict in session.conflicts():
            if members & set(conflict.frames):
                self._desk.conflict_wanted.emit(conflict)
                return
        self._desk.say("info", "These frames are in no conflict any more.")
