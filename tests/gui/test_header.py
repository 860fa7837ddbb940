"""The status line and the dot above the tabs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from napari_nerveseg.shell.header import Header
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.controls import ElidedLabel
from tests.gui.conftest import child
from tests.toys import smooth_frame, write_kaggle


@pytest.fixture
def header(context: ReviewContext, qtbot: QtBot) -> Header:
    made = Header(context, lambda: None)
    qtbot.addWidget(made)
    return made


def status(header: Header) -> Any:
    return child(header, "status_line", ElidedLabel).text()


def test_a_warning_can_be_read_before_news_take_its_place(
    context: ReviewContext, header: Header
) -> None:
    context.said.emit("warning", "The disk is nearly full.")
    context.said.emit("progress", "Reading frames: 3 of 6")
    assert status(header) == "⚠ The disk is nearly full."
    header._warned.stop()  # as it does by itself after a while
    context.said.emit("progress", "Reading frames: 4 of 6")
    assert status(header) == "Reading frames: 4 of 6"


def test_what_somebody_did_is_answered_whatever_stood_there(
    context: ReviewContext, header: Header
) -> None:
    context.said.emit("warning", "The disk is nearly full.")
    context.said.emit("info", "Finish the stroke first.")
    assert status(header) == "Finish the stroke first."
    context.said.emit("progress", "Reading frames: 3 of 6")
    assert status(header) == "Reading frames: 3 of 6"


def test_a_newer_warning_and_another_folder_take_its_place_at_once(
    context: ReviewContext, header: Header
) -> None:
    context.said.emit("warning", "The disk is nearly full.")
    context.said.emit("error", "The disk is full.")
    assert status(header) == "✖ The disk is full."
    assert context.open_again()
    context.said.emit("info", "News.")
    assert status(header) == "News."


def test_one_frame_and_one_edit_are_counted_as_one(
    context: ReviewContext, header: Header, tmp_path: Path
) -> None:
    data = write_kaggle(tmp_path / "one", {"1_1": (smooth_frame(1), None)})
    assert context.open(data, tmp_path / "one.project")
    assert status(header).startswith("1 frame in ")
    context.pending_changed.emit(1)
    assert header.pending.toolTip() == "1 edit is being written"
    context.pending_changed.emit(2)
    assert header.pending.toolTip() == "2 edits are being written"
    context.pending_changed.emit(0)
    assert header.pending.toolTip() == "Every edit is on disk"
