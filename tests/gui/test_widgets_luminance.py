"""A folder with frames in colour, in the window: asked once, read as grey."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt

from napari_nerveseg import _engine
from napari_nerveseg.reading.luminance_row import frames_in_colour
from napari_nerveseg.shell.dock import NerveReview
from tests.gui.conftest import child
from tests.toys import disc, smooth_frame, write_kaggle
from training.data.scan import scan

SHAPE = (64, 80)


@pytest.fixture
def tinted(tmp_path: Path) -> Path:
    """One grey frame, one tinted one, and one whose mask is in colour."""
    mask = disc(SHAPE, (30, 40), 9)
    frames = {f"1_{n}": (smooth_frame(n, SHAPE), mask) for n in (1, 2, 3)}
    folder = write_kaggle(tmp_path / "tinted", frames)
    (folder / "1_2.tif").unlink()
    grey = smooth_frame(2, SHAPE)
    colour = np.dstack([grey, grey, np.minimum(grey, 200)])
    (folder / "1_2.png").write_bytes(imagecodecs.png_encode(colour))
    (folder / "1_3_mask.tif").unlink()
    (folder / "1_3_mask.png").write_bytes(imagecodecs.png_encode(colour))
    return folder


def test_only_frames_that_colour_keeps_out_are_counted(tinted: Path) -> None:
    dataset = _engine.open_dataset(tinted)
    assert frames_in_colour(dataset, None) == 0
    assert frames_in_colour(dataset, scan(dataset)) == 1
    read = _engine.open_dataset(tinted, luminance=True)
    assert frames_in_colour(read, scan(read)) == 0


def test_the_window_offers_to_read_colour_as_grey(
    dock: NerveReview, qtbot: QtBot, tinted: Path, tmp_path: Path
) -> None:
    assert dock.open(tinted, tmp_path / "project")
    qtbot.waitUntil(lambda: not dock.workers.busy, timeout=60_000)
    row = child(dock, "luminance_row")
    qtbot.waitUntil(row.isVisible, timeout=5_000)
    words = child(row, "luminance_words")
    assert words.text() == "1 frame is in colour and left out"
    status = child(dock, "status_line")
    qtbot.waitUntil(lambda: "2 problems. " in status.text(), timeout=5_000)
    qtbot.mouseClick(child(row, "use_luminance"), Qt.MouseButton.LeftButton)
    session = dock.context.session
    assert session is not None
    assert session.frame("1_2").shape == SHAPE
    assert dock.context.source["reading"]["luminance"] is True
    qtbot.waitUntil(lambda: not dock.workers.busy, timeout=60_000)
    assert not row.isVisible()
