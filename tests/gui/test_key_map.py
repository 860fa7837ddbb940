"""Keys can be changed: at once and for good; what is taken is refused in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QSettings, Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QApplication,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
)

from napari_nerveseg.canvas import compat
from napari_nerveseg.canvas.memory import remember_keys
from napari_nerveseg.shell.cheat_sheet import cheat_sheet_html
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.key_map import KeyMap
from napari_nerveseg.shell.keys_dialog import KeysDialog
from napari_nerveseg.window.keys import change_keys, key_of, keys_of
from tests.gui.conftest import child


@pytest.fixture(autouse=True)
def _usual_keys() -> Iterator[None]:
    yield
    change_keys({})


@pytest.fixture
def key_map(qapp: QApplication) -> KeyMap:
    return KeyMap()


def test_a_change_is_remembered_and_can_be_taken_back(key_map: KeyMap) -> None:
    said: list[dict[str, str]] = []
    key_map.changed.connect(said.append)
    assert key_map.change("approve", "Ctrl+K") == ""
    assert keys_of("approve") == ("Ctrl+K",)
    assert said == [{"G": "Ctrl+K"}]
    change_keys({})  # another day
    KeyMap()
    assert key_of("approve") == "Ctrl+K"
    assert key_map.reset("approve") == ""
    KeyMap()
    assert key_of("approve") == "G"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("T", "T already does 'Flag this frame, go to the next': choose another key"),
        ("=", "= already does 'Grow the mask'"),
        ("2", "2 is napari's brush: choose another key."),
        ("Esc", "Esc leaves a field or a dialog: choose another key."),
        ("Ctrl+K, Ctrl+L", "Ctrl+K, Ctrl+L are several keys one after the other"),
        ("", "Press the key that it is to have."),
    ],
)
def test_what_is_taken_is_refused(key_map: KeyMap, key: str, words: str) -> None:
    assert key_map.change("approve", key).startswith(words)
    assert keys_of("approve") == ("G",)


def test_a_freed_key_can_be_taken_and_then_blocks_its_owners_reset(
    key_map: KeyMap,
) -> None:
    assert key_map.change("flag", "Ctrl+K") == ""
    assert key_map.change("approve", "T") == ""
    assert "already does 'Approve" in key_map.reset("flag")
    key_map.reset_all()
    assert (key_of("flag"), key_of("approve")) == ("T", "G")


def test_damaged_settings_give_the_usual_keys(tmp_path: Path) -> None:
    remember_keys({"approve": ("Ctrl+K",), "no_such_command": ("X",)})
    KeyMap()
    assert key_of("approve") == "Ctrl+K"
    settings = QSettings(
        QSettings.Format.IniFormat,
        QSettings.Scope.UserScope,
        "napari-nerveseg",
        "window",
    )
    settings.setValue("keys", "[1, 2")
    settings.sync()
    KeyMap()
    assert key_of("approve") == "G"


def test_in_the_window_the_new_key_works_and_is_written_everywhere(
    window: NerveReview, qtbot: QtBot
) -> None:
    main: Any = compat.main_window(window.context.viewer)
    qtbot.waitUntil(lambda: _active(main), timeout=20_000)
    session = window.context.session
    assert session is not None
    assert window.key_map.change("approve", "Ctrl+0").endswith("choose another key.")
    assert window.key_map.change("approve", "Ctrl+K") == ""
    button = child(window, "approve_frame", QPushButton)
    assert button.text() == "Approve  Ctrl+K"
    assert button.toolTip().endswith("(Ctrl+K)")
    assert "<b>Ctrl+K</b>" in cheat_sheet_html()
    qtbot.keyClick(button, Qt.Key.Key_G)
    assert session.row("1_1").status == "unreviewed"
    qtbot.keyClick(button, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert session.row("1_1").status == "approved"
    window.key_map.reset_all()
    assert button.text() == "Approve  G"


def test_keys_of_a_tab_that_is_not_in_view_stay_off(
    window: NerveReview, qtbot: QtBot
) -> None:
    main: Any = compat.main_window(window.context.viewer)
    qtbot.waitUntil(lambda: _active(main), timeout=20_000)
    assert window.key_map.change("blink", "Ctrl+K") == ""
    assert window._keys is not None
    assert not any(s.isEnabled() for s in window._keys._shortcuts["blink"])


def test_the_dialog_by_keyboard(window: NerveReview, qtbot: QtBot) -> None:
    window.change_keys()
    dialog = child(window, "keys_dialog", KeysDialog)
    find = child(dialog, "find_command", QLineEdit)
    qtbot.keyClicks(find, "approve this")
    table = child(dialog, "keys_table", QTableWidget)
    assert table.rowCount() == 1
    field = child(dialog, "new_key", QKeySequenceEdit)
    words = child(dialog, "keys_words", QLabel)
    press: Callable[[str], None] = lambda name: qtbot.keyClick(  # noqa: E731
        child(dialog, name, QPushButton), Qt.Key.Key_Space
    )
    field.setKeySequence(QKeySequence("T"))
    press("set_key")
    assert "already does 'Flag" in words.text()
    field.setKeySequence(QKeySequence("Ctrl+K"))
    press("set_key")
    assert words.text().startswith("Ctrl+K: Approve")
    assert table.item(0, 0).text() == "Ctrl+K"
    press("usual_key")
    assert table.item(0, 0).text() == "G"
    dialog.close()


def _active(main: Any) -> bool:
    main.activateWindow()  # asked anew: a busy display can miss the first time
    return QApplication.activeWindow() is main
