"""How a folder was read, in the window: doubts said, choices kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QCheckBox, QLineEdit

from napari_nerveseg.reading.dialog import ReadingDialog
from napari_nerveseg.shell.dock import NerveReview
from tests.engine.people_folders import nerve, picture, white, write
from tests.gui.conftest import child


def kaggle(folder: Path, *, inverted: bool) -> Path:
    for i in range(3):
        write(folder / f"1_{i}.png", picture(i))
        mask = ~nerve(i) if inverted else nerve(i)
        write(folder / f"1_{i}_mask.png", white(mask))
    return folder


def opened(dock: NerveReview, qtbot: QtBot, data: Path, project: Path) -> None:
    assert dock.open(data, project)

    def seen() -> bool:
        session = dock.context.session
        return session is not None and session.scan is not None

    qtbot.waitUntil(seen, timeout=60_000)
    qtbot.waitUntil(lambda: not dock.workers.busy, timeout=60_000)


def test_a_folder_without_doubts_asks_nothing(
    dock: NerveReview, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(dock, qtbot, kaggle(tmp_path / "data", inverted=False), tmp_path / "p")
    assert not child(dock, "reading_row").isVisibleTo(dock)


def test_a_doubt_is_said_and_a_choice_ends_it_for_good(
    dock: NerveReview, qtbot: QtBot, tmp_path: Path
) -> None:
    data, project = kaggle(tmp_path / "data", inverted=True), tmp_path / "p"
    opened(dock, qtbot, data, project)
    row = child(dock, "reading_row")
    qtbot.waitUntil(lambda: row.isVisibleTo(dock), timeout=10_000)
    assert "3 masks cover more than half" in child(dock, "reading_words").toolTip()
    qtbot.mouseClick(child(dock, "change_reading"), Qt.MouseButton.LeftButton)
    (dialog,) = dock.window().findChildren(ReadingDialog)
    assert "masks named: *_mask (3)" in dialog.page.text()
    assert "subjects: by the number in S_I: 1" in dialog.page.text()
    switch = dialog.findChild(QCheckBox, "reading_invert_masks")
    switch.setChecked(True)
    qtbot.mouseClick(child(dialog, "reading_apply"), Qt.MouseButton.LeftButton)
    session = dock.context.session
    assert session is not None
    assert np.array_equal(session.mask("1_0"), nerve(0))
    qtbot.waitUntil(lambda: not row.isVisibleTo(dock), timeout=60_000)
    dock.context.close()
    opened(dock, qtbot, data, project)
    assert dock.context.session is not None
    assert np.array_equal(dock.context.session.mask("1_0"), nerve(0))
    assert not row.isVisibleTo(dock)


def test_what_cannot_be_read_so_is_said_in_the_dialog(
    dock: NerveReview, qtbot: QtBot, tmp_path: Path
) -> None:
    opened(dock, qtbot, kaggle(tmp_path / "data", inverted=False), tmp_path / "p")
    dialog = ReadingDialog(dock.context, dock.window())
    qtbot.addWidget(dialog)
    dialog.show()
    field = dialog.findChild(QLineEdit, "reading_mask_names")
    field.setText("labels")
    before = dock.context.session
    qtbot.mouseClick(child(dialog, "reading_apply"), Qt.MouseButton.LeftButton)
    assert dialog.words.text().startswith("--mask-names labels: write * for the")
    assert dialog.isVisible()
    assert dock.context.session is before
    field.setText("")
    assert dialog.choices() == {"as_found": True}
