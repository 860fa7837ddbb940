"""A napari window with the dock in it: to work in, or to take a picture of."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QApplication, QWidget

from ..canvas import compat
from ..review.actions import Select
from .dock import NerveReview

if TYPE_CHECKING:
    import napari

#: Seconds for which background work may go on before a picture is taken.
SETTLE_AT_MOST = 60.0

#: The share of the screen's sides that a first window takes.
ROOM = 0.9


@dataclass(frozen=True)
class ReviewOptions:
    """What the window opens with; everything but ``data`` may be None.

    ``size`` is (width, height) in pixels; ``tab`` a tab's title in small letters.
    """

    data: Path
    project: Path | None = None
    predictions: Path | None = None
    frame: str | None = None
    reading: Mapping[str, Any] | None = None
    screenshot: Path | None = None
    theme: str | None = None
    size: tuple[int, int] | None = None
    tab: str | None = None


def review(options: ReviewOptions) -> str | None:
    """Open a window and run it until it closes, or take its picture.

    Returns
    -------
    str or None
        One sentence if the data could not be opened; no window stays then.
    """
    import napari

    viewer = napari.Viewer(title="Nerve review")
    said: list[str] = []
    dock = add_dock(viewer)
    dock.context.said.connect(
        lambda level, text: said.append(text) if level == "error" else None
    )
    opened = _prepare(viewer, dock, options)
    if not opened:
        dock.close_review()
        viewer.close()
        return said[-1] if said else f"{options.data} could not be opened."
    if options.screenshot is not None:
        dock.tour.hide()  # a picture of a tab is of that tab
        take_picture(viewer, dock, options.screenshot)
        dock.close_review()
        viewer.close()
    else:
        napari.run()
    return None


def add_dock(viewer: napari.Viewer) -> NerveReview:
    """Put the dock on the right of ``viewer`` and return it."""
    dock = NerveReview(viewer)
    viewer.window.add_dock_widget(
        dock, name="Nerve review", area="right", add_vertical_stretch=False
    )
    return dock


def give_room(window: QWidget) -> None:
    """Take most of the screen, unless napari remembers a size of one's own.

    A first napari window is no larger than its parts ask for: beside the dock that
    leaves a picture two fingers wide.
    """
    from napari.settings import get_settings

    if get_settings().application.window_size is None:
        room = window.screen().availableGeometry()
        window.resize(room.size() * ROOM)
        window.move(room.center() - window.rect().center())


def take_picture(viewer: Any, dock: NerveReview, path: Path) -> None:
    """Wait until everything is drawn, then write the whole window as PNG."""
    settle(dock)
    viewer.window.screenshot(str(path), flash=False, canvas_only=False)


def settle(dock: NerveReview) -> None:
    """Let the session finish its background work and Qt its drawing."""
    deadline = time.monotonic() + SETTLE_AT_MOST
    quiet = 0
    while time.monotonic() < deadline and quiet < 20:
        QApplication.processEvents()
        busy = dock.context.session is not None and dock.context.session.work()
        quiet = 0 if busy or dock.workers.busy else quiet + 1
        time.sleep(0.02)


def _prepare(viewer: Any, dock: NerveReview, options: ReviewOptions) -> bool:
    """Give window and dock what was asked for; say whether the data could be opened."""
    window = compat.main_window(viewer)
    if options.theme is not None:
        viewer.theme = options.theme
    if options.size is not None and window is not None:
        window.resize(*options.size)
    elif window is not None:
        give_room(window)
    QApplication.processEvents()
    if not dock.open(options.data, options.project, options.reading):
        return False
    if options.predictions is not None and not dock.context.load_predictions(
        options.predictions
    ):
        return False
    if options.frame is not None and not dock.context.do(Select(options.frame)):
        return False
    if options.tab is not None:
        titles = [dock.tabs.tabText(n).lower() for n in range(dock.tabs.count())]
        dock.tabs.setCurrentIndex(titles.index(options.tab))
    return True
