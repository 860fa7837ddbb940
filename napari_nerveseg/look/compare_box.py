"""Two models, or two versions of the labels, against each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QTimer
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QListView,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..review.comparison import Comparison
from ..review.mask_sources import FOLDER, MaskSource, other_predictions, sources
from ..window.context import ReviewContext
from ..window.controls import button, label
from ..window.line_list import LineList
from ..window.wrapping import WrappingRow

if TYPE_CHECKING:
    from ..review.comparison import Difference


class DifferenceList(LineList):
    """One line a frame, in the order given."""

    def words(self, item: Difference) -> str:
        """Return a difference in one line."""
        return difference_words(item)


def difference_words(line: Difference) -> str:
    """Return a difference in one line."""
    a, b = (f"{area:,} px" if area else "empty" for area in line.areas)
    return f"{line.frame}   Dice {line.dice:.3f}   A {a} · B {b}"


#: Milliseconds between two looks at how far the comparison has come.
LOOK = 300
_LIST_HEIGHT = 180


class CompareBox(QWidget):
    """A and B, a button, and the frames on which they differ, the most first."""

    def __init__(self, context: ReviewContext) -> None:
        super().__init__()
        self.setObjectName("compare_box")
        self._context = context
        self._opened: list[MaskSource] = []
        self.model = DifferenceList(self)
        self.choices = tuple(self._choice(letter) for letter in ("a", "b"))
        self.open = button(
            "compare_open",
            "Other predictions…",
            "Choose a folder of predictions to compare with",
            self.choose,
        )
        self.act = button(
            "compare",
            "Compare",
            "Draw A and B on the frame, and list where they differ most",
            self.compare,
        )
        self.stop = button(
            "compare_stop", "Stop", "Take A and B off the canvas", self.end
        )
        self.words = label("compare_words", role="quiet", wraps=True)
        self.list = self._list_view()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK)
        self._timer.timeout.connect(self._show_found)
        context.session_changed.connect(self._on_session)
        context.display.comparison_changed.connect(self._show_found)
        self._on_session()

    def enter(self) -> None:
        """Offer what there is to compare now."""
        session = self._context.session
        offered = [] if session is None else [*sources(session), *self._opened]
        for n, choice in enumerate(self.choices):
            before = choice.currentText()
            choice.clear()
            for source in offered:
                choice.addItem(source.name, source)
            names = [source.name for source in offered]
            usual = names.index(FOLDER) if n and FOLDER in names else 0
            choice.setCurrentIndex(names.index(before) if before in names else usual)
        self.act.setEnabled(bool(offered))

    def choose(self) -> None:
        """Ask for a folder of predictions and offer it."""
        folder = QFileDialog.getExistingDirectory(self, "Predictions to compare with")
        if folder:
            self.add(Path(folder))

    def add(self, path: Path) -> None:
        """Offer the predictions in ``path`` as B, or say why not."""
        session = self._context.session
        if session is None:
            return
        try:
            self._opened.append(other_predictions(session, path))
        except _engine.InputError as problem:
            self._context.say_error(str(problem))
            return
        self.enter()
        self.choices[1].setCurrentIndex(self.choices[1].count() - 1)

    def compare(self) -> None:
        """Begin to compare what is chosen."""
        session = self._context.session
        a, b = (choice.currentData() for choice in self.choices)
        if session is None or a is None or b is None:
            return
        self._context.display.compare(Comparison(session.dataset.ids, a, b))
        self._timer.start()

    def end(self) -> None:
        """Compare no more."""
        self._context.display.compare(None)

    def _choice(self, letter: str) -> QComboBox:
        made = QComboBox()
        made.setObjectName(f"compare_{letter}")
        made.setToolTip(f"The masks that are {letter.upper()}")
        made.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        return made

    def _list_view(self) -> QListView:
        view = QListView()
        view.setObjectName("differences")
        view.setAccessibleName("Frames that differ")
        view.setToolTip(
            "Frames on which A and B differ, the most first; click: go there"
        )
        view.setModel(self.model)
        view.setAlternatingRowColors(True)
        view.setUniformItemSizes(True)
        view.setFixedHeight(_LIST_HEIGHT)
        view.selectionModel().currentChanged.connect(self._on_row)
        return view

    def _lay_out(self) -> None:
        grid = QGridLayout()
        for row, (letter, choice) in enumerate(
            zip(("A", "B"), self.choices, strict=True)
        ):
            title = QLabel(letter)
            title.setBuddy(choice)
            grid.addWidget(title, row, 0)
            grid.addWidget(choice, row, 1)
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(WrappingRow(self.open, self.act, self.stop))
        layout.addLayout(grid)
        layout.addWidget(self.words)
        layout.addWidget(self.list)

    def _on_session(self) -> None:
        self._opened.clear()
        self.enter()
        self._show_found()

    def _show_found(self) -> None:
        """List what is known, and stop looking when all is compared."""
        comparison = self._context.display.comparison
        self.stop.setEnabled(comparison is not None)
        for part in (self.words, self.list):
            part.setVisible(comparison is not None)
        if comparison is None:
            self._timer.stop()
            self.model.set_items(())
            return
        lines = comparison.differing()
        if lines != self.model.items:
            self.model.set_items(lines)
        self.words.setText(_words(comparison, len(lines)))
        if not comparison.waiting:
            self._timer.stop()

    def _on_row(self, current: QModelIndex, _before: QModelIndex) -> None:
        if current.isValid():
            self._context.go(self.model.items[current.row()].frame)


def _words(comparison: Comparison, differing: int) -> str:
    """Return how far the comparison has come and what it found, in words."""
    so_far = f"; {comparison.waiting:,} still to compare" if comparison.waiting else ""
    both = f"{comparison.compared:,} frames have a mask of both"
    return f"{both}, {differing:,} differ{so_far}."
