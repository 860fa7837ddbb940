"""Small manners: what is greyed can be read, what is empty says why, news grows old."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QSize
from qtpy.QtGui import QColor, QIcon, QPixmap

from napari_nerveseg.canvas.theme import palette
from napari_nerveseg.canvas.thumbnails import untinted
from napari_nerveseg.conflicts.panel import ConflictsPanel
from napari_nerveseg.conflicts.workbench import decided_words, verdict_action
from napari_nerveseg.frames.panel import FramesPanel
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.header import Header
from napari_nerveseg.window.commands import Commands
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.controls import ElidedLabel
from tests.gui.conftest import child, search


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2.1)."""
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_what_cannot_be_used_now_can_still_be_read(theme: str) -> None:
    colours = palette(theme)
    for under in (colours.background, colours.foreground):
        dark, light = sorted([luminance(colours.faint), luminance(under)])
        assert (light + 0.05) / (dark + 0.05) > 3


def test_an_empty_table_says_why(context: ReviewContext, qtbot: QtBot) -> None:
    panel = FramesPanel(context, Commands(context))
    qtbot.addWidget(panel)
    nothing, line = child(panel, "frames_none"), panel.filter.line
    assert nothing.isHidden()
    line.setText("nowhere")
    assert not nothing.isHidden()
    assert nothing.text().startswith("No frame fits: change the filter")
    line.setText("dice<")
    assert nothing.isHidden()  # what is wrong with the line is said instead
    line.setText("")
    assert nothing.isHidden()
    context.table.set_queue(())
    assert nothing.text().startswith("No frame is in this queue")
    assert not nothing.isHidden()


def test_old_news_gives_way_to_the_folder_and_a_warning_stays(
    context: ReviewContext, qtbot: QtBot
) -> None:
    header = Header(context, lambda: None)
    qtbot.addWidget(header)
    status = child(header, "status_line", ElidedLabel)
    folder = status.text()
    assert folder.startswith("6 frames in ")
    context.said.emit("info", "That changes nothing here.")
    assert status.text() == "That changes nothing here."
    header._old.timeout.emit()
    assert status.text() == folder
    context.said.emit("info", "News.")
    context.said.emit("warning", "The disk is full.")
    assert not header._old.isActive()
    assert "The disk is full." in status.text()


def test_a_verdict_is_said_with_what_takes_it_back(
    context: ReviewContext, conflicts_panel: ConflictsPanel
) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    search(context, [("1_1", "1_3"), ("1_2", "2_1")])
    kept = conflicts_panel.bench.sides[0]
    conflicts_panel.handlers()["verdict_keep_a"]()
    assert said[-1] == (f"1_1, 1_3: the mask of {kept} for all; Shift+U takes it back.")


def test_no_key_is_named_where_it_would_take_another_verdict_back(
    context: ReviewContext, conflicts_panel: ConflictsPanel
) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    search(context, [("1_1", "1_3"), ("1_2", "2_1")])
    conflicts_panel.handlers()["verdict_redraw"]()  # it stays open, with its verdict
    first = conflicts_panel.bench.conflict
    conflicts_panel.show_conflict(
        next(c for c in conflicts_panel.model.items if c != first)
    )
    conflicts_panel.handlers()["verdict_ambiguous"]()
    now = conflicts_panel.bench.conflict
    assert now is not None
    assert now.verdict is not None
    assert said[-1].endswith(": ambiguous, left out of training.")


@pytest.mark.parametrize(
    ("command", "chosen", "words"),
    [
        ("verdict_keep_b", (), "the mask of x A 1 for all"),
        ("verdict_exclude", (), "all but x B 1 excluded"),
        ("verdict_exclude", ("x A 1",), "x A 1 excluded"),
        ("verdict_union", (), "the union of the masks for all"),
    ],
)
def test_a_verdict_is_said_as_it_was_given(
    command: str, chosen: tuple[str, ...], words: str
) -> None:
    a, b = "x B 1", "x A 1"
    action = verdict_action(command, (a, b), a, b, "", chosen)
    assert decided_words(action) == f"{a}, {b}: {words}"


def test_a_selected_row_does_not_tint_a_picture(qapp: object) -> None:
    grey = QPixmap(8, 8)
    grey.fill(QColor("#808080"))
    size = QSize(8, 8)
    shown = untinted(grey).pixmap(size, QIcon.Mode.Selected).toImage()
    assert shown.pixelColor(4, 4) == QColor("#808080")


@pytest.mark.gui
def test_a_pair_leaves_the_canvas_as_one_change(window: NerveReview) -> None:
    search(window.context, [("1_1", "1_3")])
    window.show_tab("Conflicts")
    layers = window.context.viewer.layers
    before, changes = len(layers), []
    layers.events.end_batch.connect(lambda _event: changes.append(len(layers)))
    window.show_tab("Frames")
    assert len(changes) == 1
    assert changes[0] < before
