"""The Frames tab: search, saved filters, pictures, bulk verdicts, queues."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QLineEdit, QPushButton, QTableView

from napari_nerveseg.frames.filter_row import (
    READY_MADE,
    FilterLine,
    forget_filter,
    saved_filters,
)
from napari_nerveseg.frames.panel import FramesPanel
from napari_nerveseg.review.actions import Paint, SetStatus
from napari_nerveseg.window.commands import Commands
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.frame_table import COLUMNS
from napari_nerveseg.window.history_dialog import HistoryDialog
from tests.gui.conftest import child
from tests.toys import disc

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALL = ["1_1", "1_2", "1_3", "2_1", "2_2", "2_3"]


@pytest.fixture
def panel(context: ReviewContext, qtbot: QtBot) -> FramesPanel:
    made = FramesPanel(context, Commands(context))
    qtbot.addWidget(made)
    made.resize(480, 860)
    made.show()
    return made


def line(panel: FramesPanel) -> FilterLine:
    found: FilterLine = child(panel, "frames_filter", FilterLine)
    return found


def click_row(
    panel: FramesPanel, qtbot: QtBot, row: int, held: Qt.KeyboardModifier
) -> None:
    view = child(panel, "frames_table", QTableView)
    middle = view.visualRect(view.model().index(row, 1)).center()
    qtbot.mouseClick(view.viewport(), LEFT, held, middle)


def press(panel: FramesPanel, qtbot: QtBot, name: str) -> None:
    qtbot.mouseClick(child(panel, name, QPushButton), LEFT)


def choose_queue(panel: FramesPanel, name: str) -> None:
    choice = child(panel, "queue_choice", QComboBox)
    choice.setCurrentIndex(choice.findData(name))
    choice.activated.emit(choice.currentIndex())


def test_a_line_that_is_not_understood_keeps_the_rows_and_says_why(
    context: ReviewContext, panel: FramesPanel
) -> None:
    line(panel).setText("subject:1")
    assert context.table.frames() == ["1_1", "1_2", "1_3"]
    line(panel).setText("subject:1 dice<")
    assert context.table.frames() == ["1_1", "1_2", "1_3"]
    assert panel.problem.isVisible()
    assert panel.problem.text().startswith("dice< needs a number")
    line(panel).setText("")
    assert context.table.frames() == ALL and not panel.problem.isVisible()


def test_the_last_word_is_completed_where_the_cursor_is(
    panel: FramesPanel, qtbot: QtBot
) -> None:
    typed = line(panel)
    qtbot.keyClicks(typed, "edited stat")
    assert typed._words.stringList() == ["status:"]
    typed._take("status:")
    assert typed.text() == "edited status:"
    assert "status:flagged" in typed._words.stringList()
    typed._take("status:flagged")
    assert typed.text() == "edited status:flagged"
    typed.setText('note:"two ner -empty')
    typed.setCursorPosition(len('note:"two ner'))
    typed._take('note:"two nerves"')
    assert typed.text() == 'note:"two nerves" -empty'


def test_the_timeline_follows_the_filter(
    context: ReviewContext, panel: FramesPanel
) -> None:
    line(panel).setText("subject:2")
    assert panel.timeline._frames == ["2_1", "2_2", "2_3"]
    assert panel.timeline.index_at(panel.timeline.width() - 1) == 2


def test_filters_are_saved_by_name_and_chosen_from_a_menu(
    context: ReviewContext, panel: FramesPanel
) -> None:
    line(panel).setText("subject:2 nerve")
    panel.filter.save(" two ")
    panel.filter.save("")
    assert saved_filters() == {"two": "subject:2 nerve"}
    line(panel).setText("")
    panel.filter._fill_menu()
    words = {action.text(): action for action in panel.filter.menu.actions()}
    assert {"two", *READY_MADE} <= words.keys()
    words["two"].trigger()
    assert line(panel).text() == "subject:2 nerve"
    forget_filter("two")
    assert saved_filters() == {}


def test_every_ready_made_filter_is_understood(panel: FramesPanel) -> None:
    for text in READY_MADE.values():
        line(panel).setText(text)
        assert not panel.problem.isVisible()


def test_several_rows_get_one_status_in_one_action_that_is_taken_back_as_one(
    context: ReviewContext, panel: FramesPanel, qtbot: QtBot
) -> None:
    session = context.session
    assert session is not None
    click_row(panel, qtbot, 1, Qt.KeyboardModifier.NoModifier)
    click_row(panel, qtbot, 3, SHIFT)
    click_row(panel, qtbot, 2, CTRL)
    click_row(panel, qtbot, 4, CTRL)
    assert context.table.chosen == ("1_2", "2_1", "2_2")
    assert child(panel, "flag_frame", QPushButton).text() == "Flag 3  T"
    assert not child(panel, "verify_empty_frame", QPushButton).isEnabled()
    press(panel, qtbot, "flag_frame")
    (action,) = session.history()
    assert action.frames == ("1_2", "2_1", "2_2")
    assert session.store.status("1_1") == "unreviewed"

    press(panel, qtbot, "frames_history")
    history = child(panel, "history_dialog", HistoryDialog)
    qtbot.mouseClick(child(history, "history_act", QPushButton), LEFT)
    assert set(session.store.statuses().values()) <= {"unreviewed"}


def test_a_selection_that_nobody_sees_gets_no_verdict(
    context: ReviewContext, panel: FramesPanel
) -> None:
    panel.table.selectAll()
    assert len(context.table.chosen) == 6
    panel.hide()
    assert context.table.chosen == ()
    panel.show()
    assert len(context.table.chosen) == 6
    context.go("2_2")
    assert context.table.chosen == ()


def test_a_flag_keeps_its_note_which_can_be_searched(
    context: ReviewContext, panel: FramesPanel, qtbot: QtBot
) -> None:
    note = child(panel, "flag_note", QLineEdit)
    qtbot.keyClicks(note, "two nerves")
    assert panel.table.isColumnHidden(COLUMNS.index("note"))
    qtbot.keyClick(note, Qt.Key.Key_Return)
    assert context.session is not None
    assert context.session.selected == "1_2" and note.text() == ""
    assert context.session.row("1_1").note == "two nerves"
    assert not panel.table.isColumnHidden(COLUMNS.index("note"))
    line(panel).setText('note:"two nerves"')
    assert context.table.frames() == ["1_1"]


def test_pictures_are_drawn_anew_when_a_mask_changes(
    context: ReviewContext, panel: FramesPanel
) -> None:
    session, role = context.session, Qt.ItemDataRole.DecorationRole
    assert session is not None
    assert context.table.data(context.table.index(1, 0), role) is None
    panel.thumbnails.setChecked(True)
    before = (
        context.table.data(context.table.index(1, 0), role).pixmap(96, 68).toImage()
    )
    again = context.table.data(context.table.index(1, 0), role).pixmap(96, 68).toImage()
    assert before == again
    session.do(Paint("1_2", disc((64, 80), (40, 60), 14)))
    session.flush()
    assert (
        context.table.data(context.table.index(1, 0), role).pixmap(96, 68).toImage()
        != before
    )
    panel.thumbnails.setChecked(False)
    assert context.table.data(context.table.index(1, 0), role) is None


def test_a_queue_keeps_its_order_and_says_where_one_is(
    context: ReviewContext, panel: FramesPanel
) -> None:
    session = context.session
    assert session is not None
    session.do(SetStatus(("2_1", "1_2", "2_2"), "flagged"))
    choose_queue(panel, "flagged")
    words = child(panel, "queue_words")
    assert context.table.frames() == ["1_2", "2_1", "2_2"]
    assert session.selected == "1_2"
    assert words.text() == "1 of 3 · 0 judged"
    panel.judge._commands.set_status("approved")
    assert context.table.frames() == ["1_2", "2_1", "2_2"]
    assert session.selected == "2_1"
    assert words.text() == "2 of 3 · 1 judged"
    choose_queue(panel, "")
    assert context.table.frames() == ALL and words.text() == ""


def test_an_empty_queue_is_told_and_not_begun(
    context: ReviewContext, panel: FramesPanel
) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    choose_queue(panel, "label-errors")
    assert said[-1].startswith("To doubt labels, run nerveseg crossval")
    assert child(panel, "queue_choice", QComboBox).currentData() == ""
    assert context.table.frames() == ALL
    panel.handlers()["next_queue"]()  # over the empty ones to the first with frames
    assert panel.queues.name == "unreviewed"
    panel.handlers()["next_queue"]()
    assert panel.queues.name == ""


def test_in_a_queue_an_accepted_prediction_is_the_verdict(
    context: ReviewContext, panel: FramesPanel
) -> None:
    from napari_nerveseg.review.predictions import LivePrediction

    session = context.session
    assert session is not None
    mask = disc((64, 80), (40, 40), 9)
    said = LivePrediction(mask * np.uint8(200), mask, 0.9, "best")
    session.take_prediction("1_1", said)
    panel.judge._commands.accept_prediction()
    assert session.selected == "1_1"  # outside a queue one goes on looking at it
    assert session.store.status("1_1") == "unreviewed"
    choose_queue(panel, "unreviewed")
    session.take_prediction("1_1", said)
    panel.judge._commands.accept_prediction()
    assert session.store.status("1_1") == "approved"
    assert session.selected == "1_2"


def test_draw_takes_the_brush_for_the_frame_on_screen(
    context: ReviewContext, panel: FramesPanel, qtbot: QtBot
) -> None:
    press(panel, qtbot, "edit_frame")
    active = context.viewer.layers.selection.active
    assert context.owns(active) and active.mode == "paint"
    assert active.visible and active.selected_label == 1


def test_another_folder_ends_the_queue(
    context: ReviewContext, panel: FramesPanel, toy_folder, tmp_path
) -> None:
    choose_queue(panel, "unreviewed")
    assert context.open(toy_folder, tmp_path / "another")
    assert panel.queues.name == "" and context.table.frames() == ALL


def test_a_row_out_of_sight_is_brought_to_the_middle_and_one_in_sight_stays(
    context: ReviewContext, panel: FramesPanel, qtbot: QtBot
) -> None:
    view = child(panel, "frames_table", QTableView)
    view.setFixedHeight(
        view.horizontalHeader().height() + 3 * view.rowHeight(0) + 2 * view.frameWidth()
    )
    qtbot.waitUntil(lambda: view.viewport().height() < 4 * view.rowHeight(0))
    tops = []
    for frame in ALL[:5]:
        context.go(frame)
        tops.append(view.rowAt(0))
    assert tops[:3] == [0, 0, 0]
    assert tops[3] > 1, "the row scrolled by one only, at the edge"
    assert tops[4] == tops[3], "a row that was in sight made the table scroll"
