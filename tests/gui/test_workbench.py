"""Comparing two frames, the filmstrip, chosen frames, reasons, and the pace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QLineEdit

from napari_nerveseg.canvas import colours, compat
from napari_nerveseg.canvas.compare import PairView
from napari_nerveseg.canvas.kinds import DIFFERENCE, IMAGE, OTHER, TRUTH
from napari_nerveseg.canvas.thumbnails import SIZE, draw
from napari_nerveseg.conflicts.blink import RATES
from napari_nerveseg.conflicts.filmstrip import Filmstrip
from napari_nerveseg.conflicts.panel import ConflictsPanel
from napari_nerveseg.conflicts.verdict_box import PRESETS
from napari_nerveseg.conflicts.workbench import A, B
from napari_nerveseg.window.context import ReviewContext
from tests.gui.conftest import child, search, stroke
from tests.model.toy_review import stored
from tests.toys import disc, smooth_frame

#: A triple (1_1 empty, 1_3 and 2_1 with the same nerve) and a pair.
TRIPLE = [("1_1", "1_3"), ("1_3", "2_1"), ("1_1", "2_1")]


@pytest.fixture
def panel(conflicts_panel: ConflictsPanel, context: ReviewContext) -> ConflictsPanel:
    search(context, TRIPLE)
    return conflicts_panel


def pair(context: ReviewContext) -> PairView:
    assert context.pair is not None
    return context.pair


def layer(context: ReviewContext, side: int, kind: str) -> Any:
    found = pair(context).sides[side].layer(kind)
    assert found is not None
    return found


def press(panel: ConflictsPanel, *commands: str) -> None:
    for command in commands:
        panel.handlers()[command]()


def test_the_filmstrip_is_walked_by_its_own_keys(
    panel: ConflictsPanel, qtbot: QtBot
) -> None:
    bench, strip = panel.bench, child(panel, "filmstrip")
    assert bench.conflict is not None
    frames = bench.conflict.frames
    here = frames.index(bench.cursor)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Space):
        qtbot.keyClick(strip, key)
    there = frames[(here + 1) % len(frames)]
    assert (bench.cursor, bench.chosen) == (there, {there})
    assert frames[strip.currentIndex().row()] == there
    qtbot.keyClick(strip, Qt.Key.Key_Return)
    assert bench.sides[A] == there


def test_blinking_shows_one_frame_at_a_time_and_gives_both_back(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    grid, camera = compat.grid(context.viewer), compat.camera(context.viewer)
    camera.zoom = 3.25
    layer(context, B, TRUTH).visible = False
    seen: list[int | None] = []
    panel.blink.set_seconds(RATES[0])
    press(panel, "blink")
    assert panel.blink.on and not grid.enabled
    for _ in range(3):
        turn = pair(context).turn
        seen.append(turn)
        shown = [layer(context, n, IMAGE).visible for n in (A, B)]
        assert shown == [turn == A, turn == B]
        assert not layer(context, B, TRUTH).visible
        qtbot.waitUntil(lambda turn=turn: pair(context).turn != turn, timeout=5_000)
    assert seen == [0, 1, 0]
    press(panel, "blink")
    assert not panel.blink.on and grid.enabled and camera.zoom == 3.25
    assert all(layer(context, n, IMAGE).visible for n in (A, B))
    assert layer(context, A, TRUTH).visible and not layer(context, B, TRUTH).visible


def test_blinking_waits_for_a_stroke_and_ends_with_the_tab(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    press(panel, "blink")
    truth = layer(context, A, TRUTH)
    assert context.viewer.layers.selection.active is truth
    truth._begin_stroke()
    truth.paint((9, 9), 1)
    panel.blink._turn()
    assert pair(context).turn == A
    truth._commit_stroke()
    panel.blink._turn()
    assert pair(context).turn == B
    assert context.current() == pair(context).frames[B]
    panel.leave()
    assert not panel.blink.on and not pair(context).shown
    assert not compat.grid(context.viewer).enabled


def test_the_rate_goes_step_by_step_to_its_ends(panel: ConflictsPanel) -> None:
    rate = child(panel, "blink_rate", QComboBox)
    assert rate.currentText() == "0.5 s"
    press(panel, *["blink_quicker"] * 9)
    assert panel.blink.seconds == RATES[0] and rate.currentText() == "0.1 s"
    press(panel, *["blink_slower"] * 20)
    assert panel.blink.seconds == RATES[-1]


def test_the_difference_is_signed_and_only_looked_at(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    assert context.session is not None
    before = [
        (f, context.session.store.version(f)) for f in context.session.dataset.ids
    ]
    press(panel, "toggle_difference")
    a, b = (context.session.frame(str(f)).astype(int) for f in pair(context).frames)
    for n in (A, B):
        assert layer(context, n, DIFFERENCE).visible
        assert np.array_equal(layer(context, n, DIFFERENCE).data, a - b)
    assert (a - b).min() < 0
    press(panel, "toggle_difference")
    assert not layer(context, A, DIFFERENCE).visible
    assert [(f, context.session.store.version(f)) for f, _ in before] == before


def test_both_contours_lie_on_both_frames_and_follow_the_brush(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    press(panel, "toggle_contours")
    assert pair(context).frames == ("1_1", "1_3")
    for n in (A, B):
        other = layer(context, n, OTHER)
        assert other.visible and not other.editable
        assert np.array_equal(other.data, layer(context, 1 - n, TRUTH).data)
    stroke(layer(context, A, TRUTH), (5, 5))
    assert layer(context, B, OTHER).data[5, 5] == 1
    own = layer(context, B, TRUTH).colormap.color_dict[1]
    on_a = layer(context, A, OTHER).colormap.color_dict[1]
    assert np.array_equal(own, on_a)
    assert colours.MASK_A != colours.MASK_B


def test_the_filmstrip_puts_frames_in_view_by_key_and_mouse(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    model = panel.strip.model()
    assert isinstance(model, Filmstrip)
    assert model.frames == ("1_1", "1_3", "2_1")
    assert [model.words(f) for f in model.frames] == ["A 1_1", "B 1_3", "2_1"]
    press(panel, "strip_previous", "strip_to_b")
    assert pair(context).frames == ("1_1", "2_1")
    press(panel, "strip_next", "strip_to_b")
    assert pair(context).frames == ("2_1", "1_1")  # A's own frame: they change places
    middle = panel.strip.visualRect(model.index(1)).center()
    for modifier, frames in (
        (Qt.KeyboardModifier.NoModifier, ("1_3", "1_1")),
        (Qt.KeyboardModifier.ShiftModifier, ("1_1", "1_3")),
    ):
        qtbot.mouseClick(
            panel.strip.viewport(), Qt.MouseButton.LeftButton, modifier, middle
        )
        assert pair(context).frames == frames
    tip = model.data(model.index(0), Qt.ItemDataRole.ToolTipRole)
    assert tip == "1_1: no nerve"
    assert not model.data(model.index(0), Qt.ItemDataRole.DecorationRole).isNull()


def test_chosen_frames_are_excluded_and_all_come_back_with_one_undo(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    assert context.session is not None
    press(panel, "strip_choose", "strip_next", "strip_next", "strip_choose")
    assert panel.bench.chosen == {"1_1", "2_1"}
    button = child(panel, "verdict_exclude")
    assert button.text().startswith("Exclude 2 chosen")
    press(panel, "verdict_exclude")
    assert context.session.store.excluded() == {"1_1", "2_1"}
    assert panel.bench.chosen == set()
    press(panel, "undo_verdict")
    assert context.session.store.excluded() == set()
    assert panel.bench.conflict is not None
    assert panel.bench.conflict.frames == ("1_1", "1_3", "2_1")


def test_redraw_takes_the_brush_at_once_on_the_chosen_frame(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    assert context.session is not None
    press(panel, "strip_previous", "strip_choose", "verdict_redraw")
    assert context.session.store.status("2_1") == "flagged"
    assert context.session.store.status("1_3") == "unreviewed"
    assert "2_1" in pair(context).frames and context.current() == "2_1"
    active = context.viewer.layers.selection.active
    assert active.mode == "paint"
    stroke(active, (3, 3))
    assert context.session.mask("2_1")[3, 3]  # type: ignore[index]


def test_ready_made_reasons_come_one_after_the_other(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    assert context.session is not None
    line = child(panel, "verdict_reason", QLineEdit)
    for preset in PRESETS:
        press(panel, "next_reason")
        assert line.text() == preset
    press(panel, "next_reason")
    assert line.text() == ""
    choice = child(panel, "reason_presets", QComboBox)
    choice.activated.emit(2)
    assert line.text() == PRESETS[1] and choice.currentIndex() == 0
    press(panel, "verdict_all_empty")
    (verdict,) = context.session.store.verdicts()
    assert verdict.reason == PRESETS[1]
    assert line.text() == ""


def test_undo_without_any_verdict_says_so(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    press(panel, "undo_verdict")
    assert said == ["There is no verdict of yours to take back."]


def test_a_thumbnail_shows_the_outline_of_a_small_mask(qtbot: QtBot) -> None:
    frame, mask = smooth_frame(1, (420, 580)), disc((420, 580), (200, 300), 3)
    plain, marked = (draw(frame, each).toImage() for each in (None, mask))
    assert (plain.width(), plain.height()) <= SIZE
    assert plain != marked
    blue = [
        (x, y)
        for x in range(marked.width())
        for y in range(marked.height())
        if marked.pixelColor(x, y).name().upper() == colours.GROUND_TRUTH
    ]
    assert 4 <= len(blue) <= 12


def test_one_camera_looks_at_both_frames_and_keeps_its_view(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    grid, camera = compat.grid(context.viewer), compat.camera(context.viewer)
    assert grid.enabled and grid.stride > 0
    corners = [layer(context, n, IMAGE).translate for n in (A, B)]
    assert np.array_equal(*corners)  # cells are the grid's, the camera's view is one
    camera.zoom, camera.center = 2.5, (0.0, 20.0, 30.0)
    press(panel, "strip_next", "strip_to_b")  # another frame on the same side
    assert camera.zoom == 2.5
    assert tuple(camera.center) == (0.0, 20.0, 30.0)


def test_a_verdict_is_taken_back_on_another_day(
    context: ReviewContext, panel: ConflictsPanel, toy_folder: Path, tmp_path: Path
) -> None:
    assert context.session is not None
    before = {f: np.array(context.session.mask(f)) for f in ("1_1", "1_3", "2_1")}
    press(panel, "verdict_all_empty")
    assert not context.session.mask("1_3").any()  # type: ignore[union-attr]
    assert context.open(toy_folder, tmp_path / "project")
    context.session.take_duplicates(stored(context.session, TRIPLE))
    while context.session.work(1.0):
        pass
    press(panel, "undo_verdict")
    for frame, mask in before.items():
        assert np.array_equal(context.session.mask(frame), mask)
    assert [c.state for c in context.session.conflicts()] == ["open"]
