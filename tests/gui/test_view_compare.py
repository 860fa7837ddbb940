"""Two frames side by side: one camera, drawing on either, and back again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_nerveseg.view import compat
from napari_nerveseg.view.commands import Commands
from napari_nerveseg.view.compare import grid_shape
from napari_nerveseg.view.desk import Desk
from napari_nerveseg.view.kinds import PREDICTION, TRUTH
from tests.gui.conftest import stroke


def cells(desk: Desk) -> dict[tuple[int, int], list[str]]:
    """Return which visible layers lie in which cell of the grid."""
    grid, layers = compat.grid(desk.viewer), desk.viewer.layers
    found: dict[tuple[int, int], list[str]] = {}
    for place, indices in grid.iter_viewboxes(layers):
        found[place] = [layers[index].name for index in indices]
    return found


def hover(desk: Desk, column: int) -> None:
    event = SimpleNamespace(viewbox=(0, column))
    for callback in desk.viewer.mouse_move_callbacks:
        callback(desk.viewer, event)


def side(desk: Desk, n: int) -> Any:
    assert desk.pair is not None
    return desk.pair.sides[n].layer(TRUTH)


def test_each_frame_has_a_cell_and_nothing_else_is_there(desk: Desk) -> None:
    desk.viewer.add_image(np.zeros((20, 20)), name="mine")
    desk.show_pair("1_1", "1_3")
    assert cells(desk) == {
        (0, 0): ["A  1_1", "A prediction", "A ground truth"],
        (0, 1): ["B  1_3", "B prediction", "B ground truth"],
    }


@pytest.mark.parametrize(
    ("canvas", "cells"),
    [((850, 562), (2, 1)), ((1030, 1020), (2, 1)), ((600, 900), (1, 2))],
)
def test_frames_are_stacked_only_where_that_makes_them_much_larger(
    canvas: tuple[int, int], cells: tuple[int, int]
) -> None:
    assert grid_shape((420, 580), canvas) == cells


def test_one_draws_on_the_lower_frame_of_a_narrow_canvas(desk: Desk) -> None:
    desk.viewer.canvas.size = (900, 400)
    desk.show_pair("1_1", "1_3")
    assert list(cells(desk)) == [(0, 0), (1, 0)]
    desk.viewer.layers.selection.active = side(desk, 0)
    for callback in desk.viewer.mouse_move_callbacks:
        callback(desk.viewer, SimpleNamespace(viewbox=(1, 0)))
    assert desk.current() == "1_3"


def test_frames_of_two_sizes_and_of_no_mask_stand_side_by_side(desk: Desk) -> None:
    desk.show_pair("2_2", "2_3")
    assert [len(names) for names in cells(desk).values()] == [3, 3]
    assert side(desk, 0).data.shape != side(desk, 1).data.shape


def test_leaving_gives_back_what_was_there(desk: Desk) -> None:
    mine = desk.viewer.add_image(np.zeros((20, 20)), name="mine", visible=False)
    before = [(layer.name, layer.visible) for layer in desk.viewer.layers]
    desk.viewer.layers.selection.active = mine
    camera = compat.camera(desk.viewer)
    camera.zoom, camera.center = 3.0, (0, 11, 12)
    desk.show_pair("1_1", "1_3")
    desk.show_pair("1_2", "2_1")
    desk.leave_pair()
    assert [(layer.name, layer.visible) for layer in desk.viewer.layers] == before
    assert not compat.grid(desk.viewer).enabled
    assert desk.viewer.layers.selection.active is mine
    assert camera.zoom == 3.0
    assert tuple(camera.center) == (0, 11, 12)
    assert not desk.viewer.mouse_move_callbacks


def test_one_draws_on_the_frame_under_the_mouse(desk: Desk) -> None:
    assert desk.session is not None
    desk.show_pair("1_1", "1_3")
    before = np.array(desk.session.mask("1_3"))
    desk.viewer.layers.selection.active = side(desk, 0)
    side(desk, 0).mode, side(desk, 0).brush_size = "paint", 7
    hover(desk, 1)
    assert desk.viewer.layers.selection.active is side(desk, 1)
    assert (side(desk, 1).mode, side(desk, 1).brush_size) == ("paint", 7)
    assert desk.current() == "1_3"
    stroke(side(desk, 1), (5, 5))
    assert desk.session.mask("1_3")[5, 5]  # type: ignore[index]
    assert not desk.session.mask("1_1").any()  # type: ignore[union-attr]
    Commands(desk).undo()
    assert np.array_equal(desk.session.mask("1_3"), before)
    assert np.array_equal(side(desk, 1).data != 0, before)


def test_a_stroke_stays_in_the_cell_it_began_in(desk: Desk) -> None:
    desk.show_pair("1_1", "1_3")
    desk.viewer.layers.selection.active = side(desk, 0)
    side(desk, 0)._begin_stroke()
    side(desk, 0).paint((9, 9), 1)
    hover(desk, 1)
    assert desk.viewer.layers.selection.active is side(desk, 0)
    side(desk, 0)._commit_stroke()
    hover(desk, 1)
    assert desk.viewer.layers.selection.active is side(desk, 1)


def test_toggles_take_both_sides(desk: Desk) -> None:
    desk.show_pair("1_1", "1_3")
    Commands(desk).toggle(PREDICTION)
    assert desk.pair is not None
    for shown in desk.pair.sides:
        layer = shown.layer(PREDICTION)
        assert layer is not None and not layer.visible


def test_closing_the_folder_while_two_are_shown(desk: Desk) -> None:
    desk.show_pair("1_1", "1_3")
    desk.close()
    assert not desk.viewer.layers
    assert not compat.grid(desk.viewer).enabled
