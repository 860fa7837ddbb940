"""The question that masks with several labels raise: which of them is the nerve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QComboBox

from .. import _engine
from ..review.session import ReviewSession
from ..window.context import ReviewContext
from ..window.controls import button, label
from .question_row import QuestionRow

if TYPE_CHECKING:
    from .._engine import DataSet, Scan


#: Mask files that are looked into, and labels above which it is no label mask.
FILES, MOST_LABELS = 8, 32

_KINDS = ("labels", "grey-levels")


def labels_to_choose(dataset: DataSet, scan: Scan | None) -> tuple[int, ...]:
    """Return the labels other than 0 of which one may be the nerve, rising.

    Empty if the masks have two levels as usual, or the nerve's label is known.
    """
    if scan is None or dataset.nerve_label is not None:
        return ()
    frames = [p.frame for p in scan.problems if p.kind in _KINDS and p.frame]
    found: set[int] = set()
    for frame in frames[:FILES]:
        found |= _labels(dataset, frame)
    return tuple(sorted(found - {0}))


def _labels(dataset: DataSet, frame: str) -> set[int]:
    entry = dataset.entry(frame)
    if entry.mask_path is None:
        return set()
    try:
        labels = _engine.labels_in(entry.mask_path, entry.mask_page)
    except _engine.InputError:
        return set()
    return labels if len(labels) <= MOST_LABELS else set()


class NerveLabelRow(QuestionRow):
    """Shown where masks hold several labels."""

    def __init__(self, context: ReviewContext) -> None:
        super().__init__(context, "nerve_label_row", self._ask_of)
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
