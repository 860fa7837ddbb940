"""Two runs beside each other: settings that differ, scores, curves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qtpy.QtWidgets import (
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .. import _engine
from ..canvas import colours
from ..window.context import ReviewContext
from ..window.controls import ROW_HEIGHT, label
from ..window.dialog import Dialog
from .curves import Plots, RunLines
from .runs import Run, differences


class ComparedCurves(Plots):
    """Run A and run B, each in one colour in both plots.

    Parameters
    ----------
    a, b
        The runs. Of a cross-validation each fold is a line.
    """

    def __init__(self, a: Run, b: Run, parent: QWidget | None = None) -> None:
        tip = "Loss (dashed: validation) and validation Dice of both runs"
        super().__init__("compared_curves", tip, parent)
        self.lines = (
            self._draw(a, "A", colours.MASK_A),
            self._draw(b, "B", colours.MASK_B),
        )

    def _draw(self, run: Run, name: str, colour: str) -> list[RunLines]:
        folds = sorted({event.get("fold", 0) for event in run.epochs})
        drawn = {fold: RunLines(self, colour, colour) for fold in folds}
        for event in run.epochs:
            drawn[event.get("fold", 0)].add(event)
        for lines in list(drawn.values())[:1]:
            self.legend.addItem(lines.items["train_loss"], name)
        return list(drawn.values())


_SAME = "All settings are the same."


class RunsCompare(Dialog):
    """A is the upper of the two in the list.

    Parameters
    ----------
    context
        Whose theme it takes.
    a, b
        The runs.
    parent
        Above which it appears.
    """

    def __init__(self, context: ReviewContext, a: Run, b: Run, parent: QWidget) -> None:
        super().__init__(parent, "runs_compare", "Compare two runs")
        self.settings = _table("compare_settings", "Setting", differences(a, b))
        self.settings.setToolTip("The settings that differ")
        self.scores = _table("compare_scores", "Score", score_rows(a, b))
        self.scores.setToolTip("The scores of both runs; arrow keys scroll")
        self.curves = ComparedCurves(a, b)
        self.curves.set_palette(context.theme_palette())
        context.theme_changed.connect(self.curves.set_palette)
        context.session_changed.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(label("compare_a", f"A  {a.name}", "heading"))
        layout.addWidget(label("compare_b", f"B  {b.name}", "heading"))
        for name, colour in (("a", colours.MASK_A), ("b", colours.MASK_B)):
            line: Any = self.findChild(QWidget, f"compare_{name}")
            line.setStyleSheet(f"border-left: 6px solid {colour}; padding-left: 6px")
        layout.addWidget(self.scores, 3)
        if self.settings.rowCount():
            layout.addWidget(self.settings, 2)
        else:
            layout.addWidget(label("compare_same", _SAME, "quiet"))
        layout.addWidget(self.curves, 4)
        layout.addWidget(self.closer())
        self.resize(680, 780)


def score_rows(a: Run, b: Run) -> list[tuple[str, str, str]]:
    """Return every measure of either run: its name with the part, A's, B's."""
    one, other = _measures(a), _measures(b)
    names = list(dict.fromkeys([*one, *other]))
    return [(name, one.get(name, ""), other.get(name, "")) for name in names]


def _measures(run: Run) -> dict[str, str]:
    found = {}
    for panel in _engine.panels(run.result) if run.result else []:
        part = panel.title.partition(",")[0]  # what it is scored on, not when
        for row in panel.rows:
            found[f"{part}: {row.name}"] = row.shown
    if not found and run.validation is not None:
        found["Best epoch: validation Dice"] = f"{run.validation:.4f}"
    return found


def _table(name: str, what: str, rows: Iterable[tuple[str, Any, Any]]) -> QTableWidget:
    lines = list(rows)
    made = QTableWidget(len(lines), 3)
    made.setObjectName(name)
    made.setAccessibleName(what)
    made.setHorizontalHeaderLabels([what, "A", "B"])
    made.setAlternatingRowColors(True)
    made.setShowGrid(False)
    made.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    made.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
    made.setTabKeyNavigation(False)
    made.verticalHeader().hide()
    made.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
    head = made.horizontalHeader()
    head.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for row, line in enumerate(lines):
        for column, value in enumerate(line):
            made.setItem(row, column, QTableWidgetItem(_shown(value)))
    return made


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
