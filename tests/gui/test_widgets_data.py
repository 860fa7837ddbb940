"""The Data tab counts in a worker, draws, and lists the frames that one clicks on."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPointF, Qt
from qtpy.QtWidgets import QApplication, QComboBox, QPushButton

from napari_nerveseg.canvas.theme import palette
from napari_nerveseg.review.actions import Paint
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.review_window import settle
from napari_nerveseg.statistics.bar_plot import BarPlot
from napari_nerveseg.statistics.data_bars import Bar
from napari_nerveseg.statistics.data_plot import NUMBERS, DataPlot
from napari_nerveseg.statistics.panel import DataPanel
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.workers import Workers
from tests.gui.conftest import child, press_cyrillic
from tests.toys import disc
from training.data import find_project, open_dataset, open_labels
from training.data.scan import scan
from training.report.stats import statistics

LEFT = Qt.MouseButton.LeftButton


def count(context: ReviewContext) -> dict[str, Any]:
    """Return what the worker would."""
    assert context.session is not None
    dataset = open_dataset(context.session.dataset.root)
    project = find_project(dataset.root, context.session.project.root)
    with open_labels(dataset, project) as labels:
        return statistics(dataset, labels, scan(dataset, project)).to_json()


@pytest.fixture
def panel(context: ReviewContext, qtbot: QtBot) -> DataPanel:
    made = DataPanel(context, Workers(context))
    qtbot.addWidget(made)
    made.resize(480, 860)
    made.show()
    made.counts._counted = made.counts._asked = 0
    made.counts._take(count(context))
    return made


def click(plot: DataPlot, qtbot: QtBot, x: float, y: float) -> None:
    """Click where the plot has these numbers."""
    QApplication.processEvents()
    scene = plot.box.mapViewToScene(QPointF(x, y))
    qtbot.mouseClick(plot.viewport(), LEFT, pos=plot.mapFromScene(scene))


def test_before_a_count_it_says_what_to_do(
    context: ReviewContext, qtbot: QtBot
) -> None:
    made = DataPanel(context, Workers(context))
    qtbot.addWidget(made)
    assert made.summary.text().startswith("Nothing has been counted yet. Press")
    assert all(plot.isHidden() for plot in made.plots)


def test_clicks_ask_for_the_frames_of_a_bar_and_of_a_place(
    panel: DataPanel, qtbot: QtBot
) -> None:
    asked: list[tuple[str, tuple[str, ...]]] = []
    panel.wanted.connect(lambda title, frames: asked.append((title, frames)))
    assert panel.summary.text().startswith("6 frames of 2 subjects, 4 show a nerve (80")
    click(panel.bars["data_share"], qtbot, 0.0, 5.0)
    assert asked[-1][1] == ("1_2", "1_3")
    click(panel.heat, qtbot, 50.0, 45.0)  # (x, y) in percent: 2_1 and 1_3 lie there
    assert set(asked[-1][1]) >= {"1_3", "2_1"}
    assert asked[-1][0] == "nerves 50 % from the left, 46 % from the top"
    before = len(asked)
    click(panel.heat, qtbot, 3.0, 97.0)
    assert len(asked) == before  # no nerve there, nothing to list
    assert "2.93" not in panel.words.text() and "covers" in panel.words.text()


def walk(plot: DataPlot, qtbot: QtBot, *keys: str) -> str:
    """Press keys on a plot; return what a screen reader would say then."""
    for key in keys:
        qtbot.keyClick(plot, getattr(Qt.Key, f"Key_{key}"))
    return plot.accessibleDescription()


def test_bars_are_walked_with_the_arrow_keys(panel: DataPanel, qtbot: QtBot) -> None:
    asked: list[tuple[str, ...]] = []
    panel.wanted.connect(lambda _title, frames: asked.append(frames))
    plot = panel.bars["data_share"]
    said = walk(plot, qtbot, "Right", "Right")
    assert said == "subject 2: 100.0 % of its frames show a nerve, 2 frames"
    assert walk(plot, qtbot, "Right") == said  # the last bar
    walk(plot, qtbot, "Return", "Left", "Space")
    assert asked == [("2_1", "2_2"), ("1_2", "1_3")]


def test_a_key_of_another_alphabet_is_left_to_others(panel: DataPanel) -> None:
    assert not press_cyrillic(panel.heat)


def test_what_is_told_of_a_spot_ends_with_its_cursor(
    panel: DataPanel, qtbot: QtBot
) -> None:
    plot = panel.bars["data_share"]
    usual = plot.accessibleDescription()
    walk(plot, qtbot, "Right")
    assert plot.accessibleDescription() != usual
    plot.put_cursor(None)
    assert plot.accessibleDescription() == usual


def test_the_heat_map_is_walked_in_four_directions(
    panel: DataPanel, qtbot: QtBot
) -> None:
    asked: list[str] = []
    panel.wanted.connect(lambda title, _frames: asked.append(title))
    heat = panel.heat
    assert walk(heat, qtbot, "Down").endswith(", 4 frames")  # the hottest
    heat.put_cursor(heat.spot_at(50, 50))
    there = walk(heat, qtbot, "Right", "Right", "Left", "Down", "Up", "Up")
    assert there.startswith("nerves 54 % from the left, 46 % from the top, ")
    walk(heat, qtbot, "Space")
    assert asked == [there.rsplit(", ", 1)[0]]
    walk(heat, qtbot, *["Right"] * 20)
    far = walk(heat, qtbot, *["Down"] * 20)
    assert far == "nerves 98 % from the left, 98 % from the top, 0 frames"
    walk(heat, qtbot, "Return")
    assert len(asked) == 1  # nothing to list


def test_grey_levels_are_told_where_the_cursor_is(
    panel: DataPanel, qtbot: QtBot
) -> None:
    counts = np.zeros(256, int)
    counts[4:8] = 25
    panel.levels.set_levels(counts, np.roll(counts, 4))
    assert walk(panel.levels, qtbot, "Right") == (
        "grey 0 to 3, 0.0 % of nerve, 0.0 % of the rest"
    )
    assert walk(panel.levels, qtbot, "Right", "Return") == (
        "grey 4 to 7, 100.0 % of nerve, 0.0 % of the rest"
    )


def test_every_plot_shows_a_cursor_to_who_comes_by_tab(
    panel: DataPanel, qtbot: QtBot
) -> None:
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.bars["data_share"].setFocus(Qt.FocusReason.TabFocusReason)
    for plot in panel.plots:
        assert plot.hasFocus(), plot.objectName()
        assert plot.cursor_on == plot.first()
        assert plot.accessibleName() and plot.accessibleDescription()
        before = plot.grab().toImage()
        qtbot.keyClick(plot, Qt.Key.Key_Tab)
        assert plot.grab().toImage() != before  # the ring is gone


def test_sizes_are_shown_where_they_differ(panel: DataPanel) -> None:
    assert panel.bars["data_sizes"].isVisibleTo(panel)
    assert [bar.label for bar in panel.bars["data_sizes"].bars] == ["64x80", "48x60"]


def test_it_says_when_labels_have_changed_since(
    context: ReviewContext, panel: DataPanel
) -> None:
    assert context.session is not None
    assert not panel.counts.stale
    context.session.do(Paint("1_1", disc((64, 80), (30, 40), 9)))
    context.session.flush()
    context.table_changed.emit()
    assert panel.summary.text().endswith("count again to see them.")


def test_the_plots_take_the_theme(panel: DataPanel) -> None:
    for theme in ("light", "dark"):
        panel._on_theme(palette(theme))
        ground = panel.heat.backgroundBrush().color().name()
        assert ground == palette(theme).background.lower()


@pytest.mark.gui
def test_the_worker_counts_and_a_click_lists_the_frames(
    window: NerveReview, qtbot: QtBot
) -> None:
    panel = window.data
    window.tabs.setCurrentWidget(panel)
    qtbot.mouseClick(child(panel, "count_data", QPushButton), LEFT)
    assert panel.job.isVisible() and not panel.count.isEnabled()
    qtbot.waitUntil(lambda: panel.counts.found is not None, timeout=60_000)
    assert panel.count.text() == "Count again"
    plot = panel.bars["data_share"]
    plot.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(plot, Qt.Key.Key_Space)
    assert window.tabs.currentWidget() is window.frames
    assert window.context.table.frames() == ["1_2", "1_3"]
    choice = child(window, "queue_choice", QComboBox)
    assert choice.currentText().startswith("Plot: subject 1: 66.7 % of its frames")
    choice.setCurrentIndex(0)
    choice.activated.emit(0)
    assert np.array_equal(
        window.context.table.frames(), window.context.session.dataset.ids
    )  # type: ignore[union-attr]
    settle(window)


@pytest.mark.parametrize("last", [120.0, 3000.0, 17_439.0, 250_000.0])
def test_the_numbers_below_bars_do_not_run_into_each_other(
    qtbot: QtBot, last: float
) -> None:
    plot = BarPlot("areas", "Areas", "How many are how large")
    qtbot.addWidget(plot)
    plot.resize(230, 172)
    edges = np.linspace(last / 6, last, 25)
    plot.set_bars([Bar(a, b, 0, 1, (), "") for a, b in pairwise(edges)])
    room = 230 - NUMBERS
    step, major = plot.bottom.tickValues(edges[0], edges[-1], room)[0]
    words = plot.bottom.tickStrings(major, 1.0, step)
    widest = max(plot.fontMetrics().horizontalAdvance(word) for word in words)
    assert len(words) >= 2
    assert widest < step * room / (edges[-1] - edges[0])
