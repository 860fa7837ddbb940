"""Every control of every tab: Tab reaches it, it has a name, and says what it does."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QAccessible
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QToolButton,
    QWidget,
)

from napari_nerveseg.canvas import compat
from napari_nerveseg.frames.timeline import Timeline
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.statistics.data_plot import DataPlot
from tests.gui.conftest import activate, child, press_cyrillic, search
from tests.gui.test_widgets_data import count

pytestmark = pytest.mark.gui

TAB = Qt.Key.Key_Tab
TITLES = (
    *("Frames", "Conflicts", "Data", "Look", "Mend", "Predict"),
    *("Train, setup", "Train, watch", "Train, runs"),
)
CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QKeySequenceEdit,
    QLineEdit,
    QPlainTextEdit,
    DataPlot,
    Timeline,
)


def controls(panel: QWidget) -> list[QWidget]:
    """Return what takes clicks in a panel, parts of a control left out."""
    return [
        found
        for found in panel.findChildren(QWidget)
        if isinstance(found, CONTROLS)
        and not isinstance(found, QScrollBar)
        and not isinstance(found.parent(), CONTROLS)
        and found.isVisible()
    ]


def walk(start: QWidget, qtbot: QtBot) -> list[QWidget]:
    """Press Tab until the focus comes back; return where it was."""
    start.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(start.hasFocus)
    reached: list[QWidget] = []
    focus = QApplication.focusWidget()
    while focus is not None and focus not in reached:
        reached.append(focus)
        qtbot.keyClick(focus, TAB)
        focus = QApplication.focusWidget()
    return reached


def by_arrows(control: QWidget) -> bool:
    """Tell whether it is one of several of which one is pressed: arrows go there."""
    group = control.group() if isinstance(control, QAbstractButton) else None
    return group is not None and group.exclusive()


def name_of(control: QWidget) -> str:
    """Return what a screen reader calls it."""
    seen = QAccessible.queryAccessibleInterface(control)
    return str(seen.text(QAccessible.Text.Name)).strip()


def fill(window: NerveReview, title: str) -> None:
    """Show a tab, or a page of it, with something in it."""
    tab, _, page = title.partition(", ")
    window.show_tab(tab)
    if tab == "Conflicts":
        search(window.context, [("1_1", "1_3"), ("1_2", "2_1")])
    elif tab == "Data":
        window.data.counts._take(count(window.context))
    elif page:
        window.train.go_to(page)
        for fold in window.train.form.folds.values():
            fold.open(True)


def faults(panel: QWidget, reached: list[QWidget]) -> list[str]:
    """Return what is wrong with the controls of a panel, in words."""
    there = controls(panel)
    assert there
    found = []
    for control in there:
        name = control.objectName()
        if control.isEnabled() and control not in reached and not by_arrows(control):
            found.append(f"Tab does not reach {name}")
        if not name_of(control):
            found.append(f"{name} has no name")
        if not control.toolTip():
            found.append(f"{name} does not say what it does")
    return found


def test_whoever_has_no_mouse_gets_everywhere(
    window: NerveReview, qtbot: QtBot
) -> None:
    activate(compat.main_window(window.context.viewer), qtbot)
    for title in TITLES:  # one window for all: making it takes longer than looking
        fill(window, title)
        QApplication.processEvents()
        reached = walk(window.tabs.tabBar(), qtbot)
        assert faults(window.tabs.currentWidget(), reached) == [], title
        assert {child(window, "open_folder"), child(window, "show_keys")} <= {*reached}


def test_arrows_go_from_page_to_page_and_from_frame_to_frame(
    window: NerveReview, qtbot: QtBot
) -> None:
    activate(compat.main_window(window.context.viewer), qtbot)
    session = window.context.session
    assert session is not None
    timeline = child(window, "timeline", Timeline)
    seen = []
    for key in ("Right", "Right", "Left", "End", "Right", "Home", "Left"):
        qtbot.keyClick(timeline, getattr(Qt.Key, f"Key_{key}"))
        seen.append(session.selected)
    assert seen == ["1_2", "1_3", "1_2", "2_3", "2_3", "1_1", "1_1"]
    assert timeline.accessibleDescription() == "Frame 1_1"
    assert not press_cyrillic(timeline)
    window.show_tab("Train")
    first = child(window, "train_page_setup", QToolButton)
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    qtbot.keyClick(first, Qt.Key.Key_Right)
    assert child(window, "train_page_watch", QToolButton).isChecked()
    assert window.train.watch.isVisible()
