"""Ten conflicts of the phantom settled by keyboard alone, and all that is recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_nerveseg.canvas.kinds import DIFFERENCE, OTHER, TRUTH
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.review_window import add_dock, settle
from tests.gui.conftest import Press, stroke
from training.data import find_project, open_dataset, open_labels
from training.data.phantom import make_phantom
from training.duplicates import find_duplicates

pytestmark = [pytest.mark.gui, pytest.mark.slow]

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def phantom(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, int]:
    """A phantom with its duplicates searched while its truth is out of reach."""
    folder = tmp_path_factory.mktemp("walk")
    make_phantom(
        folder / "set", subjects=12, frames=16, seed=5, size=(105, 145), twin_rate=0.35
    )
    truth = folder / "set" / "truth.json"
    planted = json.loads(truth.read_text(encoding="utf-8"))["conflicts"]
    truth.unlink()
    data, where = folder / "set" / "train", folder / "project"
    dataset, project = open_dataset(data), find_project(data, where)
    project.make()
    labels = open_labels(dataset, project)
    find_duplicates(dataset, labels, project=project).save(project.duplicates)
    return data, where, len(planted)


@pytest.fixture
def window(
    make_napari_viewer: Callable[..., Any], phantom: tuple[Path, Path, int]
) -> Any:
    viewer = make_napari_viewer(show=True, strict_qt=True)
    dock = add_dock(viewer)
    viewer.window._qt_window.resize(1400, 900)
    assert dock.open(phantom[0], phantom[1])
    settle(dock)
    yield dock
    dock.close_review()


@pytest.fixture
def press(press: Press) -> Press:
    """As everywhere, and what the key began is done."""

    def and_finish(*keys: Any) -> None:
        press(*keys)
        QApplication.processEvents()

    return and_finish


def test_ten_conflicts_by_keyboard_alone(
    window: NerveReview, press: Press, phantom: tuple[Path, Path, int], qtbot: QtBot
) -> None:
    session = window.context.session
    assert session is not None
    before = session.conflicts("open")
    assert len(before) >= 10
    press(Qt.Key.Key_W)  # to the tab Conflicts
    assert window.tabs.currentWidget() is window.conflicts
    walk = Walk(window, press, qtbot)
    for settle_one in (
        walk.keep_after_blinking,
        walk.all_empty_with_ready_made_reason,
        walk.union_after_both_contours,
        walk.intersection_after_the_difference,
        walk.exclude_a_chosen_frame,
        walk.ambiguous_with_typed_reason,
        walk.majority,
        walk.keep_b_taken_back_and_given_again,
        walk.not_duplicates,
        walk.redrawn,
    ):
        walk.one(settle_one)
    window.workers.shut_down()
    assert len(session.conflicts("open")) <= len(before) - 9  # the redrawn waits
    verdicts = session.store.verdicts()
    assert [v.verdict for v in verdicts] == [
        *("keep", "all-empty", "union", "intersection", "exclude"),
        *("ambiguous", "majority", "keep", "not-duplicate", "redraw"),
    ]
    assert [v.reason for v in verdicts if v.reason] == [
        "no nerve visible",
        "two nerves",
    ]
    kinds = [action.kind for action in session.history()]
    assert kinds.count("verdict") == 11 and kinds.count("undo") == 1


class Walk:
    """A reviewer who never takes the mouse."""

    def __init__(self, window: NerveReview, press: Press, qtbot: QtBot) -> None:
        self.window, self.press, self.qtbot = window, press, qtbot
        self.context, self.bench = window.context, window.conflicts.bench

    def one(self, act: Callable[[], None]) -> None:
        """Settle the conflict on the bench; another one comes by itself."""
        assert self.bench.conflict is not None and self.context.pair is not None
        group = self.bench.conflict.frames
        assert self.bench.conflict.state == "open"
        assert set(self.context.pair.frames) <= set(group)
        act()
        assert self.bench.conflict is not None
        assert self.bench.conflict.frames != group
        assert set(self.context.pair.frames) <= set(self.bench.conflict.frames)

    def keep_after_blinking(self) -> None:
        pair = self.context.pair
        assert pair is not None
        self.press(Qt.Key.Key_Up, SHIFT)
        self.press(Qt.Key.Key_B)
        self.qtbot.waitUntil(lambda: pair.turn == 1, timeout=5_000)
        self.press(Qt.Key.Key_B)
        assert pair.turn is None
        self.press(Qt.Key.Key_1, CTRL)

    def all_empty_with_ready_made_reason(self) -> None:
        self.press(Qt.Key.Key_R, SHIFT)
        self.press(Qt.Key.Key_R, SHIFT)
        self.press(Qt.Key.Key_3, CTRL)

    def union_after_both_contours(self) -> None:
        self.press(Qt.Key.Key_C)
        assert self.context.visible(OTHER)
        self.press(Qt.Key.Key_C)
        self.press(Qt.Key.Key_4, CTRL)

    def intersection_after_the_difference(self) -> None:
        self.press(Qt.Key.Key_D, SHIFT)
        assert self.context.visible(DIFFERENCE)
        self.press(Qt.Key.Key_D, SHIFT)
        assert not self.context.visible(DIFFERENCE)
        self.press(Qt.Key.Key_5, CTRL)

    def exclude_a_chosen_frame(self) -> None:
        """Choose all frames but one: whatever the group, no conflict is left."""
        assert self.bench.conflict is not None and self.context.session is not None
        group = self.bench.conflict.frames
        for _ in group[1:]:
            self.press(Qt.Key.Key_Right, SHIFT)
            self.press(Qt.Key.Key_X, SHIFT)
        chosen = set(self.bench.chosen)
        assert len(chosen) == len(group) - 1
        self.press(Qt.Key.Key_7, CTRL)
        assert self.context.session.store.excluded() == chosen

    def ambiguous_with_typed_reason(self) -> None:
        self.press(Qt.Key.Key_W, SHIFT)
        line = QApplication.focusWidget()
        assert line is self.window.conflicts.verdicts.reason
        self.qtbot.keyClicks(line, "two nerves")
        self.press(Qt.Key.Key_Return)
        assert QApplication.focusWidget() is not line
        self.press(Qt.Key.Key_9, CTRL)

    def majority(self) -> None:
        self.press(Qt.Key.Key_6, CTRL)

    def keep_b_taken_back_and_given_again(self) -> None:
        session, conflict = self.context.session, self.bench.conflict
        assert session is not None and conflict is not None
        masks = {f: session.mask(f) for f in conflict.frames}
        self.press(Qt.Key.Key_2, CTRL)
        self.press(Qt.Key.Key_U, SHIFT)
        assert self.bench.conflict is not None
        assert self.bench.conflict.frames == conflict.frames
        for frame, mask in masks.items():
            assert np.array_equal(session.mask(frame), mask)
        self.press(Qt.Key.Key_2, CTRL)

    def not_duplicates(self) -> None:
        self.press(Qt.Key.Key_N, SHIFT)

    def redrawn(self) -> None:
        """Redraw waits on this conflict with the brush in the hand; W goes on."""
        self.press(Qt.Key.Key_8, CTRL)
        layer = self.context.viewer.layers.selection.active
        assert layer.mode == "paint" and self.context.owns(layer)
        frame, session = self.context.current(), self.context.session
        assert (
            frame is not None and session is not None and self.context.pair is not None
        )
        side = self.context.pair.frames.index(frame)
        assert layer is self.context.pair.sides[side].layer(TRUTH)
        stroke(layer, (50, 60))  # the brush itself is the mouse's
        assert session.mask(frame)[50, 60]  # type: ignore[index]
        self.press(Qt.Key.Key_W)


def test_all_planted_conflicts_are_found_and_none_is_invented(
    phantom: tuple[Path, Path, int],
) -> None:
    data, where, planted = phantom
    dataset, project = open_dataset(data), find_project(data, where)
    source = open_labels(dataset, project, source_only=True)
    report = find_duplicates(dataset, source, project=project)
    assert sum(pair.conflict is not None for pair in report.pairs) == planted
