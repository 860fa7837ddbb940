"""Who reads, whether blind, and how far two readers agree."""

from __future__ import annotations

from qtpy.QtWidgets import QLineEdit, QToolButton, QWidget

from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.wrapping import WrappingRow
from .agreement_dialog import AgreementDialog


class ReaderRow(QWidget):
    """The name goes with every edit and verdict; it is remembered."""

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self.setObjectName("reader_row")
        self._context = context
        self.name = QLineEdit()
        self.name.setObjectName("reviewer")
        self.name.setAccessibleName("Reviewer")
        self.name.setToolTip("Your name: it is kept with everything that you decide")
        self.name.editingFinished.connect(self._on_name)
        self.blind = QToolButton()
        self.blind.setObjectName("read_blind")
        self.blind.setCheckable(True)
        self.blind.setText("Read blind")
        self.blind.setToolTip(
            "Decide the same groups as a second reader: from the folder's own masks,"
            " kept apart, the others' verdicts hidden"
        )
        self.blind.clicked.connect(self._on_blind)
        self.agreement = button(
            "reader_agreement",
            "Agreement…",
            "Compare with a blind reading: Cohen's kappa, Dice, what to adjudicate",
            self._open_agreement,
        )
        words = label("reviewer_words", "Reviewer")
        WrappingRow(words, self.name, self.blind, self.agreement, parent=self)
        context.session_changed.connect(self._show_state)
        self._show_state()

    def _show_state(self) -> None:
        session = self._context.session
        blind = session is not None and session.blind
        self.name.setText(session.store.author if session is not None else "")
        self.blind.setChecked(blind)
        self.agreement.setEnabled(session is not None and not blind)
        for part in (self.name, self.blind):
            part.setEnabled(session is not None)

    def _on_name(self) -> None:
        self._context.read_as(self.name.text())
        self._show_state()

    def _on_blind(self, blind: bool) -> None:
        self._context.read_blind(blind)
        self._show_state()

    def _open_agreement(self) -> None:
        AgreementDialog(self._context, self).show()
