"""What makes a step quick changes nothing that one sees."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from napari.layers import Labels
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QApplication, QWidget

from napari_nerveseg.canvas import compat
from napari_nerveseg.canvas.kinds import ERROR, IMAGE, TRUTH
from napari_nerveseg.canvas.layer_bridge import QuietList
from napari_nerveseg.canvas.looks import contour_within_box
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.window.context import ReviewContext
from tests.gui.conftest import SHAPE, Press
from tests.toys import disc

# Contours -----------------------------------------------------------------------------

CORNER = np.zeros(SHAPE, np.uint8)
CORNER[:9, -7:] = 1
TWO = disc(SHAPE, (20, 30), 9).astype(np.uint8) + 2 * disc(SHAPE, (50, 60), 7)


def displayed(layer: Labels) -> NDArray[np.float64]:
    return np.asarray(layer._slice.image.view)


@pytest.mark.parametrize("thickness", [0, 1, 2, 5])
@pytest.mark.parametrize(
    "mask",
    [
        np.zeros(SHAPE, np.uint8),
        np.ones(SHAPE, np.uint8),
        disc(SHAPE, (30, 40), 12).astype(np.uint8),
        CORNER,
        TWO.astype(np.uint8),
        np.random.default_rng(0).integers(0, 2, SHAPE).astype(np.uint8),
    ],
    ids=["empty", "full", "nerve", "corner", "two", "noise"],
)
def test_contours_are_napari_s_to_the_pixel(
    mask: NDArray[np.uint8], thickness: int
) -> None:
    theirs, ours = Labels(mask.copy()), Labels(mask.copy())
    contour_within_box(ours)
    theirs.contour = ours.contour = thickness
    np.testing.assert_array_equal(displayed(ours), displayed(theirs))
    for layer in (theirs, ours):  # a stroke, of which napari updates a part
        layer.brush_size = 6
        layer.paint((25, 35), 1)
        layer.paint((SHAPE[0] - 1, 2), 1)
    np.testing.assert_array_equal(displayed(ours), displayed(theirs))


def test_a_napari_that_finds_contours_otherwise_is_left_alone() -> None:
    class Other:
        contour = 1

    contour_within_box(layer := Other())
    assert not hasattr(layer, "_calculate_contour")


# The layer list -----------------------------------------------------------------------


def test_the_layer_list_rests_while_one_steps_and_is_painted_when_one_lingers(
    window: NerveReview, press: Press, qtbot: QtBot
) -> None:
    viewer = window.context.viewer
    painted = compat.layer_list(viewer)
    assert painted.updatesEnabled(), "the list is not shown when a folder opens"
    window.commands.step(1)
    assert not painted.updatesEnabled()
    qtbot.waitUntil(painted.updatesEnabled)


def test_a_layer_that_is_shown_or_hidden_shows_in_the_list_at_once(
    window: NerveReview,
) -> None:
    painted = compat.layer_list(window.context.viewer)
    window.commands.step(1)
    window.commands.toggle(IMAGE)
    assert painted.updatesEnabled()


def test_the_layer_list_is_awake_once_the_review_is_closed(
    window: NerveReview,
) -> None:
    painted = compat.layer_list(window.context.viewer)
    window.commands.step(1)
    window.close_review()
    assert painted.updatesEnabled()


def test_a_list_that_went_with_its_window_is_left_in_peace(qapp: QApplication) -> None:
    painted = QWidget()
    window = SimpleNamespace(_qt_viewer=SimpleNamespace(layers=painted))
    quiet = QuietList(SimpleNamespace(window=window))
    painted.deleteLater()
    qapp.sendPostedEvents(painted, QEvent.Type.DeferredDelete)
    with pytest.raises(RuntimeError):
        painted.updatesEnabled()
    quiet.rest()
    quiet.wake()


def test_the_labels_are_closed_even_if_the_window_fails(
    context: ReviewContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, bridge = context.session, context.bridge
    assert session is not None
    assert bridge is not None
    closed: list[bool] = []
    monkeypatch.setattr(session, "close", lambda: closed.append(True))

    def fail() -> None:
        raise RuntimeError("already deleted")

    close = bridge.close
    monkeypatch.setattr(bridge, "close", fail)
    with pytest.raises(RuntimeError):
        context.close()
    assert closed
    monkeypatch.undo()
    close()
    session.close()


def test_a_viewer_without_a_window_has_no_list_to_rest(window: NerveReview) -> None:
    quiet = QuietList(object())
    quiet.rest()
    quiet.wake()
    bridge = window.context.bridge
    assert bridge is not None
    assert bridge.toggle(TRUTH) is False
    assert bridge.toggle(ERROR) in (True, None)


def test_no_timer_of_a_desk_runs_once_it_is_shut_down(context: ReviewContext) -> None:
    assert any(timer.isActive() for timer in context.findChildren(QTimer))
    context.shut_down()
    assert not any(timer.isActive() for timer in context.findChildren(QTimer))


def test_a_desk_that_its_window_took_along_may_be_shut_down_again(
    context: ReviewContext,
) -> None:
    context.shut_down()
    context.deleteLater()
    QApplication.sendPostedEvents(context, QEvent.Type.DeferredDelete)
    context.shut_down()
