"""napari's undo stays with the layer; ours stays with the frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.layers import Labels

from napari_nerveseg.review.actions import Select
from napari_nerveseg.window.commands import Commands
from napari_nerveseg.window.context import ReviewContext
from tests.gui.conftest import mask, stroke, truth


def press(layer: Any, key: str) -> None:
    """Call what the key does on this layer, its own bindings before its class's."""
    found = {str(binding): call for binding, call in layer.keymap.items()}
    found[key](layer)


def test_napari_itself_falls_into_the_trap() -> None:
    """Why all this is needed: remove our undo when this fails."""
    layer = Labels(np.zeros((8, 8), np.uint8))
    with layer.block_history():
        layer.paint((4, 4), 1)
    layer.data = np.full((8, 8), 3, np.uint8)
    layer.undo()
    assert (layer.data == 0).any()


def test_undo_after_a_switch_never_writes_one_frame_into_another(
    context: ReviewContext,
) -> None:
    before = {frame: mask(context, frame) for frame in ("1_1", "1_2")}
    stroke(truth(context))
    painted = mask(context, "1_1")
    assert painted.sum() > before["1_1"].sum()
    context.go("1_2")
    truth(context).undo()  # napari's own, as its menu or a script would call it
    press(truth(context), "Ctrl+Z")
    assert np.array_equal(truth(context).data, before["1_2"])
    assert np.array_equal(mask(context, "1_2"), before["1_2"])
    assert np.array_equal(mask(context, "1_1"), painted)
    context.go("1_1")
    press(truth(context), "Ctrl+Z")
    assert np.array_equal(mask(context, "1_1"), before["1_1"])
    assert np.array_equal(truth(context).data, before["1_1"])
    press(truth(context), "Ctrl+Shift+Z")
    assert np.array_equal(mask(context, "1_1"), painted)


def test_undo_after_a_switch_to_another_shape(context: ReviewContext) -> None:
    stroke(truth(context), (60, 75))  # outside the smaller frame
    painted = mask(context, "1_1")
    context.go("2_2")
    small = mask(context, "2_2")
    truth(context).undo()
    press(truth(context), "Ctrl+Z")
    assert truth(context).data.shape == small.shape == (48, 60)
    assert np.array_equal(mask(context, "2_2"), small)
    assert np.array_equal(mask(context, "1_1"), painted)


def test_undo_on_a_stack_touches_the_page_on_screen_only(
    context: ReviewContext, tmp_path: Any
) -> None:
    import tifffile

    from tests.toys import smooth_frame

    stack = np.stack([smooth_frame(seed) for seed in range(3)])
    tifffile.imwrite(tmp_path / "sweep.tif", stack, photometric="minisblack")
    assert context.open(tmp_path / "sweep.tif", tmp_path / "stack-project")
    assert context.session is not None
    first, second = context.session.dataset.ids[:2]
    stroke(truth(context))
    painted = mask(context, first)
    context.go(second)
    stroke(truth(context), (30, 30))
    press(truth(context), "Ctrl+Z")
    assert context.session.mask(second) is None or not mask(context, second).any()
    assert np.array_equal(mask(context, first), painted)
    press(truth(context), "Ctrl+Z")
    assert np.array_equal(mask(context, first), painted)


@pytest.mark.parametrize("tool", ["fill", "erase", "polygon"])
def test_every_tool_is_one_stored_step(context: ReviewContext, tool: str) -> None:
    context.go("1_2")
    before = mask(context, "1_2")
    layer = truth(context)
    layer.mode = tool
    if tool == "fill":
        layer.fill((20, 30), 0)
    elif tool == "erase":
        with layer.block_history():
            layer.paint((20, 30), 0)
    else:
        layer.paint_polygon([(40, 10), (40, 30), (60, 20)], 1)
    assert context.session is not None
    context.session.flush()
    assert not np.array_equal(mask(context, "1_2"), before)
    assert [action.kind for action in context.session.history("1_2")] == [tool]
    press(layer, "Ctrl+Z")
    assert np.array_equal(mask(context, "1_2"), before)


def test_a_stroke_under_way_belongs_to_the_frame_it_began_on(
    context: ReviewContext,
) -> None:
    layer, other = truth(context), mask(context, "1_2")
    layer._begin_stroke()
    layer.paint((10, 10), 1)
    assert context.drawing()
    Commands(context).step(1)
    assert context.session is not None
    assert context.session.selected == "1_1"  # keys wait for the end of the stroke
    context.session.do(Select("1_2"))  # and what cannot wait loses nothing
    assert mask(context, "1_1").any()
    assert np.array_equal(mask(context, "1_2"), other)
    assert np.array_equal(truth(context).data, other)


def test_undo_on_a_foreign_layer_is_naparis_own(context: ReviewContext) -> None:
    stroke(truth(context))
    painted = mask(context, "1_1")
    foreign = context.viewer.add_labels(np.zeros((64, 80), np.uint8), name="mine")
    stroke(foreign)
    Commands(context).undo()
    assert not foreign.data.any()
    assert np.array_equal(mask(context, "1_1"), painted)
