"""The reviewer's name, a blind reading, and the agreement, in the tab."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLineEdit, QPushButton, QToolButton

from napari_nerveseg.model.actions import UndoAction
from napari_nerveseg.view.desk import Desk
from napari_nerveseg.view.memory import remembered_reviewer
from napari_nerveseg.widgets.agreement_dialog import AgreementDialog
from napari_nerveseg.widgets.conflicts_panel import ConflictsPanel
from tests.gui.conftest import child, search

LEFT = Qt.MouseButton.LeftButton
PAIRS = [("1_1", "1_3"), ("1_2", "2_1")]


@pytest.fixture
def panel(conflicts_panel: ConflictsPanel, desk: Desk) -> ConflictsPanel:
    search(desk, PAIRS)
    return conflicts_panel


def call_oneself(panel: ConflictsPanel, name: str) -> None:
    line = child(panel, "reviewer", QLineEdit)
    line.setText(name)
    line.editingFinished.emit()


def read_blind(panel: ConflictsPanel, desk: Desk, qtbot: QtBot) -> None:
    qtbot.mouseClick(child(panel, "read_blind", QToolButton), LEFT)
    search(desk, PAIRS)


def open_agreement(panel: ConflictsPanel, qtbot: QtBot) -> AgreementDialog:
    qtbot.mouseClick(child(panel, "reader_agreement", QPushButton), LEFT)
    made: AgreementDialog = child(panel, "agreement_dialog", AgreementDialog)
    return made


def test_the_name_goes_with_verdicts_and_is_remembered(
    desk: Desk, panel: ConflictsPanel, toy_folder: Path, tmp_path: Path
) -> None:
    call_oneself(panel, " Ada ")
    assert remembered_reviewer() == "Ada"
    panel.handlers()["verdict_all_empty"]()
    assert desk.session is not None
    (verdict,) = desk.session.store.verdicts()
    assert verdict.author == "Ada"
    assert desk.open(toy_folder, tmp_path / "another")
    assert child(panel, "reviewer", QLineEdit).text() == "Ada"
    call_oneself(panel, "  ")  # a name is never empty
    assert child(panel, "reviewer", QLineEdit).text() == "Ada"


def test_a_second_reader_decides_blind_and_the_two_are_compared(
    desk: Desk, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    call_oneself(panel, "Ada")
    panel.handlers()["verdict_all_empty"]()
    panel.handlers()["verdict_ambiguous"]()
    assert panel.model.rowCount() == 0
    call_oneself(panel, "Bob")
    read_blind(panel, desk, qtbot)
    assert desk.session is not None and desk.session.blind
    assert panel.model.rowCount() == 2
    assert not child(panel, "reader_agreement", QPushButton).isEnabled()
    panel.handlers()["verdict_keep_b"]()
    panel.handlers()["verdict_ambiguous"]()
    read_blind(panel, desk, qtbot)
    assert desk.session is not None and not desk.session.blind
    assert [v.author for v in desk.session.store.verdicts()] == ["Ada", "Ada"]

    dialog = open_agreement(panel, qtbot)
    assert dialog.reader.currentText() == "bob"
    assert "0.333" in dialog.table.text()  # kappa: half observed, a quarter by chance
    assert dialog.list.count() == 1
    assert dialog.list.item(0).text().startswith("● 1_1, 1_3:  all-empty  against")
    wanted: list[object] = []
    desk.conflict_wanted.connect(wanted.append)
    desk.conflict_wanted.connect(panel.show_conflict)
    qtbot.mouseClick(dialog.settle, LEFT)
    assert len(wanted) == 1
    assert panel.bench.conflict is not None
    assert panel.bench.conflict.frames == ("1_1", "1_3")
    made_empty = desk.session.history("1_3")[0]
    desk.do(UndoAction(made_empty.id))  # or there would be no nerve to keep
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


def scored(desk: Desk) -> int:
    """Return how many frames have a Dice when all is computed."""
    assert desk.session is not None
    while desk.session.work(1.0):
        pass
    return int(np.isfinite(desk.session.columns()["dice"]).sum())


def test_predictions_are_hidden_from_a_blind_reader_and_back_afterwards(
    desk: Desk, submission: Path
) -> None:
    assert desk.load_predictions(submission)
    assert scored(desk) == 2
    desk.read_blind(True)
    desk.read_as("Bob")  # a blind reading, too
    assert desk.open_again({"luminance": True})
    assert desk.session is not None and desk.session.blind
    assert desk.session.predicted_mask("1_1") is None
    assert scored(desk) == 0
    desk.read_blind(False)
    assert not desk.session.blind
    assert desk.session.predicted_mask("1_1") is not None
    assert scored(desk) == 2


def test_predictions_stay_when_the_folder_is_read_in_another_way(
    desk: Desk, submission: Path, toy_folder: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    desk.said.connect(lambda _level, text: said.append(text))
    assert desk.open_again({"luminance": True})
    assert said == []  # there were none
    assert desk.load_predictions(submission)
    assert desk.open_again({"luminance": False})
    assert scored(desk) == 2
    desk.read_blind(True)
    assert desk.open(toy_folder, tmp_path / "another")  # which they are not of
    assert desk.open_again()
    assert scored(desk) == 0


def test_predictions_that_are_gone_meanwhile_are_said_once(
    desk: Desk, submission: Path
) -> None:
    assert desk.load_predictions(submission)
    desk.read_blind(True)
    submission.unlink()
    said: list[tuple[str, str]] = []
    desk.said.connect(lambda level, text: said.append((level, text)))
    desk.read_blind(False)
    assert scored(desk) == 0
    ((level, text),) = said
    assert level == "error"
    assert "submission.csv" in text
