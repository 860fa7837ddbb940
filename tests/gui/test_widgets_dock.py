"""The dock as a whole: what it says at first, what it opens, what it leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari.components import ViewerModel
from npe2 import PluginManifest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QComboBox, QLineEdit, QTableView

import napari_nerveseg
from napari_nerveseg import _engine
from napari_nerveseg.canvas.kinds import IMAGE, TRUTH
from napari_nerveseg.canvas.theme import palette
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.review_window import add_dock
from napari_nerveseg.shell.sample import phantom_frames
from tests.gui.conftest import child, stroke
from tests.model.toy_review import stored
from tests.toys import disc, smooth_frame, write_kaggle


def drop(dock: NerveReview, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    dock.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )


def test_it_says_what_to_do_and_opens_what_is_dropped(
    dock: NerveReview, toy_folder: Path
) -> None:
    assert dock.empty.isVisible()
    assert "Drop a folder" in dock.empty.text.text()
    assert dock.header.status.text() == "Choose or drop a folder with frames."
    drop(dock, toy_folder)
    assert not dock.empty.isVisible()
    assert dock.tabs.isVisible()
    assert dock.context.session is not None
    assert str(dock.context.session.project.root) in dock.header.project.text()


def test_a_folder_without_frames_is_said_and_what_is_open_stays(
    dock: NerveReview, toy_folder: Path, tmp_path: Path
) -> None:
    drop(dock, toy_folder)
    session = dock.context.session
    empty = tmp_path / "empty"
    empty.mkdir()
    drop(dock, empty)
    assert dock.context.session is session
    assert dock.header.status.text().startswith("✖ ")
    assert "empty" in dock.header.status.text()
    assert list(empty.iterdir()) == []


def test_another_folder_takes_the_place_of_the_first(
    dock: NerveReview, toy_folder: Path, tmp_path: Path
) -> None:
    from tests.toys import smooth_frame, write_kaggle

    drop(dock, toy_folder)
    other = write_kaggle(tmp_path / "other", {"9_1": (smooth_frame(1), None)})
    drop(dock, other)
    assert dock.context.table.frames() == ["9_1"]
    assert [layer.name for layer in dock.context.viewer.layers] == [IMAGE, TRUTH]


def test_a_users_own_training_package_is_one_clear_sentence(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def clash() -> None:
        raise _engine.EngineClash("Another 'training' hides ours; rename it.")

    monkeypatch.setattr(_engine, "check", clash)
    dock = NerveReview(ViewerModel())
    qtbot.addWidget(dock)
    assert (
        child(dock, "engine_clash").text()
        == "Another 'training' hides ours; rename it."
    )


def test_the_manifest_names_what_is_there() -> None:
    path = Path(napari_nerveseg.__file__).with_name("napari.yaml")
    manifest = PluginManifest.from_file(path)
    manifest.validate_imports()
    assert [w.display_name for w in manifest.contributions.widgets or ()] == [
        "Nerve review"
    ]


def test_the_sample_is_a_stack_with_masks() -> None:
    (frames, _image, kind), (masks, options, other) = phantom_frames()
    assert (kind, other) == ("image", "labels")
    assert frames.dtype == np.uint8
    assert masks.shape == frames.shape == (12, *frames.shape[1:])
    assert set(np.unique(masks)) == {0, 1}
    ViewerModel().add_labels(masks, **options)


def test_review_by_mouse_in_a_real_window(window: NerveReview, qtbot: QtBot) -> None:
    """Filter, click a row, judge, see it in table, timeline and status."""
    session = window.context.session
    assert session is not None
    line = child(window, "frames_filter", QLineEdit)
    qtbot.keyClicks(line, "subject:2 nerve")
    table = child(window, "frames_table", QTableView)
    assert window.context.table.frames() == ["2_1", "2_2"]
    assert window.frames.count.text() == "2 of 6"
    row = table.visualRect(table.model().index(1, 0)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert session.selected == "2_2"
    assert "nerve of" in window.frames.facts.text()
    qtbot.mouseClick(child(window, "flag_frame"), Qt.MouseButton.LeftButton)
    assert session.row("2_2").status == "flagged"
    assert "1 flagged" in window.frames.legend.text()
    line.clear()
    assert window.frames.count.text() == "6"
    qtbot.mouseClick(
        window.frames.timeline, Qt.MouseButton.LeftButton, pos=_at(window, 5)
    )
    assert session.selected == "2_3"
    assert "no mask yet" in window.frames.facts.text()


def test_the_pending_dot_goes_when_the_disk_has_the_stroke(
    window: NerveReview, qtbot: QtBot
) -> None:
    assert window.context.bridge is not None
    stroke(window.context.bridge.layers.layer(TRUTH))
    assert window.header.pending.text() == "●"
    qtbot.waitUntil(lambda: window.header.pending.text() == "○", timeout=5000)


def test_tabs_put_two_frames_on_the_canvas_and_take_them_away(
    window: NerveReview, qtbot: QtBot
) -> None:
    context = window.context
    assert context.session is not None and context.pair is not None
    context.session.take_duplicates(stored(context.session, [("1_1", "1_3")]))
    while context.session.work(1.0):
        pass
    window.commands.next_conflict()
    assert window.tabs.currentWidget() is window.conflicts
    assert context.pair.frames == ("1_1", "1_3")
    picture = context.viewer.screenshot(canvas_only=True, flash=False)
    half = picture.shape[1] // 2
    assert picture[:, :half, :3].std() > 5  # a frame in each cell, on a bare canvas
    assert picture[:, half:, :3].std() > 5
    window.tabs.setCurrentWidget(window.frames)
    assert not context.pair.shown


def test_the_theme_reaches_the_dock(window: NerveReview) -> None:
    for theme in ("light", "dark"):
        window.context.viewer.theme = theme
        assert palette(theme).foreground in window.styleSheet()


def test_taking_the_dock_away_puts_everything_away(
    make_napari_viewer: Callable[..., Any], toy_folder: Path, tmp_path: Path
) -> None:
    viewer = make_napari_viewer()
    dock = add_dock(viewer)
    context = dock.context
    assert dock.open(toy_folder, tmp_path / "project")
    viewer.window.remove_dock_widget(dock)  # what the dock's own x does
    assert context.session is None
    assert not viewer.layers


def _at(window: NerveReview, frame: int) -> Any:
    from qtpy.QtCore import QPoint

    strip = window.frames.timeline
    return QPoint(int((frame + 0.5) * strip.width() / 6), strip.height() // 2)


def test_masks_with_several_labels_ask_which_is_the_nerve(
    dock: NerveReview, qtbot: QtBot, tmp_path: Path
) -> None:
    frames = {f"1_{n}": (smooth_frame(n), disc((64, 80), (30, 40), 9)) for n in (1, 2)}
    folder = write_kaggle(tmp_path / "labelled", frames)
    labels = np.zeros((64, 80), np.uint8)
    labels[:9], labels[20:40, 20:30] = 1, 2
    for name in frames:
        tifffile.imwrite(folder / f"{name}_mask.tif", labels)
    assert dock.open(folder, tmp_path / "project")
    qtbot.waitUntil(lambda: not dock.workers.busy, timeout=60_000)
    row = child(dock, "nerve_label_row")
    qtbot.waitUntil(row.isVisible, timeout=5_000)
    choice = child(row, "nerve_label", QComboBox)
    assert [choice.itemText(n) for n in range(choice.count())] == ["1", "2"]
    assert "mask not read" in dock.frames.facts.text()
    choice.setCurrentText("2")
    qtbot.mouseClick(child(row, "use_nerve_label"), Qt.MouseButton.LeftButton)
    assert dock.context.session is not None
    mask = dock.context.session.mask("1_1")
    assert mask is not None and np.array_equal(mask, labels == 2)
    qtbot.waitUntil(lambda: not dock.workers.busy, timeout=60_000)
    assert not row.isVisible()


def test_a_slower_journal_is_said_on_opening(
    dock: NerveReview, toy_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    dock.context.said.connect(lambda _level, text: said.append(text))
    opened = _engine.LabelStore.open

    def slow(*args: Any, **more: Any) -> Any:
        store = opened(*args, **more)
        store.note = "This disk is slow."
        return store

    monkeypatch.setattr(_engine.LabelStore, "open", slow)
    drop(dock, toy_folder)
    assert said.count("This disk is slow.") == 1


def test_layer_buttons_show_what_can_be_seen(
    dock: NerveReview, toy_folder: Path, qtbot: QtBot
) -> None:
    drop(dock, toy_folder)
    truth, error = (child(dock, f"toggle_{name}") for name in ("truth", "error"))
    assert truth.isChecked() and not error.isChecked()
    dock.context.viewer.layers["ground truth"].visible = False
    assert not truth.isChecked()
    for button in (truth, error):  # there is no error layer to be shown
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert truth.isChecked() and not error.isChecked()


def test_a_submission_is_shown_beside_the_ground_truth(
    dock: NerveReview, toy_folder: Path, tmp_path: Path
) -> None:
    drop(dock, toy_folder)
    table = tmp_path / "submission.csv"
    table.write_text("img,pixels\n1_1,1 3\n2_2,\n", encoding="utf-8")
    assert dock.context.load_predictions(table)
    assert dock.context.session is not None
    first = dock.context.session.predicted_mask("1_1")
    assert first is not None and first[:3, 0].all() and first.sum() == 3
    second = dock.context.session.predicted_mask("2_2")
    assert second is not None and second.shape == (48, 60)
