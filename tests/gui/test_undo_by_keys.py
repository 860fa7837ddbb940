"""Edit, undo, redo over frame changes and a restart, by real keys in a real window."""

from __future__ import annotations

import numpy as np
from qtpy.QtCore import Qt

from napari_nerveseg.canvas.kinds import TRUTH
from napari_nerveseg.shell.dock import NerveReview
from tests.gui.conftest import Press, stroke

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


def mask(window: NerveReview, frame: str) -> np.ndarray:
    assert window.context.session is not None
    found = window.context.session.mask(frame)
    assert found is not None
    return np.array(found)


def draw(window: NerveReview, centre: tuple[int, int]) -> None:
    assert window.context.bridge is not None
    stroke(window.context.bridge.layers.layer(TRUTH), centre)


def test_each_frame_keeps_its_own_steps_also_over_a_restart(
    window: NerveReview, press: Press
) -> None:
    context = window.context
    assert context.session is not None
    source, project = context.session.dataset.root, context.session.project.root
    folder = {frame: mask(window, frame) for frame in ("1_1", "1_2")}
    draw(window, (10, 10))
    one_dab = mask(window, "1_1")
    draw(window, (50, 60))
    two_dabs = mask(window, "1_1")
    press(Qt.Key.Key_D)
    draw(window, (40, 20))
    press(Qt.Key.Key_Plus, SHIFT)  # grow, a second step
    drawn = mask(window, "1_2")
    press(Qt.Key.Key_S)
    press(Qt.Key.Key_Z, CTRL)
    assert np.array_equal(mask(window, "1_1"), one_dab)
    assert np.array_equal(mask(window, "1_2"), drawn)

    context.close()
    assert window.open(source, project)
    assert context.session.selected == "1_1"
    press(Qt.Key.Key_Z, CTRL | SHIFT)
    assert np.array_equal(mask(window, "1_1"), two_dabs)
    for _ in range(3):  # the last finds nothing to undo
        press(Qt.Key.Key_Z, CTRL)
    assert np.array_equal(mask(window, "1_1"), folder["1_1"])
    assert np.array_equal(mask(window, "1_2"), drawn)
    press(Qt.Key.Key_D)
    press(Qt.Key.Key_Z, CTRL)
    press(Qt.Key.Key_Z, CTRL)
    assert np.array_equal(mask(window, "1_2"), folder["1_2"])
    press(Qt.Key.Key_Z, CTRL | SHIFT)
    press(Qt.Key.Key_Z, CTRL | SHIFT)
    assert np.array_equal(mask(window, "1_2"), drawn)
    assert np.array_equal(mask(window, "1_1"), folder["1_1"])
    layer = context.bridge.layers.layer(TRUTH)  # type: ignore[union-attr]
    assert np.array_equal(layer.data != 0, drawn)


def test_keys_of_looking_and_mending_reach_the_frame(
    window: NerveReview, press: Press
) -> None:
    before = mask(window, "1_1")
    press(Qt.Key.Key_D)
    nerve = mask(window, "1_2")
    press(Qt.Key.Key_L)
    assert window.context.display.note.text.startswith("View: histogram equalised")
    press(Qt.Key.Key_C, SHIFT)
    layer = window.context.bridge.layers.layer(TRUTH)  # type: ignore[union-attr]
    assert layer.contour == 0
    press(Qt.Key.Key_Minus)
    assert 0 < mask(window, "1_2").sum() < nerve.sum()
    press(Qt.Key.Key_P, SHIFT)
    assert not mask(window, "1_2").any()
    press(Qt.Key.Key_M)
    assert "tick it where you predict" in window.header.status.text()
    assert np.array_equal(mask(window, "1_1"), before)
