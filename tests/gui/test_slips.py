"""What a slip of the hand must not spoil, and tools that work wherever the focus is."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QApplication,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTableView,
    QToolButton,
)

from napari_nerveseg.canvas import compat
from napari_nerveseg.canvas.kinds import IMAGE
from napari_nerveseg.review.actions import Mend, Paint, Propagate, SetStatus, Undo
from napari_nerveseg.review.mask_tools import doubts, spills
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.window.context import ReviewContext
from tests.gui.conftest import SHAPE, Press, child, mask, stroke, truth
from tests.toys import disc


def hear(context: ReviewContext) -> list[str]:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    return said


def ring() -> np.ndarray:
    return disc(SHAPE, (30, 40), 14) & ~disc(SHAPE, (30, 40), 11)


def test_a_fill_without_a_closed_outline_stores_nothing(context: ReviewContext) -> None:
    session, said = context.session, hear(context)
    assert session is not None
    context.go("1_2")
    before, layer = mask(context, "1_2"), truth(context)
    layer.mode = "fill"
    layer.fill((60, 75), 1)
    QApplication.processEvents()
    assert np.array_equal(mask(context, "1_2"), before)
    assert np.array_equal(layer.data != 0, before)
    assert session.history("1_2") == []
    assert said[-1].startswith("Nothing was filled: no closed outline")


def test_a_fill_within_an_outline_is_one_step(context: ReviewContext) -> None:
    session = context.session
    assert session is not None
    session.do(Paint("1_1", ring()))
    session.flush()
    context.bridge.layers.refresh()  # type: ignore[union-attr]
    layer = truth(context)
    layer.mode = "fill"
    layer.fill((30, 40), 1)
    assert np.array_equal(mask(context, "1_1"), disc(SHAPE, (30, 40), 14))


def test_spills_and_doubts() -> None:
    empty = np.zeros(SHAPE, bool)
    assert not spills(ring(), disc(SHAPE, (30, 40), 14))
    assert not spills(disc(SHAPE, (0, 40), 9), disc(SHAPE, (0, 40), 9))
    for place in ((0, 5), (63, 5), (5, 0), (5, 79)):
        new = empty.copy()
        new[place] = True
        assert spills(empty, new)
        assert not spills(new, empty)
    assert doubts(empty, 0.2) == ""
    assert doubts(disc(SHAPE, (30, 40), 14), 0.2) == ""
    assert doubts(np.ones(SHAPE, bool), 0.2) == "covers 100% of the frame"
    cross = empty.copy()
    cross[32], cross[:, 40] = True, True
    assert doubts(cross, 0.2) == "touches all four borders of the frame"
    assert doubts(cross, 0.01) == "covers 3% of the frame"


@pytest.mark.parametrize("how", ["stroke", "mend"])
def test_an_edit_after_the_approval_makes_a_frame_unreviewed_again(
    context: ReviewContext, how: str
) -> None:
    session, said = context.session, hear(context)
    assert session is not None
    session.do(SetStatus(("1_1", "1_2"), "approved"))
    context.go("1_2")
    before = mask(context, "1_2")
    if how == "stroke":
        stroke(truth(context))
    else:
        session.do(Mend("1_2", "grow", 3))
    session.flush()
    assert (session.row("1_2").status, session.row("1_1").status) == (
        "unreviewed",
        "approved",
    )
    assert not np.array_equal(mask(context, "1_2"), before)
    assert "Frame 1_2 was approved: it is unreviewed again." in said
    session.do(Undo("1_2"))  # mask and approval are one act
    assert session.row("1_2").status == "approved"
    assert np.array_equal(mask(context, "1_2"), before)


def test_several_that_were_approved_are_said_in_one_sentence(
    context: ReviewContext,
) -> None:
    session, said = context.session, hear(context)
    assert session is not None
    session.do(SetStatus(("1_1", "1_3", "2_1"), "approved"))
    session.do(Propagate("1_2", ("1_1", "1_3")))
    assert [session.row(f).status for f in ("1_1", "1_3", "2_1")] == [
        *("unreviewed", "unreviewed", "approved")
    ]
    assert [text for text in said if "approved:" in text] == [
        "2 frames were approved: they are unreviewed again."
    ]


def test_a_doubtful_mask_asks_for_a_second_look(window: NerveReview) -> None:
    session, bar = window.context.session, window.second_look
    assert session is not None
    before = mask(window.context, "1_1")
    session.do(Paint("1_1", np.ones(SHAPE, bool)))
    assert bar.isVisible()
    assert bar.words.text() == (
        "The mask of frame 1_1 covers 100% of the frame: is that a nerve?"
    )
    child(window, "second_look_undo", QPushButton).click()
    session.flush()
    assert np.array_equal(mask(window.context, "1_1"), before)
    assert not bar.isVisible()
    session.do(Paint("1_1", np.ones(SHAPE, bool)))
    child(window, "second_look_keep", QPushButton).click()
    assert not bar.isVisible()
    assert mask(window.context, "1_1").all()
    window.context.go("1_2")
    window.context.go("1_1")  # looked at already
    assert not bar.isVisible()


def test_how_large_a_nerve_may_be_can_be_set(window: NerveReview) -> None:
    session = window.context.session
    assert session is not None
    nerve = disc(SHAPE, (30, 40), 12)  # 9 % of the frame
    session.do(Paint("1_1", nerve))
    assert not window.second_look.isVisible()
    window.show_tab("Mend")
    child(window, "largest_nerve", QSpinBox).setValue(5)
    session.do(Paint("1_1", nerve | disc(SHAPE, (30, 40), 13)))
    assert window.second_look.isVisible()


def test_drawing_keys_work_with_the_focus_in_the_table(
    window: NerveReview, press: Press
) -> None:
    context, table = window.context, child(window, "frames_table", QTableView)
    assert context.bridge is not None
    for key, mode in (
        (Qt.Key.Key_3, "polygon"),
        (Qt.Key.Key_E, "erase"),
        (Qt.Key.Key_4, "fill"),
        (Qt.Key.Key_Z, "pan_zoom"),
        (Qt.Key.Key_P, "paint"),
    ):
        image = context.bridge.layers.layer(IMAGE)
        context.viewer.layers.selection.active = image
        press(key, at=table)
        assert str(truth(context).mode) == mode
        assert context.viewer.layers.selection.active is truth(context)
        assert child(window.tools, f"tool_{mode}", QToolButton).isChecked()
        assert QApplication.focusWidget() is compat.canvas_widget(context.viewer)
    size = truth(context).brush_size
    press(Qt.Key.Key_BracketRight, at=table)
    assert truth(context).brush_size == size + 1
    assert child(window.tools, "brush_size", QToolButton).text() == f"{size + 1:.0f}"
    line = child(window, "frames_filter", QLineEdit)
    press(Qt.Key.Key_3, at=line)
    assert line.text() == "3"  # typed, not drawn


def test_a_polygon_that_was_begun_stays_with_its_frame(
    window: NerveReview, press: Press
) -> None:
    context, said = window.context, hear(window.context)
    press(Qt.Key.Key_3)
    points = [[10.0, 10.0], [10.0, 40.0], [40.0, 40.0]]
    truth(context)._overlays["polygon"].points = points
    before = mask(context, "1_2")
    press(Qt.Key.Key_D)
    assert context.current() == "1_2"
    assert "The polygon that was begun on frame 1_1 is dropped." in said
    press(Qt.Key.Key_Return)
    assert np.array_equal(mask(context, "1_2"), before)
    assert not truth(context)._overlays["polygon"].points


def test_naparis_panels_are_folded_away_and_come_back_by_a_key(
    window: NerveReview, press: Press
) -> None:
    viewer = window.context.viewer
    docks = compat.side_panels(viewer)
    canvas = compat.canvas_widget(viewer)
    assert not any(dock.isVisible() for dock in docks)
    assert canvas.width() >= 1000  # of 1400
    press(Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert all(dock.isVisible() for dock in docks)
    press(Qt.Key.Key_H, Qt.KeyboardModifier.ShiftModifier)
    assert not any(dock.isVisible() for dock in docks)
    window.close_review()
    assert all(dock.isVisible() for dock in docks)
