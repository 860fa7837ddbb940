"""Keys reach their command whatever is selected, and text fields keep theirs."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QLineEdit,
    QMenu,
    QPushButton,
    QTableView,
    QWidget,
)

from napari_nerveseg.canvas import compat
from napari_nerveseg.canvas.kinds import IMAGE, TRUTH
from napari_nerveseg.shell.cheat_sheet import CheatSheet, cheat_sheet_html
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.window.keys import COMMANDS, NAPARI_KEYS
from tests.gui.conftest import Press, child, stroke
from training.learn.settings.augmentation import Augmentation
from training.learn.settings.config import TrainConfig

DOCS = Path(__file__).parents[2] / "docs" / "keys.md"
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def canvas(window: NerveReview) -> QWidget:
    found: QWidget = window.context.viewer.window._qt_viewer.canvas.native
    return found


def test_keys_step_from_the_canvas_the_table_and_a_button(
    window: NerveReview, press: Press
) -> None:
    session = window.context.session
    assert session is not None
    for where, expected in (
        (canvas(window), "1_2"),
        (child(window, "frames_table", QTableView), "1_3"),
        (child(window, "approve_frame", QPushButton), "2_1"),
    ):
        press(Qt.Key.Key_D, at=where)
        assert session.selected == expected
    press(Qt.Key.Key_S, at=canvas(window))
    assert session.selected == "1_3"


def test_keys_work_with_any_layer_selected(window: NerveReview, press: Press) -> None:
    viewer, context = window.context.viewer, window.context
    assert context.bridge is not None and context.session is not None
    ours = [context.bridge.layers.layer(kind) for kind in (IMAGE, TRUTH)]
    others = [viewer.add_shapes(), viewer.add_points()]
    for layer, frame in zip(
        [*ours, *others], context.session.dataset.ids, strict=False
    ):
        viewer.layers.selection.active = layer
        assert context.session.selected == frame
        press(Qt.Key.Key_T, at=canvas(window))
        assert context.session.row(frame).status == "flagged"


def test_a_text_field_keeps_its_letters(window: NerveReview, press: Press) -> None:
    session = window.context.session
    assert session is not None
    line = child(window, "frames_filter", QLineEdit)
    for key in (Qt.Key.Key_D, Qt.Key.Key_G, Qt.Key.Key_R):
        press(key, at=line)
    assert line.text() == "dgr"
    assert session.selected == "1_1"
    assert session.row("1_1").status == "unreviewed"
    stroke(window.context.bridge.layers.layer(TRUTH))  # type: ignore[union-attr]
    press(Qt.Key.Key_Z, CTRL, at=line)  # the line's own undo, not the frame's
    assert session.mask("1_1").any()  # type: ignore[union-attr]


def test_undo_redo_and_toggles_by_key(window: NerveReview, press: Press) -> None:
    context = window.context
    assert context.session is not None and context.bridge is not None
    layer: Any = context.bridge.layers.layer(TRUTH)
    stroke(layer)
    painted = np.array(context.session.mask("1_1"))
    table = child(window, "frames_table", QTableView)
    press(Qt.Key.Key_Z, CTRL, at=table)
    assert not context.session.mask("1_1").any()  # type: ignore[union-attr]
    press(Qt.Key.Key_Z, CTRL | SHIFT, at=canvas(window))
    assert np.array_equal(context.session.mask("1_1"), painted)
    press(Qt.Key.Key_H, at=canvas(window))
    assert not layer.visible
    press(Qt.Key.Key_H, at=canvas(window))
    assert layer.visible
    press(Qt.Key.Key_J, at=canvas(window))
    assert "no prediction" in window.header.status.text()


def test_the_cheat_sheet_opens_by_key_and_names_every_command(
    window: NerveReview, press: Press
) -> None:
    press(Qt.Key.Key_F1, at=canvas(window))
    sheet = child(window, "cheat_sheet", CheatSheet)
    assert sheet.isVisible()
    sheet.close()
    html = cheat_sheet_html()
    assert all(command.text in html for command in COMMANDS)
    assert all(words in html for _key, words in NAPARI_KEYS)


def test_no_two_commands_share_a_key() -> None:
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(keys) == len(set(keys))


def test_no_command_has_a_key_of_naparis_menus(window: NerveReview) -> None:
    main: Any = compat.main_window(window.context.viewer)
    menus = main.findChildren(QMenu)
    for menu in menus:  # they are filled when they are opened
        menu.aboutToShow.emit()
    theirs = {
        sequence.toString()
        for menu in menus
        for action in menu.actions()
        for sequence in action.shortcuts()
    }
    assert "Ctrl+0" in theirs
    ours = {QKeySequence(key).toString() for c in COMMANDS for key in c.keys}
    assert not ours & theirs


def test_closing_the_dock_gives_the_keys_back(
    window: NerveReview, qtbot: QtBot, press: Press
) -> None:
    window.close_review()
    press(Qt.Key.Key_D, at=canvas(window))
    assert window.context.session is None
    assert not window.context.viewer.layers


def test_the_docs_list_every_key_and_every_control(window: NerveReview) -> None:
    text = DOCS.read_text(encoding="utf-8")
    for command in COMMANDS:
        keys = " or ".join(f"`{key}`" for key in command.keys)
        assert f"| {keys} | {command.text} |" in text
    make_all_panels(window)
    named = [w for w in window.findChildren(QWidget) if _is_control(w)]
    assert len(named) > 50
    names = {_of_any_setting(w.objectName()) for w in named}
    missing = sorted(name for name in names if f"`{name}`" not in text)
    assert not missing


def make_all_panels(window: NerveReview) -> None:
    """Show every tab once."""
    for title in window.tabs.titles():
        window.show_tab(title)


def _of_any_setting(name: str) -> str:
    """Return the name of a part of the training form as it is of every setting."""
    settings = (*fields(TrainConfig), *fields(Augmentation))
    parts = "|".join(setting.name for setting in settings)
    return re.sub(rf"^train_({parts})(_words|_problem)?$", r"train_SETTING\2", name)


def _is_control(widget: QWidget) -> bool:
    name = widget.objectName()
    return bool(name) and not name.startswith(("qt_", "Scroll"))


def test_every_control_has_a_name_and_a_tooltip(window: NerveReview) -> None:
    from qtpy.QtWidgets import QAbstractButton, QComboBox

    make_all_panels(window)
    controls = [
        widget
        for kind in (QAbstractButton, QComboBox, QLineEdit, QTableView)
        for widget in window.findChildren(kind)
        if not _is_part_of_qt(widget)
    ]
    assert len(controls) > 40
    for widget in controls:
        assert widget.objectName(), f"{widget} has no objectName"
        assert widget.toolTip(), f"{widget.objectName()} has no tooltip"


def _is_part_of_qt(widget: QWidget) -> bool:
    """Say whether a widget is the inside of another, such as a spin box's line."""
    from qtpy.QtWidgets import QAbstractSpinBox, QHeaderView, QTabBar

    parent = widget.parentWidget()
    inside = (QAbstractSpinBox, QLineEdit, QTabBar, QTableView, QHeaderView)
    return isinstance(parent, inside) or widget.objectName().startswith("qt_")
