"""A context without a window for logic, a real window for clicks and keys."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QSettings, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QApplication, QWidget

from napari_nerveseg.canvas import compat
from napari_nerveseg.canvas.kinds import TRUTH
from napari_nerveseg.conflicts.noise import NoiseReader
from napari_nerveseg.conflicts.panel import ConflictsPanel
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.review_window import add_dock, settle
from napari_nerveseg.window.commands import Commands
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.workers import Workers
from tests.model.toy_review import stored
from tests.toys import disc, smooth_frame, write_kaggle

SHAPE = (64, 80)

Press = Callable[..., None]


@pytest.fixture(scope="module", autouse=True)
def _collect_tests_only() -> None:
    """Leave the modules that are loaded by now out of `_nothing_left`."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _nothing_left() -> None:
    """Let what the last test left behind go here, in Qt's thread.

    A thread that came upon it later would free it there, and Qt then rings the timer of
    an object that is gone.
    """
    gc.collect()


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path) -> None:
    """Keep what the window remembers away from the user's own settings."""
    QSettings.setPath(
        QSettings.Format.IniFormat,
        QSettings.Scope.UserScope,
        str(tmp_path / "settings"),
    )


@pytest.fixture
def dock(qtbot: QtBot) -> Iterator[NerveReview]:
    """The dock on a viewer without a window, with nothing open."""
    made = NerveReview(ViewerModel())
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close_review()


@pytest.fixture
def toy_folder(tmp_path: Path) -> Path:
    """Six frames of two subjects; 1_1 (empty) and 1_3 (nerve) look alike.

    2_2 is smaller than the others, 2_3 has no mask.
    """
    nerve, empty = disc(SHAPE, (30, 40), 12), np.zeros(SHAPE, bool)
    twin = smooth_frame(1)
    small = (48, 60)
    frames = {
        "1_1": (twin, empty),
        "1_2": (smooth_frame(2), disc(SHAPE, (20, 30), 9)),
        "1_3": (twin + (twin < 255), nerve),
        "2_1": (smooth_frame(4), nerve),
        "2_2": (smooth_frame(5, small), disc(small, (20, 20), 8)),
        "2_3": (smooth_frame(6), None),
    }
    return write_kaggle(tmp_path / "data", frames)


@pytest.fixture
def context(
    qapp: QApplication, toy_folder: Path, tmp_path: Path
) -> Iterator[ReviewContext]:
    """A context on a viewer without a window, with the toy folder open."""
    viewer = ViewerModel()
    viewer.canvas.size = (600, 900)  # (height, width): wide enough for two
    made = ReviewContext(viewer)
    assert made.open(toy_folder, tmp_path / "project")
    yield made
    made.shut_down()


@pytest.fixture
def window(
    make_napari_viewer: Callable[..., Any], toy_folder: Path, tmp_path: Path
) -> Iterator[NerveReview]:
    """The dock in a real, active napari window, with the toy folder open."""
    viewer = make_napari_viewer(show=True, strict_qt=True)
    dock = add_dock(viewer)
    main = viewer.window._qt_window
    main.resize(1400, 900)
    main.activateWindow()
    assert dock.open(toy_folder, tmp_path / "project")
    settle(dock)
    yield dock
    dock.close_review()


@pytest.fixture
def press(window: NerveReview, qtbot: QtBot) -> Press:
    """Press a key on whatever has the focus (first the canvas), or ``at`` a widget."""
    activate(compat.main_window(window.context.viewer), qtbot)
    window.context.focus_canvas()

    def on_focus(
        key: Any,
        held: Any = Qt.KeyboardModifier.NoModifier,
        at: QWidget | None = None,
    ) -> None:
        if at is not None:
            at.setFocus()
            qtbot.waitUntil(at.hasFocus)
        focus = QApplication.focusWidget()
        assert focus is not None
        qtbot.keyClick(focus, key, held)

    return on_focus


@pytest.fixture
def conflicts_panel(context: ReviewContext, qtbot: QtBot) -> Iterator[ConflictsPanel]:
    """The tab Conflicts of a review without a window, before any search."""
    noise = NoiseReader(context)
    made = ConflictsPanel(context, Workers(context), Commands(context), noise)
    qtbot.addWidget(made)
    made.resize(460, 800)
    made.show()
    made.enter()
    yield made
    noise.stop()


def search(context: ReviewContext, pairs: Iterable[tuple[str, str]]) -> None:
    """Let the context find these pairs, and look at all of them."""
    assert context.session is not None
    context.session.take_duplicates(stored(context.session, pairs))
    while context.session.work(1.0):
        pass


def activate(window: Any, qtbot: QtBot) -> None:
    """Make a window the one that has the keys."""

    def active() -> bool:
        window.activateWindow()  # asked anew: a busy display can miss the first time
        return QApplication.activeWindow() is window

    qtbot.waitUntil(active, timeout=20_000)


def child(parent: QWidget, name: str, kind: type = QWidget) -> Any:
    """Return the widget called ``name`` below ``parent``."""
    found = parent.findChild(kind, name)
    assert found is not None, f"no widget is called {name}"
    return found


def press_cyrillic(widget: QWidget) -> bool:
    """Press a key that Qt has no name for; return whether the widget took it."""
    event = QKeyEvent(
        QEvent.Type.KeyPress, ord("Ф"), Qt.KeyboardModifier.NoModifier, "ф"
    )
    event.setAccepted(True)
    widget.keyPressEvent(event)
    return event.isAccepted()


def truth(context: ReviewContext) -> Any:
    """Return the layer of the ground truth in view."""
    assert context.bridge is not None
    layer = context.bridge.layers.layer(TRUTH)
    assert layer is not None
    return layer


def mask(context: ReviewContext, frame: str) -> np.ndarray:
    """Return a frame's mask as the session has it."""
    assert context.session is not None
    found = context.session.mask(frame)
    assert found is not None
    return np.array(found)


def stroke(layer: Any, centre: tuple[int, int] = (10, 10), label: int = 1) -> None:
    """Paint one dab as napari's brush does, one undo step."""
    layer.selected_label = label
    layer.mode = "paint" if label else "erase"
    layer.brush_size = 6
    with layer.block_history():
        layer.paint(centre, label)
