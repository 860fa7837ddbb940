"""The reviewer's name, a blind reading, and the agreement, in the tab."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLineEdit, QPushButton, QToolButton

from napari_nerveseg.canvas.memory import remembered_reviewer
from napari_nerveseg.conflicts.agreement_dialog import AgreementDialog
from napari_nerveseg.conflicts.panel import ConflictsPanel
from napari_nerveseg.review.actions import UndoAction
from napari_nerveseg.window.context import ReviewContext
from tests.gui.conftest import child, search

LEFT = Qt.MouseButton.LeftButton
PAIRS = [("1_1", "1_3"), ("1_2", "2_1")]


@pytest.fixture
def panel(conflicts_panel: ConflictsPanel, context: ReviewContext) -> ConflictsPanel:
    search(context, PAIRS)
    return conflicts_panel


def call_oneself(panel: ConflictsPanel, name: str) -> None:
    line = child(panel, "reviewer", QLineEdit)
    line.setText(name)
    line.editingFinished.emit()


def read_blind(panel: ConflictsPanel, context: ReviewContext, qtbot: QtBot) -> None:
    qtbot.mouseClick(child(panel, "read_blind", QToolButton), LEFT)
    search(context, PAIRS)


def open_agreement(panel: ConflictsPanel, qtbot: QtBot) -> AgreementDialog:
    qtbot.mouseClick(child(panel, "reader_agreement", QPushButton), LEFT)
    made: AgreementDialog = child(panel, "agreement_dialog", AgreementDialog)
    return made


def test_the_name_goes_with_verdicts_and_is_remembered(
    context: ReviewContext, panel: ConflictsPanel, toy_folder: Path, tmp_path: Path
) -> None:
    call_oneself(panel, " Ada ")
    assert remembered_reviewer() == "Ada"
    panel.handlers()["verdict_all_empty"]()
    assert context.session is not None
    (verdict,) = context.session.store.verdicts()
    assert verdict.author == "Ada"
    assert context.open(toy_folder, tmp_path / "another")
    assert child(panel, "reviewer", QLineEdit).text() == "Ada"
    call_oneself(panel, "  ")  # a name is never empty
    assert child(panel, "reviewer", QLineEdit).text() == "Ada"


def test_a_second_reader_decides_blind_and_the_two_are_compared(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    call_oneself(panel, "Ada")
    panel.handlers()["verdict_all_empty"]()
    panel.handlers()["verdict_ambiguous"]()
    assert panel.model.rowCount() == 0
    call_oneself(panel, "Bob")
    read_blind(panel, context, qtbot)
    assert context.session is not None and context.session.blind
    assert panel.model.rowCount() == 2
    assert not child(panel, "reader_agreement", QPushButton).isEnabled()
    panel.handlers()["verdict_keep_b"]()
    panel.handlers()["verdict_ambiguous"]()
    read_blind(panel, context, qtbot)
    assert context.session is not None and not context.session.blind
    assert [v.author for v in context.session.store.verdicts()] == ["Ada", "Ada"]

    dialog = open_agreement(panel, qtbot)
    assert dialog.reader.currentText() == "bob"
    assert "0.333" in dialog.table.text()  # kappa: half observed, a quarter by chance
    assert dialog.list.count() == 1
    assert dialog.list.item(0).text().startswith("● 1_1, 1_3:  all-empty  against")
    wanted: list[object] = []
    context.conflict_wanted.connect(wanted.append)
    context.conflict_wanted.connect(panel.show_conflict)
    qtbot.mouseClick(dialog.settle, LEFT)
    assert len(wanted) == 1
    assert panel.bench.conflict is not None
    assert panel.bench.conflict.frames == ("1_1", "1_3")
    made_empty = context.session.history("1_3")[0]
    context.do(UndoAction(made_empty.id))  # or there would be no nerve to keep
    panel.handlers()["verdict_keep_b"]()
    assert dialog.list.item(0).text().startswith("✓ 1_1, 1_3:  all-empty  against")


def test_without_a_reading_it_says_how_one_comes_about(
    panel: ConflictsPanel, qtbot: QtBot
) -> None:
    dialog = open_agreement(panel, qtbot)
    assert "Nobody has read these groups blind yet" in dialog.table.text()
    assert not dialog.settle.isEnabled()


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    """Predictions for two frames."""
    table = tmp_path / "submission.csv"
    table.write_text("img,pixels\n1_1,1 3\n1_3,1 3\n", encoding="utf-8")
    return table


def scored(context: ReviewContext) -> int:
    """Return how many frames have a Dice when all is computed."""
    assert context.session is not None
    while context.session.work(1.0):
        pass
    return int(np.isfinite(context.session.columns()["dice"]).sum())


def test_predictions_are_hidden_from_a_blind_reader_and_back_afterwards(
    context: ReviewContext, submission: Path
) -> None:
    assert context.load_predictions(submission)
    assert scored(context) == 2
    context.read_blind(True)
    context.read_as("Bob")  # a blind reading, too
    assert context.open_again({"luminance": True})
    assert context.session is not None and context.session.blind
    assert context.session.predicted_mask("1_1") is None
    assert scored(context) == 0
    context.read_blind(False)
    assert not context.session.blind
    assert context.session.predicted_mask("1_1") is not None
    assert scored(context) == 2


def test_predictions_stay_when_the_folder_is_read_in_another_way(
    context: ReviewContext, submission: Path, toy_folder: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    assert context.open_again({"luminance": True})
    assert said == []  # there were none
    assert context.load_predictions(submission)
    assert context.open_again({"luminance": False})
    assert scored(context) == 2
    context.read_blind(True)
    assert context.open(toy_folder, tmp_path / "another")  # which they are not of
    assert context.open_again()
    assert scored(context) == 0


def test_predictions_that_are_gone_meanwhile_are_said_once(
    context: ReviewContext, submission: Path
) -> None:
    assert context.load_predictions(submission)
    context.read_blind(True)
    submission.unlink()
    said: list[tuple[str, str]] = []
    context.said.connect(lambda level, text: said.append((level, text)))
    context.read_blind(False)
    assert scored(context) == 0
    ((level, text),) = said
    assert level == "error"
    assert "submission.csv" in text
