"""Two readers compared: the table, and the groups that somebody has to adjudicate."""

from __future__ import annotations

from html import escape

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..review.readings import (
    Compared,
    ReaderAgreement,
    ReaderComparison,
    begin_adjudication,
    readings,
)
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.dialog import Dialog

_NONE = (
    "Nobody has read these groups blind yet. The second reader writes a name, presses "
    "'Read blind' and decides the same groups; then the two are compared here."
)

#: (width, height) in pixels, with something to compare and without.
_SIZE, _WORDS_ONLY = (560, 480), (480, 140)


class AgreementDialog(Dialog):
    """Compares the project's labels with a blind reading, anew after each verdict."""

    def __init__(self, context: ReviewContext, parent: QWidget) -> None:
        super().__init__(parent, "agreement_dialog", "Agreement of two readers")
        self._context = context
        self._rows: list[Compared] = []
        self._comparison: ReaderComparison | None = None
        self._seen = -1  # the newest action that the table knows of
        self.reader = QComboBox()
        self.reader.setObjectName("agreement_reader")
        self.reader.setAccessibleName("Reading to compare with")
        self.reader.setToolTip("The blind reading to compare with")
        if context.session is not None:
            self.reader.addItems(readings(context.session.project))
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
        context.session_changed.connect(self.close)
        context.conflicts_changed.connect(self._follow)
        self._fill()

    def _follow(self) -> None:
        """Compare anew if somebody has decided something meanwhile."""
        session = self._context.session
        if session is not None and session.store.last_action != self._seen:
            self._fill()

    def _fill(self, *_what: object) -> None:
        """Compare anew; what neither reader has changed is not read again."""
        session, name = self._context.session, self.reader.currentText()
        for part in (self.reader, self.list, self.settle):
            part.setVisible(bool(name))
        if session is None or not name:
            self.table.setText(_NONE)
            self.settle.setEnabled(False)
            return
        if self._comparison is None or self._comparison.name != name:
            self._comparison = ReaderComparison(
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
        session, row = self._context.session, self.list.currentRow()
        if session is None or not 0 <= row < len(self._rows):
            return
        members = set(self._rows[row].group)
        begin_adjudication(session.store, self.reader.currentText())
        for conflict in session.conflicts():
            if members & set(conflict.frames):
                self._context.conflict_wanted.emit(conflict)
                return
        self._context.say("info", "These frames are in no conflict any more.")


def agreement_html(agreement: ReaderAgreement) -> str:
    """Return the table of the agreement."""
    differ = len(agreement.disagreements)
    rows = (
        ("Groups that both decided", f"{len(agreement.rows):,}"),
        ("of these, they differ on", f"{differ:,}"),
        ("Cohen's kappa of what they found", _number(agreement.kappa)),
        ("Mean Dice of their masks", _number(agreement.dice)),
        (f"Decided by {agreement.first} only", f"{agreement.only_first:,}"),
        (f"Decided by {agreement.second} only", f"{agreement.only_second:,}"),
    )
    lines = "".join(
        f"<tr><td>{escape(words)}&nbsp;&nbsp;</td><td><b>{escape(value)}</b></td></tr>"
        for words, value in rows
    )
    return f"<table cellpadding='2'>{lines}</table>"


def compared_words(row: Compared) -> str:
    """Return one group on which two readers differ, in one line."""
    sign = "✓" if row.adjudicated else "●"
    frames = ", ".join(row.group[:3]) + (" …" if len(row.group) > 3 else "")
    dice = "" if row.dice is None else f" · Dice {row.dice:.2f}"
    return f"{sign} {frames}:  {row.first}  against  {row.second}{dice}"


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
