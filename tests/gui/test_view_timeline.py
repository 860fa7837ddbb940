"""The timeline shows every frame and goes where one clicks and drags."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor

from napari_nerveseg.canvas import colours
from napari_nerveseg.frames.timeline import Timeline
from tests.gui.test_view_frame_table import columns


@pytest.fixture
def timeline(qtbot: QtBot) -> Timeline:
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(400, made.sizeHint().height())
    made.show()
    return made


def colour_at(timeline: Timeline, x: int, y: int) -> str:
    return QColor(timeline.grab().toImage().pixelColor(x, y)).name().upper()


def test_one_conflict_among_thousands_is_seen(timeline: Timeline) -> None:
    values = columns(5635)
    values["conflict"][:] = ""
    values["status"][:] = "approved"
    values["conflict"][2817] = "shape"
    values["status"][2817] = "flagged"
    timeline.set_columns(values)
    assert colour_at(timeline, 200, 4) == colours.CONFLICT
    assert colour_at(timeline, 200, 15) == colours.STATUS["flagged"]
    assert colour_at(timeline, 100, 15) == colours.STATUS["approved"]


def test_click_and_drag_go_there(timeline: Timeline, qtbot: QtBot) -> None:
    values = columns(100)
    timeline.set_columns(values)
    went: list[str] = []
    timeline.scrubbed.connect(went.append)
    left = Qt.MouseButton.LeftButton
    qtbot.mousePress(timeline, left, pos=QPoint(2, 10))
    timeline.set_current(went[-1])
    qtbot.mouseMove(timeline, QPoint(399, 10))
    qtbot.mouseRelease(timeline, left, pos=QPoint(399, 10))
    assert went[0] == values["frame"][0]
    assert timeline.index_at(399) == 99
    assert timeline.index_at(-5) == 0
    assert timeline.index_at(5000) == 99


def test_drag_emits_each_new_frame_once(timeline: Timeline) -> None:
    from qtpy.QtCore import QEvent, QPointF
    from qtpy.QtGui import QMouseEvent

    timeline.set_columns(columns(10))
    went: list[str] = []
    timeline.scrubbed.connect(went.append)
    timeline.scrubbed.connect(timeline.set_current)
    left = Qt.MouseButton.LeftButton
    for x in range(0, 400, 10):
        at = QPointF(x, 10)
        event = QMouseEvent(
            QEvent.Type.MouseMove, at, at, left, left, Qt.KeyboardModifier.NoModifier
        )
        timeline.mouseMoveEvent(event)
    assert went == [f"1_{n}" for n in range(1, 11)]


def test_nothing_open_draws_and_clicks_nothing(
    timeline: Timeline, qtbot: QtBot
) -> None:
    went: list[str] = []
    timeline.scrubbed.connect(went.append)
    qtbot.mouseClick(timeline, Qt.MouseButton.LeftButton)
    timeline.grab()
    assert went == []
    timeline.set_current("1_1")
    values = {name: np.asarray(value) for name, value in columns(3).items()}
    timeline.set_columns(values)
    timeline.grab()
