"""A frame that fills the canvas fills it after a resize; one zoomed into stays."""

from __future__ import annotations

from typing import Any

import numpy as np
from pytestqt.qtbot import QtBot

from napari_nerveseg.canvas import compat
from napari_nerveseg.shell.dock import NerveReview


def share(viewer: Any) -> float:
    """Return how much of the canvas the frame fills, along its tighter side."""
    height, width = compat.canvas_size(viewer)
    frame = viewer.layers[0].data.shape
    return compat.camera(viewer).zoom * max(frame[0] / height, frame[1] / width)


def test_the_frame_fills_every_size_of_window_until_one_zooms(
    window: NerveReview, qtbot: QtBot
) -> None:
    viewer = window.context.viewer
    main: Any = compat.main_window(viewer)
    for size in ((1100, 700), (1700, 1000)):
        main.resize(*size)
        qtbot.waitUntil(lambda: abs(share(viewer) - 0.95) < 0.02, timeout=10_000)
    camera = compat.camera(viewer)
    camera.zoom *= 3
    camera.center = (0.0, 20.0, 30.0)
    before = compat.canvas_size(viewer)
    main.resize(1200, 800)
    qtbot.waitUntil(lambda: compat.canvas_size(viewer) != before, timeout=10_000)
    assert np.allclose(camera.center[1:], (20, 30), atol=1)
    assert share(viewer) > 1.5
