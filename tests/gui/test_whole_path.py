"""One person, one window, from an empty dock to a prediction: clicks and keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import (
    QAbstractButton,
    QFileDialog,
    QTableView,
    QTabWidget,
)

from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.review_window import add_dock, settle
from training.data.phantom import make_phantom

from .conftest import activate, child

pytestmark = [pytest.mark.gui, pytest.mark.slow]

LEFT = Qt.MouseButton.LeftButton
#: Milliseconds within which a worker has answered, on a busy machine.
PATIENCE = 120_000


class Person:
    """Clicks, types and chooses folders as a user of the dock does."""

    def __init__(
        self, qtbot: Any, dock: NerveReview, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.qtbot, self.dock, self._patch = qtbot, dock, monkeypatch

    def click(self, name: str) -> None:
        """Press a button that can be pressed."""
        button = child(self.dock, name, QAbstractButton)
        assert button.isVisible(), f"{name} is not in view"
        assert button.isEnabled(), f"{name} cannot be pressed"
        self.qtbot.mouseClick(button, LEFT)

    def click_choosing(self, name: str, folder: Path) -> None:
        """Press a button and answer the system's dialog with ``folder``."""
        with self._patch.context() as patch:
            patch.setattr(
                QFileDialog, "getExistingDirectory", lambda *_args, **_more: str(folder)
            )
            self.click(name)

    def go_to(self, title: str) -> None:
        """Click a tab's title."""
        bar = child(self.dock, "tabs", QTabWidget).tabBar()
        titles = [bar.tabText(index) for index in range(bar.count())]
        centre: QPoint = bar.tabRect(titles.index(title)).center()
        self.qtbot.mouseClick(bar, LEFT, pos=centre)

    def press(self, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        """Press a key with the canvas in focus."""
        window = self.dock.context.viewer.window
        canvas = window._qt_viewer.canvas.native
        activate(window._qt_window, self.qtbot)
        canvas.setFocus()
        self.qtbot.waitUntil(canvas.hasFocus, timeout=20_000)
        held = modifiers[0] if modifiers else Qt.KeyboardModifier.NoModifier
        self.qtbot.keyClick(canvas, key, held)

    def wait(self, holds: Callable[[], bool]) -> None:
        """Wait until a worker has answered."""
        self.qtbot.waitUntil(holds, timeout=PATIENCE)


@pytest.fixture
def person(
    make_napari_viewer: Callable[..., Any],
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Any:
    """A user before a window in which nothing is open."""
    viewer = make_napari_viewer(show=True, strict_qt=True)
    dock = add_dock(viewer)
    main = viewer.window._qt_window
    main.resize(1400, 900)
    main.activateWindow()
    yield Person(qtbot, dock, monkeypatch)
    dock.close_review()


def test_open_look_resolve_train_predict(person: Person, tmp_path: Path) -> None:
    make_phantom(tmp_path / "set", subjects=3, frames=12, seed=1, size=(105, 145))
    data = tmp_path / "set" / "train"
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    dock, context = person.dock, person.dock.context

    _open_and_look(person, data)
    _resolve_one_conflict(person)
    run = _train(person)
    _predict_on_a_picture_from_elsewhere(person, run, tmp_path)
    settle(dock)

    assert context.session is not None
    assert len(context.session.store.verdicts()) == 1
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def _open_and_look(person: Person, data: Path) -> None:
    context = person.dock.context
    person.click_choosing("empty_open_folder", data)
    assert context.session is not None
    person.wait(lambda: context.session.scan is not None)
    table = child(person.dock, "frames_table", QTableView)
    assert table.model().rowCount() == 36
    row = table.visualRect(table.model().index(4, 0)).center()
    person.qtbot.mouseClick(table.viewport(), LEFT, pos=row)
    assert context.session.selected == "1_5"
    person.press(Qt.Key.Key_D)
    assert context.session.selected == "1_6"
    shown = context.viewer.layers["image"].data
    assert np.array_equal(shown, context.session.dataset.frame("1_6"))
    person.press(Qt.Key.Key_T)
    assert context.session.row("1_6").status == "flagged"


def _resolve_one_conflict(person: Person) -> None:
    context = person.dock.context
    person.go_to("Conflicts")
    person.click("search_duplicates")
    person.wait(lambda: context.session.duplicates is not None)
    person.wait(lambda: not person.dock.workers.busy)
    waiting = [c for c in context.session.conflicts() if c.state == "open"]
    assert waiting, "the phantom has planted conflicts"
    person.press(Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    still = [c for c in context.session.conflicts() if c.state == "open"]
    assert len(still) == len(waiting) - 1
    (decided,) = (c for c in context.session.conflicts() if c.verdict is not None)
    assert all(not context.session.mask(frame).any() for frame in decided.frames)


def _train(person: Person) -> Path:
    dock = person.dock
    person.go_to("Train")
    small = {"epochs": 1, "size": "32 x 48", "batch": 8, "threads": 1}
    for name, value in small.items():
        dock.train.form[name].value = value
    person.click("train_start")
    person.wait(lambda: not dock.workers.busy)
    words = dock.train.kept.toolTip() or dock.train.kept.text()
    assert "best.safetensors" in words
    (run,) = dock.context.session.project.runs.iterdir()
    assert (run / "best.safetensors").is_file()
    return run


def _predict_on_a_picture_from_elsewhere(
    person: Person, run: Path, tmp_path: Path
) -> None:
    dock, viewer = person.dock, person.dock.context.viewer
    person.go_to("Predict")
    person.click_choosing("choose_run", run)
    stray = tmp_path / "stray.tif"
    tifffile.imwrite(stray, np.random.default_rng(0).integers(0, 4096, (90, 70), "u2"))
    layer = viewer.open(stray, plugin="napari")[0]
    viewer.layers.selection.active = layer
    names = {each.name for each in viewer.layers}
    person.press(Qt.Key.Key_R)
    person.wait(lambda: len({each.name for each in viewer.layers} - names) == 2)
    made = [each for each in viewer.layers if each.name not in names]
    assert {each.data.shape for each in made} == {(90, 70)}
    assert "stray" in dock.predict.answer.text()
