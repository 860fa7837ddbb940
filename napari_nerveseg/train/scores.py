"""The scores of a run: every measure, its interval, and what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from .. import _engine
from ..window.controls import label


class TrainScores(QWidget):
    """Shows what a training, a cross-validation or an evaluation returned."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("train_scores")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._inside = QWidget()
        layout.addWidget(self._inside)
        self.panels: list[_engine.Panel] = []
        self.hide()

    def show_result(self, result: Mapping[str, Any]) -> None:
        """Show a result's scores; without any, nothing."""
        self.panels = _engine.panels(result) if result else []
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        for panel in self.panels:
            rows.addLayout(_title(panel))
            rows.addLayout(_table(panel))
            for reservation in panel.unfit:
                rows.addWidget(_warning(reservation.text))
        layout = self.layout()
        assert layout is not None
        layout.replaceWidget(self._inside, inside)
        self._inside.deleteLater()
        self._inside = inside
        self.setVisible(bool(self.panels))


def _title(panel: _engine.Panel) -> QVBoxLayout:
    head = QVBoxLayout()
    head.addWidget(label("score_title", panel.title, role="heading", wraps=True))
    frames = f"{panel.n_frames:,} frames, {panel.n_nerve_frames:,} with a nerve"
    head.addWidget(label("score_frames", frames, role="quiet", wraps=True))
    return head


def _table(panel: _engine.Panel) -> QGridLayout:
    table = QGridLayout()
    table.setHorizontalSpacing(10)
    table.setVerticalSpacing(1)
    table.setColumnStretch(3, 1)
    for n, row in enumerate(panel.rows):
        ends = row.interval
        interval = f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""
        for column, text in enumerate((row.name, row.shown, interval)):
            cell = label(f"score_{row.key}", text)
            cell.setToolTip(f"{row.meaning}" + (". 95 % interval" if interval else ""))
            table.addWidget(cell, n, column)
        if row.warning:
            table.addWidget(_warning(row.warning), n, 3)
    return table


def _warning(text: str) -> QLabel:
    said = label("score_warning", text, wraps=True)
    said.setProperty("level", "error")
    said.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return said
