"""The tour comes with synthetic frames, leads through every tab, and ends for good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import QLabel, QPushButton

from napari_nerveseg.canvas.memory import tour_is_over
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.review_window import settle
from napari_nerveseg.shell.sample import phantom_frames
from napari_nerveseg.shell.tour import STOPS
from napari_nerveseg.window.keys import BY_NAME
from tests.gui.conftest import child

DOCS = Path(__file__).parents[2] / "docs" / "tour.md"


def test_it_leads_through_every_tab_and_does_not_come_back(
    window: NerveReview, tmp_path: Path, toy_folder: Path
) -> None:
    assert not window.tour.isVisible()  # these frames are somebody's
    (toy_folder.parent / "truth.json").write_text("{}", encoding="utf-8")
    assert window.open(toy_folder, tmp_path / "project")
    settle(window)
    assert window.tour.isVisible()
    seen = []
    for number, stop in enumerate(STOPS, 1):
        seen.append(window.tabs.tabText(window.tabs.currentIndex()))
        title = child(window, "tour_title", QLabel).text()
        assert title == f"{number} of {len(STOPS)}: {stop.title}"
        child(window, "tour_next", QPushButton).click()
    assert seen == [window.tabs.tabText(n) for n in range(window.tabs.count())]
    assert not window.tour.isVisible()
    assert tour_is_over()
    assert window.open(toy_folder, tmp_path / "project")
    assert not window.tour.isVisible()
    window.tour.begin()
    assert window.tour.isVisible()


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.tab)
def test_its_words_name_keys_that_there_are(stop: Any) -> None:
    words = stop.text()
    assert "{" not in words
    if "{next_frame}" in stop.words:
        assert BY_NAME["next_frame"].keys[0] in words


def test_the_docs_have_every_stop_and_its_picture() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for stop in STOPS:
        assert f"## {stop.title}" in text
        picture = f"images/window-{stop.tab.lower()}.png"
        assert picture in text
        assert (DOCS.parent / picture).is_file()


def test_naparis_sample_menu_has_the_phantom(
    make_napari_viewer: Callable[..., Any],
) -> None:
    viewer = make_napari_viewer()
    frames, masks = viewer.open_sample("napari-nerveseg", "phantom")
    assert frames.data.shape == masks.data.shape
    assert np.array_equal(frames.data, phantom_frames()[0][0])
