"""napari's undo stays with the layer; ours stays with the frame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.layers import Labels

from napari_nerveseg.model.actions import Select
from napari_nerveseg.view.commands import Commands
from napari_nerveseg.view.desk import Desk
from napari_nerveseg.view.kinds import TRUTH
from tests.gui.conftest import stroke


def truth(desk: Desk) -> Any:
    assert desk.bridge is not None
    layer = desk.bridge.layers.layer(TRUTH)
    assert layer is not None
    return layer


def mask(desk: Desk, frame: str) -> np.ndarray:
    assert desk.session is not None
    found = desk.session.mask(frame)
    assert found is not None
    return np.array(found)


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


def test_undo_after_a_switch_never_writes_one_frame_into_another(desk: Desk) -> None:
    before = {frame: mask(desk, frame) for frame in ("1_1", "1_2")}
    stroke(truth(desk))
    painted = mask(desk, "1_1")
    assert painted.sum() > before["1_1"].sum()
    desk.go("1_2")
    truth(desk).undo()  # napari's own, as its menu or a script would call it
    press(truth(desk), "Ctrl+Z")
    assert np.array_equal(truth(desk).data, before["1_2"])
    assert np.array_equal(mask(desk, "1_2"), before["1_2"])
    assert np.array_equal(mask(desk, "1_1"), painted)
    desk.go("1_1")
    press(truth(desk), "Ctrl+Z")
    assert np.array_equal(mask(desk, "1_1"), before["1_1"])
    assert np.array_equal(truth(desk).data, before["1_1"])
    press(truth(desk), "Ctrl+Shift+Z")
    assert np.array_equal(mask(desk, "1_1"), painted)


def test_undo_after_a_switch_to_another_shape(desk: Desk) -> None:
    stroke(truth(desk), (60, 75))  # outside the smaller frame
    painted = mask(desk, "1_1")
    desk.go("2_2")
    small = mask(desk, "2_2")
    truth(desk).undo()
    press(truth(desk), "Ctrl+Z")
    assert truth(desk).data.shape == small.shape == (48, 60)
    assert np.array_equal(mask(desk, "2_2"), small)
    assert np.array_equal(mask(desk, "1_1"), painted)


def test_undo_on_a_stack_touches_the_page_on_screen_only(
    desk: Desk, tmp_path: Any
) -> None:
    import tifffile

    from tests.toys import smooth_frame

    stack = np.stack([smooth_frame(seed) for seed in range(3)])
    tifffile.imwrite(tmp_path / "sweep.tif", stack, photometric="minisblack")
    assert desk.open(tmp_path / "sweep.tif", tmp_path / "stack-project")
    assert desk.session is not None
    first, second = desk.session.dataset.ids[:2]
    stroke(truth(desk))
    painted = mask(desk, first)
    desk.go(second)
    stroke(truth(desk), (30, 30))
    press(truth(desk), "Ctrl+Z")
    assert desk.session.mask(second) is None or not mask(desk, second).any()
    assert np.array_equal(mask(desk, first), painted)
    press(truth(desk), "Ctrl+Z")
    assert np.array_equal(mask(desk, first), painted)


@pytest.mark.parametrize("tool", ["fill", "erase", "polygon"])
def test_every_tool_is_one_stored_step(desk: Desk, tool: str) -> None:
    desk.go("1_2")
    before = mask(desk, "1_2")
    layer = truth(desk)
    layer.mode = tool
    if tool == "fill":
        layer.fill((2, 2), 1)
    elif tool == "erase":
        with layer.block_history():
            layer.paint((20, 30), 0)
    else:
        layer.paint_polygon([(40, 10), (40, 30), (60, 20)], 1)
    assert desk.session is not None
    desk.session.flush()
    assert not np.array_equal(mask(desk, "1_2"), before)
    assert [action.kind for action in desk.session.history("1_2")] == [tool]
    press(layer, "Ctrl+Z")
    assert np.array_equal(mask(desk, "1_2"), before)


def test_a_stroke_under_way_belongs_to_the_frame_it_began_on(desk: Desk) -> None:
    layer, other = truth(desk), mask(desk, "1_2")
    layer._begin_stroke()
    layer.paint((10, 10), 1)
    assert desk.drawing()
    Commands(desk).step(1)
    assert desk.session is not None
    assert desk.session.selected == "1_1"  # keys wait for the end of the stroke
    desk.session.do(Select("1_2"))  # and what cannot wait loses nothing
    assert mask(desk, "1_1").any()
    assert np.array_equal(mask(desk, "1_2"), other)
    assert np.array_equal(truth(desk).data, other)


def test_undo_on_a_foreign_layer_is_naparis_own(desk: Desk) -> None:
    stroke(truth(desk))
    painted = mask(desk, "1_1")
    foreign = desk.viewer.add_labels(np.zeros((64, 80), np.uint8), name="mine")
    stroke(foreign)
    Commands(desk).undo()
    assert not foreign.data.any()
    assert np.array_equal(mask(desk, "1_1"), painted)
