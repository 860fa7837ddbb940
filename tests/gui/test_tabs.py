"""Panels are made when they are needed, and then show what they would have shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_nerveseg.look.panel import COMMANDS as OF_LOOK
from napari_nerveseg.look.panel import LookPanel
from napari_nerveseg.mend.panel import COMMANDS as OF_MEND
from napari_nerveseg.mend.panel import MendPanel
from napari_nerveseg.predict.panel import COMMANDS as OF_PREDICT
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.review_window import add_dock, settle
from napari_nerveseg.shell.tabs import Tabs
from napari_nerveseg.window.keys import COMMANDS, CONFLICTS, names_of
from tests.gui.conftest import Press, search

LATER = ("Conflicts", "Data", "Look", "Mend", "Train", "Predict")


def made(dock: NerveReview) -> list[str]:
    """Return the titles of the panels that are there."""
    return [title for title in dock.tabs.titles() if dock.tabs.made(title)]


def test_opening_makes_what_is_seen(window: NerveReview) -> None:
    assert made(window) == ["Frames"]
    assert window.tabs.title() == "Frames"
    assert window.frames.isVisible()


def test_a_panel_that_comes_late_knows_the_folder(window: NerveReview) -> None:
    width = window.width()
    for title in LATER:
        window.show_tab(title)
        assert window.tabs.currentWidget().isVisible(), title
    assert made(window) == window.tabs.titles()
    assert window.data.count.isEnabled()
    assert window.mend.model.rowCount() == 1
    assert window.train.start.isEnabled()
    assert window.predict.export.isEnabled()
    assert window.look.compare.act.isEnabled()
    assert window.width() == width


def test_conflicts_that_were_found_before_anybody_looked(
    window: NerveReview, qtbot: QtBot
) -> None:
    search(window.context, [("1_1", "1_3")])
    qtbot.waitUntil(lambda: window.noise.noise is not None, timeout=20_000)
    assert made(window) == ["Frames"]
    window.show_tab("Conflicts")
    panel = window.conflicts
    assert panel.model.rowCount() == 1
    assert list(panel.bench.sides) == ["1_1", "1_3"]
    assert not panel.noise.isHidden()


def test_keys_of_a_panel_that_nobody_has_seen(
    window: NerveReview, press: Press
) -> None:
    session = window.context.session
    assert session is not None
    window.context.go("1_3")
    before = session.mask("1_3")
    press(Qt.Key.Key_Plus)
    after = session.mask("1_3")
    assert before is not None and after is not None
    assert after.sum() > before.sum()
    said: list[str] = []
    window.context.said.connect(lambda _level, text: said.append(text))
    press(Qt.Key.Key_Period)
    assert said[-1].startswith("No probability maps")
    press(Qt.Key.Key_R)
    assert "checkpoint" in said[-1]
    assert made(window) == ["Frames", "Look", "Mend", "Predict"]
    assert window.tabs.title() == "Frames"


def test_every_key_of_a_late_panel_is_one_that_it_has(window: NerveReview) -> None:
    keys = {command.name for command in COMMANDS}
    for panel, names in (
        (window.conflicts, names_of(CONFLICTS)),
        (window.look, OF_LOOK),
        (window.mend, OF_MEND),
        (window.predict, OF_PREDICT),
    ):
        assert set(names) == set(panel.handlers())
        assert set(names) <= keys


def test_the_tab_in_view_stays_when_the_folder_is_opened_anew(
    window: NerveReview,
) -> None:
    window.show_tab("Mend")
    assert window.context.open_again()
    settle(window)
    assert window.tabs.title() == "Mend"
    assert window.mend.isVisible()
    window.context.close()
    assert not window.tabs.isVisible()
    assert window.context.session is None


def test_a_folder_opened_after_predicting_without_one_is_seen(
    make_napari_viewer: Callable[..., Any],
    toy_folder: Path,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    dock = add_dock(make_napari_viewer(show=True))
    dock.predict_only()
    assert made(dock) == ["Frames", "Predict"]
    qtbot.waitUntil(dock.predict.isVisible)
    assert dock.open(toy_folder, tmp_path / "project")
    settle(dock)
    assert dock.tabs.title() == "Frames"
    dock.close_review()


def test_a_place_is_filled_once(qtbot: QtBot) -> None:
    count: list[QWidget] = []

    def make() -> QWidget:
        count.append(QWidget())
        return count[-1]

    tabs = Tabs()
    qtbot.addWidget(tabs)
    tabs.add_panel(QWidget(), "First")
    tabs.add_later(make, "Second")
    assert not tabs.made("Second")
    tabs.setCurrentIndex(1)
    assert tabs.currentWidget() is tabs.widget(1) is tabs.panel("Second") is count[0]
    tabs.setCurrentIndex(0)
    tabs.setCurrentWidget(count[0])
    assert tabs.title() == "Second"
    assert len(count) == 1
    assert tabs.widget(2) is None


def test_a_tab_that_is_clicked_is_there_at_once(
    window: NerveReview, qtbot: QtBot
) -> None:
    bar = window.tabs.tabBar()
    place = bar.tabRect(window.tabs.titles().index("Train")).center()
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)
    assert window.tabs.title() == "Train"
    assert window.train.start.isVisible()


def test_late_panels_are_the_ones_that_are_asked_for(window: NerveReview) -> None:
    assert isinstance(window.look, LookPanel)
    assert isinstance(window.mend, MendPanel)
    window.tabs.setCurrentWidget(window.look)
    assert window.look.isVisible()
