"""Every dialog without a mouse: opened, walked, used, left, and the focus is back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QRect, Qt, QTimer
from qtpy.QtGui import QImage
from qtpy.QtWidgets import QApplication, QDialog, QMessageBox, QWidget

from napari_nerveseg.canvas import compat
from napari_nerveseg.conflicts.panel import ConflictsPanel
from napari_nerveseg.frames.filter_row import saved_filters
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.review_window import add_dock
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.dialog import Dialog
from napari_nerveseg.window.keys import key_of
from tests.gui.conftest import activate, child, search
from tests.gui.test_keyboard import faults, walk
from tests.gui.test_two_readers import PAIRS, call_oneself, read_blind
from tests.gui.test_widgets_runs import make_run

pytestmark = pytest.mark.gui

KEY = Qt.Key
SPACE, RETURN, ESCAPE, TAB = KEY.Key_Space, KEY.Key_Return, KEY.Key_Escape, KEY.Key_Tab
#: Pixels by which two controls of one row may stand higher or lower.
ROW = 12


@pytest.fixture
def full(window: NerveReview, qtbot: QtBot) -> NerveReview:
    """The window with conflicts, two runs and a verdict, and Xvfb's keys."""
    session = window.context.session
    assert session is not None
    make_run(session.project.runs, "first", 1000, 0.5)
    make_run(session.project.runs, "second", 2000, 0.7, learning_rate=0.01)
    search(window.context, PAIRS)
    activate(compat.main_window(window.context.viewer), qtbot)
    return window


def focus_on(control: QWidget, qtbot: QtBot) -> None:
    control.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(control.hasFocus)


def opened(window: QWidget, opener: str, name: str, qtbot: QtBot) -> Any:
    """Press Space on a button, and return the dialog that comes."""
    focus_on(child(window, opener), qtbot)
    qtbot.keyClick(child(window, opener), SPACE)
    dialog = child(window, name, Dialog)
    activate(dialog, qtbot)
    qtbot.waitUntil(lambda: dialog.focusWidget() is not None)
    return dialog


def left_by_escape(window: NerveReview, opener: str, name: str, qtbot: QtBot) -> bool:
    """Press Escape where the focus is; tell whether all is as before the dialog."""
    dialog = child(window, name, Dialog)
    focus = QApplication.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, ESCAPE)
    qtbot.waitUntil(lambda: not dialog.isVisible())
    activate(compat.main_window(window.context.viewer), qtbot)
    return QApplication.focusWidget() is child(window, opener)


def unlike_the_rest(control: QWidget, qtbot: QtBot) -> bool:
    """Tell whether one sees that the keys go to it."""
    focus_on(control, qtbot)
    with_focus = picture(control)
    qtbot.keyClick(control, TAB)
    alone = control.hasFocus()  # nothing else to go to
    return alone or picture(control) != with_focus


def picture(control: QWidget) -> QImage:
    QApplication.processEvents()
    return control.grab().toImage()


