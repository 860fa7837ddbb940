"""A queue of twenty frames judged by keyboard alone, in the real window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_nerveseg.canvas.kinds import IMAGE
from napari_nerveseg.review.predictions import LivePrediction
from napari_nerveseg.shell.dock import NerveReview
from tests.gui.conftest import Press, stroke
from tests.toys import disc, smooth_frame, write_kaggle

pytestmark = pytest.mark.gui

SHAPE = (64, 80)
SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
TRUTH, PREDICTED = disc(SHAPE, (30, 40), 12), disc(SHAPE, (30, 44), 12)


@pytest.fixture
def toy_folder(tmp_path: Path) -> Path:
    """Twenty frames of four subjects, each with a nerve."""
    names = [f"{1 + n // 5}_{1 + n % 5}" for n in range(20)]
    frames = {name: (smooth_frame(k), TRUTH) for k, name in enumerate(names)}
    return write_kaggle(tmp_path / "data", frames)


def test_twenty_frames_by_keyboard_alone(
    window: NerveReview, press: Press, qtbot: QtBot
) -> None:
    context, session = window.context, window.context.session
    assert session is not None and context.bridge is not None
    said = LivePrediction(PREDICTED * np.uint8(200), PREDICTED, 0.9, "run 7")
    for frame in session.dataset.ids:
        session.take_prediction(frame, said)
    while session.work(1.0):
        pass
    press(Qt.Key.Key_Q, SHIFT)  # conflicts are none: the first queue is worst Dice
    assert window.frames.queues.name == "worst-dice"
    order = context.table.frames()
    assert len(order) == 20

    def judge(key: Any, held: Any = NONE) -> None:
        """Give one verdict; the next frame is there before the key is up."""
        frame = session.selected
        press(key, held)
        if frame != order[-1]:
            assert session.selected == order[order.index(str(frame)) + 1]
        image = context.bridge.layers.layer(IMAGE)  # type: ignore[union-attr]
        assert np.array_equal(image.data, session.frame(session.selected))

    for key in (Qt.Key.Key_G, Qt.Key.Key_O, Qt.Key.Key_A, Qt.Key.Key_Y, Qt.Key.Key_T):
        judge(key)
    judge(Qt.Key.Key_D)  # skipped
    press(Qt.Key.Key_S)  # and back
    assert session.selected == order[5]
    judge(Qt.Key.Key_D)

    press(Qt.Key.Key_M, SHIFT)
    qtbot.keyClicks(QApplication.focusWidget(), "two nerves")
    judge(Qt.Key.Key_Return)
    press(Qt.Key.Key_E, SHIFT)
    stroke(context.viewer.layers.selection.active, (5, 5))  # the brush is the mouse's
    judge(Qt.Key.Key_G)
    for _ in order[8:]:
        judge(Qt.Key.Key_A)

    status = {frame: session.store.status(frame) for frame in order}
    assert [status[frame] for frame in order[:8]] == [
        *("approved", "approved", "approved", "excluded", "flagged"),
        *("unreviewed", "flagged", "approved"),
    ]
    assert {status[frame] for frame in order[8:]} == {"approved"}
    assert not session.mask(order[1]).any()  # type: ignore[union-attr]
    assert np.array_equal(session.mask(order[2]), PREDICTED)
    version = session.store.mask_version(order[2])
    assert version is not None and version.source == "prediction:run 7"
    assert session.row(order[6]).note == "two nerves"
    assert session.mask(order[7])[5, 5]  # type: ignore[index]
    assert window.frames.queues.words() == "20 of 20 · 19 judged"
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)  # of this frame alone
    assert np.array_equal(session.mask(order[-1]), TRUTH)
    assert np.array_equal(session.mask(order[-2]), PREDICTED)
