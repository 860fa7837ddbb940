"""The status line and the dot above the tabs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from napari_nerveseg.view.desk import Desk
from napari_nerveseg.widgets.controls import ElidedLabel
from napari_nerveseg.widgets.header import Header
from tests.gui.conftest import child
from tests.toys import smooth_frame, write_kaggle


@pytest.fixture
def header(desk: Desk, qtbot: QtBot) -> Header:
    made = Header(desk, lambda: None)
    qtbot.addWidget(made)
    return made


def status(header: Header) -> Any:
    return child(header, "status_line", ElidedLabel).text()


def test_a_warning_can_be_read_before_news_take_its_place(
    desk: Desk, header: Header
) -> None:
    desk.said.emit("warning", "The disk is nearly full.")
    desk.said.emit("progress", "Reading frames: 3 of 6")
    assert status(header) == "⚠ The disk is nearly full."
    header._warned.stop()  # as it does by itself after a while
    desk.said.emit("progress", "Reading frames: 4 of 6")
    assert status(header) == "Reading frames: 4 of 6"


def test_what_somebody_did_is_answered_whatever_stood_there(
    desk: Desk, header: Header
) -> None:
    desk.said.emit("warning", "The disk is nearly full.")
    desk.said.emit("info", "Finish the stroke first.")
    assert status(header) == "Finish the stroke first."
    desk.said.emit("progress", "Reading frames: 3 of 6")
    assert status(header) == "Reading frames: 3 of 6"


def test_a_newer_warning_and_another_folder_take_its_place_at_once(
    desk: Desk, header: Header
) -> None:
    desk.said.emit("warning", "The disk is nearly full.")
    desk.said.emit("error", "The disk is full.")
    assert status(header) == "✖ The disk is full."
    assert desk.open_again()
    desk.said.emit("info", "News.")
    assert status(header) == "News."


def test_one_frame_and_one_edit_are_counted_as_one(
    desk: Desk, header: Header, tmp_path: Path
) -> None:
    data = write_kaggle(tmp_path / "one", {"1_1": (smooth_frame(1), None)})
    assert desk.open(data, tmp_path / "one.project")
    assert status(header).startswith("1 frame in ")
    desk.pending_changed.emit(1)
    assert header.pending.toolTip() == "1 edit is being written"
    desk.pending_changed.emit(2)
    assert header.pending.toolTip() == "2 edits are being written"
    desk.pending_changed.emit(0)
    assert header.pending.toolTip() == "Every edit is on disk"