def turns_back(reached: list[QWidget], inside: QWidget) -> int:
    """Count the steps that lead up or to the left: from end to start is one."""

    def place(control: QWidget) -> tuple[int, int]:
        at = control.mapTo(inside, QPoint(0, control.height() // 2))
        return at.y() // ROW, at.x()

    places = list(map(place, reached))
    return sum(b <= a for a, b in zip(places, places[1:] + places[:1], strict=True))


def check(dialog: Any, qtbot: QtBot, *, tips: bool = True) -> list[str]:
    """Return what is wrong with a dialog for somebody without a mouse.

    A question says in its text what its buttons do: ``tips=False``.
    """
    reached = walk(dialog.focusWidget(), qtbot)
    found = [
        each for each in faults(dialog, reached) if tips or "what it does" not in each
    ]
    if turns_back(reached, dialog) > 1:
        found.append(f"the order is {[one.objectName() for one in reached]}")
    found += [
        f"focus on {one.objectName() or type(one).__name__} is not seen"
        for one in reached
        if not unlike_the_rest(one, qtbot)
    ]
    return found


@contextmanager
def asked(answer: Callable[[QWidget], None], qtbot: QtBot) -> Iterator[None]:
    """Answer the question that is about to come; what fails in it ends it, too."""
    seen: list[Exception | None] = []

    def look() -> None:
        box = QApplication.activeModalWidget() or QApplication.activePopupWidget()
        if box is None:
            QTimer.singleShot(10, look)
            return
        try:
            if box.isModal():
                activate(box, qtbot)
            answer(box)
            seen.append(None)
        except Exception as failed:  # raised here it would be lost, the box stay open
            seen.append(failed)
            box.close()

    QTimer.singleShot(0, look)
    yield
    assert seen, "no question came"
    if seen[0] is not None:
        raise seen[0]


def select_both_runs(window: NerveReview) -> None:
    window.train.go_to("runs")
    window.train.runs.table.selectAll()


DIALOGS = (
    ("Frames", "show_keys", "cheat_sheet"),
    ("Frames", "frames_history", "history_dialog"),
    ("Conflicts", "bulk_rule", "rule_dialog"),
    ("Conflicts", "action_history", "history_dialog"),
    ("Conflicts", "reader_agreement", "agreement_dialog"),
    ("Train", "train_augment_preview", "augment_dialog"),
    ("Train", "runs_compare", "runs_compare"),
)


def test_every_dialog_is_walked_and_left_without_a_trace(
    full: NerveReview, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full.workers, "preview_augmentation", lambda *_what: None)
    session = full.context.session
    assert session is not None
    full.conflicts.handlers()["verdict_union"]()  # so that the history has a line
    before = session.store.last_action
    for tab, opener, name in DIALOGS:  # one window for all, which takes longest
        full.show_tab(tab)
        if opener == "runs_compare":
            select_both_runs(full)
        assert check(opened(full, opener, name, qtbot), qtbot) == [], name
        assert left_by_escape(full, opener, name, qtbot), name
    assert session.store.last_action == before


def test_every_dialog_lies_on_the_screen_above_the_window(
    full: NerveReview, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full.workers, "preview_augmentation", lambda *_what: None)
    main: Any = compat.main_window(full.context.viewer)
    for corner, room in (
        (QPoint(0, 0), QRect(0, 0, 1400, 900)),
        (QPoint(300, 500), QRect(0, 0, 1400, 900)),  # most of it beyond the edge
        (QPoint(0, 0), QRect(0, 0, 1000, 600)),
    ):
        screen = SimpleNamespace(availableGeometry=lambda room=room: QRect(room))
        monkeypatch.setattr(Dialog, "screen", lambda _self, screen=screen: screen)
        main.move(corner)
        for tab, opener, name in DIALOGS:
            full.show_tab(tab)
            if opener == "runs_compare":
                select_both_runs(full)
            child(full, opener).click()
            (dialog,) = filter(QWidget.isVisible, full.findChildren(Dialog, name))
            assert room.contains(dialog.geometry()), (name, dialog.geometry(), room)
            if room.contains(main.geometry()):
                off = dialog.geometry().center() - main.geometry().center()
                assert off.manhattanLength() <= 2, name
            dialog.close()


@pytest.mark.parametrize(
    ("show", "name"), [("show_keys", "cheat_sheet"), ("change_keys", "keys_dialog")]
)
def test_a_dialog_of_keys_is_there_once_and_comes_to_the_front(
    full: NerveReview, qtbot: QtBot, show: str, name: str
) -> None:
    for _closed in range(2):  # a new one comes after the first is closed
        getattr(full, show)()
        (dialog,) = full.findChildren(Dialog, name)
        activate(compat.main_window(full.context.viewer), qtbot)
        getattr(full, show)()
        assert full.findChildren(Dialog, name) == [dialog]
        qtbot.waitUntil(dialog.isActiveWindow)
        dialog.close()
        qtbot.waitUntil(lambda: full.findChild(Dialog, name) is None)


def test_the_keys_are_shown_by_key_and_changed_from_there(
    full: NerveReview, qtbot: QtBot
) -> None:
    full.context.focus_canvas()
    canvas = QApplication.focusWidget()
    assert canvas is not None
    qtbot.keyClicks(canvas, key_of("show_keys"))
    sheet = child(full, "cheat_sheet", QDialog)
    activate(sheet, qtbot)
    focus_on(child(sheet, "change_keys"), qtbot)
    qtbot.keyClick(child(sheet, "change_keys"), RETURN)
    dialog = child(full, "keys_dialog", Dialog)
    activate(dialog, qtbot)
    assert check(dialog, qtbot) == []
    focus_on(child(dialog, "new_key"), qtbot)
    qtbot.keyClick(child(dialog, "new_key"), ESCAPE)
    qtbot.waitUntil(lambda: not dialog.isVisible())
    activate(compat.main_window(full.context.viewer), qtbot)
    assert QApplication.focusWidget() is canvas


def test_enter_in_a_choice_applies_no_rule_and_on_the_button_it_does(
    full: NerveReview, qtbot: QtBot
) -> None:
    full.show_tab("Conflicts")
    session = full.context.session
    assert session is not None
    before = session.store.last_action
    dialog = opened(full, "bulk_rule", "rule_dialog", qtbot)
    qtbot.keyClick(child(dialog, "rule_choice"), KEY.Key_Down)
    qtbot.keyClick(child(dialog, "rule_choice"), RETURN)
    assert dialog.isVisible()
    assert session.store.last_action == before
    focus_on(dialog.apply, qtbot)
    qtbot.keyClick(dialog.apply, RETURN)
    qtbot.waitUntil(lambda: not dialog.isVisible())
    session.flush()
    assert session.store.last_action > before

    full.show_tab("Frames")
    history = opened(full, "frames_history", "history_dialog", qtbot)
    focus_on(history.act, qtbot)
    for key, words in ((SPACE, "Do again"), (RETURN, "Take back")):
        qtbot.keyClick(history.act, key)
        assert history.act.text() == words
        assert history.act.hasFocus()


def test_a_disagreement_is_adjudicated_by_key(
    context: ReviewContext, conflicts_panel: ConflictsPanel, qtbot: QtBot
) -> None:
    panel = conflicts_panel
    search(context, PAIRS)
    call_oneself(panel, "Ada")
    for verdict in ("verdict_all_empty", "verdict_ambiguous"):
        panel.handlers()[verdict]()
    call_oneself(panel, "Bob")
    read_blind(panel, context, qtbot)
    for verdict in ("verdict_keep_b", "verdict_ambiguous"):
        panel.handlers()[verdict]()
    read_blind(panel, context, qtbot)
    activate(panel, qtbot)
    dialog = opened(panel, "reader_agreement", "agreement_dialog", qtbot)
    assert check(dialog, qtbot) == []
    wanted: list[object] = []
    context.conflict_wanted.connect(wanted.append)
    focus_on(dialog.settle, qtbot)
    qtbot.keyClick(dialog.settle, RETURN)
    assert len(wanted) == 1
    assert dialog.settle.hasFocus()


def test_deleting_a_run_asks_and_escape_keeps_it(
    full: NerveReview, qtbot: QtBot
) -> None:
    full.show_tab("Train")
    full.train.go_to("runs")
    table = full.train.runs.table
    table.selectRow(0)
    focus_on(table, qtbot)

    def escape(box: QWidget) -> None:
        assert check(box, qtbot, tips=False) == []
        qtbot.keyClick(box, ESCAPE)

    with asked(escape, qtbot):
        qtbot.keyClick(table, KEY.Key_Delete)
    assert len(full.train.runs.model.runs) == 2
    activate(compat.main_window(full.context.viewer), qtbot)
    assert table.hasFocus()


@pytest.mark.parametrize(
    ("press", "answer"), [(ESCAPE, "stay"), (RETURN, "stay"), (SPACE, "stop")]
)
def test_the_closing_question_is_answered_by_key(
    full: NerveReview, qtbot: QtBot, press: Any, answer: str
) -> None:
    def reply(box: QWidget) -> None:
        assert isinstance(box, QMessageBox)
        assert check(box, qtbot, tips=False) == []
        word = "Stop it" if answer == "stop" else "Stay"
        button = next(one for one in box.buttons() if one.text() == word)
        focus_on(button, qtbot)
        qtbot.keyClick(button, press)

    assert full.closing is not None
    with asked(reply, qtbot):
        assert full.closing._ask("running") == answer


def test_a_filter_is_chosen_and_kept_by_key(full: NerveReview, qtbot: QtBot) -> None:
    full.show_tab("Frames")
    opener, line = child(full, "saved_filters"), full.frames.filter.line
    focus_on(opener, qtbot)

    def first(menu: QWidget) -> None:
        qtbot.keyClick(menu, KEY.Key_Down)
        qtbot.keyClick(menu, RETURN)

    with asked(first, qtbot):
        qtbot.keyClick(opener, SPACE)
    assert line.text() == "conflict"
    assert opener.hasFocus()

    def name(key: Any) -> None:
        qtbot.keyClicks(QApplication.focusWidget(), "mine")
        qtbot.keyClick(QApplication.focusWidget(), key)

    for key, kept in ((ESCAPE, {}), (RETURN, {"mine": "conflict"})):
        with asked(lambda _box, key=key: name(key), qtbot):  # type: ignore[misc]
            full.frames.filter._ask_name()
        assert saved_filters() == kept


def test_the_tour_is_walked_and_ended_by_key(full: NerveReview, qtbot: QtBot) -> None:
    full.tour.begin()
    reached = walk(full.tour.on, qtbot)
    assert faults(full.tour, reached) == []
    assert unlike_the_rest(full.tour.on, qtbot)
    focus_on(full.tour.on, qtbot)
    qtbot.keyClick(full.tour.on, SPACE)
    assert full.tour.title.text().startswith("2 of")
    focus_on(full.tour.stop, qtbot)
    qtbot.keyClick(full.tour.stop, SPACE)
    assert not full.tour.isVisible()
    assert QApplication.focusWidget() is compat.canvas_widget(full.context.viewer)


def test_the_first_page_is_used_by_key(
    make_napari_viewer: Callable[..., Any],
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
    toy_folder: Path,
) -> None:
    viewer = make_napari_viewer(show=True)
    dock = add_dock(viewer)
    activate(compat.main_window(viewer), qtbot)
    reached = walk(child(dock, "empty_open_folder"), qtbot)
    assert faults(dock.empty, reached) == []
    assert unlike_the_rest(child(dock, "make_phantom"), qtbot)
    focus_on(child(dock, "empty_predict"), qtbot)
    qtbot.keyClick(child(dock, "empty_predict"), SPACE)
    assert dock.predict.isVisible()
    monkeypatch.setattr(
        "napari_nerveseg.shell.header.QFileDialog.getExistingDirectory",
        lambda *_what: str(toy_folder),
    )
    focus_on(child(dock, "open_folder"), qtbot)
    qtbot.keyClick(child(dock, "open_folder"), SPACE)
    assert dock.context.session is not None
    dock.close_review()
