"""Two frames side by side: one camera, drawing on either, and back again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_nerveseg.canvas import compat
from napari_nerveseg.canvas.compare import grid_shape
from napari_nerveseg.canvas.kinds import PREDICTION, TRUTH
from napari_nerveseg.window.commands import Commands
from napari_nerveseg.window.context import ReviewContext
from tests.gui.conftest import stroke


def cells(context: ReviewContext) -> dict[tuple[int, int], list[str]]:
    """Return which visible layers lie in which cell of the grid."""
    grid, layers = compat.grid(context.viewer), context.viewer.layers
    found: dict[tuple[int, int], list[str]] = {}
    for place, indices in grid.iter_viewboxes(layers):
        found[place] = [layers[index].name for index in indices]
    return found


def hover(context: ReviewContext, column: int) -> None:
    event = SimpleNamespace(viewbox=(0, column))
    for callback in context.viewer.mouse_move_callbacks:
        callback(context.viewer, event)


def side(context: ReviewContext, n: int) -> Any:
    assert context.pair is not None
    return context.pair.sides[n].layer(TRUTH)


def test_each_frame_has_a_cell_and_nothing_else_is_there(
    context: ReviewContext,
) -> None:
    context.viewer.add_image(np.zeros((20, 20)), name="mine")
    context.show_pair("1_1", "1_3")
    assert cells(context) == {
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


def test_one_draws_on_the_lower_frame_of_a_narrow_canvas(
    context: ReviewContext,
) -> None:
    context.viewer.canvas.size = (900, 400)
    context.show_pair("1_1", "1_3")
    assert list(cells(context)) == [(0, 0), (1, 0)]
    context.viewer.layers.selection.active = side(context, 0)
    for callback in context.viewer.mouse_move_callbacks:
        callback(context.viewer, SimpleNamespace(viewbox=(1, 0)))
    assert context.current() == "1_3"


def test_frames_of_two_sizes_and_of_no_mask_stand_side_by_side(
    context: ReviewContext,
) -> None:
    context.show_pair("2_2", "2_3")
    assert [len(names) for names in cells(context).values()] == [3, 3]
    assert side(context, 0).data.shape != side(context, 1).data.shape


def test_leaving_gives_back_what_was_there(context: ReviewContext) -> None:
    mine = context.viewer.add_image(np.zeros((20, 20)), name="mine", visible=False)
    before = [(layer.name, layer.visible) for layer in context.viewer.layers]
    context.viewer.layers.selection.active = mine
    camera = compat.camera(context.viewer)
    camera.zoom, camera.center = 3.0, (0, 11, 12)
    context.show_pair("1_1", "1_3")
    context.show_pair("1_2", "2_1")
    context.leave_pair()
    assert [(layer.name, layer.visible) for layer in context.viewer.layers] == before
    assert not compat.grid(context.viewer).enabled
    assert context.viewer.layers.selection.active is mine
    assert camera.zoom == 3.0
    assert tuple(camera.center) == (0, 11, 12)
    assert not context.viewer.mouse_move_callbacks


def test_one_draws_on_the_frame_under_the_mouse(context: ReviewContext) -> None:
    assert context.session is not None
    context.show_pair("1_1", "1_3")
    before = np.array(context.session.mask("1_3"))
    context.viewer.layers.selection.active = side(context, 0)
    side(context, 0).mode, side(context, 0).brush_size = "paint", 7
    hover(context, 1)
    assert context.viewer.layers.selection.active is side(context, 1)
    assert (side(context, 1).mode, side(context, 1).brush_size) == ("paint", 7)
    assert context.current() == "1_3"
    stroke(side(context, 1), (5, 5))
    assert context.session.mask("1_3")[5, 5]  # type: ignore[index]
    assert not context.session.mask("1_1").any()  # type: ignore[union-attr]
    Commands(context).undo()
    assert np.array_equal(context.session.mask("1_3"), before)
    assert np.array_equal(side(context, 1).data != 0, before)


def test_a_stroke_stays_in_the_cell_it_began_in(context: ReviewContext) -> None:
    context.show_pair("1_1", "1_3")
    context.viewer.layers.selection.active = side(context, 0)
    side(context, 0)._begin_stroke()
    side(context, 0).paint((9, 9), 1)
    hover(context, 1)
    assert context.viewer.layers.selection.active is side(context, 0)
    side(context, 0)._commit_stroke()
    hover(context, 1)
    assert context.viewer.layers.selection.active is side(context, 1)


def test_toggles_take_both_sides(context: ReviewContext) -> None:
    context.show_pair("1_1", "1_3")
    Commands(context).toggle(PREDICTION)
    assert context.pair is not None
    for shown in context.pair.sides:
        layer = shown.layer(PREDICTION)
        assert layer is not None and not layer.visible


def test_closing_the_folder_while_two_are_shown(context: ReviewContext) -> None:
    context.show_pair("1_1", "1_3")
    context.close()
    assert not context.viewer.layers
    assert not compat.grid(context.viewer).enabled
