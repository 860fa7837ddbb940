"""Answers lie where their image lies, now and later; a stack has one grey."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import dask.array
import numpy as np
import pytest
from napari.components import ViewerModel
from numpy.typing import NDArray

from napari_nerveseg.canvas import picture_source
from napari_nerveseg.canvas.following import leader_of
from napari_nerveseg.canvas.kinds import IMAGE, PREDICTION, PROBABILITY
from napari_nerveseg.predict.answer_layers import AnswerLayers
from napari_nerveseg.window.context import ReviewContext
from tests.toys import smooth_frame

FRAME = smooth_frame(1)
STACK = np.stack([smooth_frame(seed) for seed in range(5)])
#: Turns by 90 degrees in the last two axes, then moves.
TURN = np.array([[0.0, -1, 3], [1, 0, 4], [0, 0, 1]])
LOWER = np.array([[1, 0], [0.4, 1]])

#: How an image lies: its pixels and the options of its layer.
PLACES: dict[str, tuple[Any, dict[str, Any]]] = {
    "plain": (FRAME, {}),
    "scaled": (FRAME, {"scale": (2, 3), "translate": (5, 7)}),
    "rotated": (FRAME, {"rotate": 30, "scale": (2, 3)}),
    "sheared": (FRAME, {"shear": [0.3], "rotate": -20}),
    "sheared down": (FRAME, {"shear": LOWER}),
    "affine": (FRAME, {"affine": TURN, "scale": (1, 2)}),
    "mirrored": (FRAME, {"scale": (-1, 2), "rotate": 10, "shear": [0.2]}),
    "units": (FRAME, {"units": ("mm", "um"), "axis_labels": ("depth", "side")}),
    "stack": (
        STACK,
        {"scale": (-4, 2, 3), "rotate": (0, 0, 25), "units": ("s", "mm", "mm")},
    ),
    "stack of stacks": (
        np.stack([STACK, STACK]),
        {"translate": (1, 2, 3, 4), "shear": [0, 0, 0, 0, 0, 0.5]},
    ),
    "rgb": (np.dstack([FRAME] * 3), {"rotate": 15, "scale": (2, 5), "rgb": True}),
    "rgb stack": (
        np.stack([np.dstack([FRAME] * 3)] * 2),
        {"scale": (9, 2, 5), "shear": [0.1, 0.2, 0.3], "rgb": True},
    ),
    "multiscale": (
        [FRAME, FRAME[::2, ::2]],
        {"rotate": 40, "scale": (2, 2), "multiscale": True},
    ),
}


def turned(axes: int, degrees: float) -> NDArray[np.float64]:
    """Return a matrix that turns the last two of so many axes."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(axes)
    matrix[-2:, -2:] = [[cos, -sin], [sin, cos]]
    return matrix


#: What a user may change later, for a layer of ``n`` axes.
CHANGES: dict[str, Callable[[int], Any]] = {
    "scale": lambda n: [*range(2, n + 1), -3],
    "translate": range,
    "rotate": lambda n: turned(n, 50),
    "shear": lambda n: [*[0] * (n * (n - 1) // 2 - 1), 0.7],
    "affine": lambda n: turned(n + 1, 10),
    "units": lambda n: ["um"] * n,
    "axis_labels": lambda n: [f"axis{at}" for at in range(n)],
}


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


def answer(viewer: ViewerModel, layer: Any) -> tuple[Any, Any]:
    """Put an answer on the plane that is shown; return probability, prediction."""
    index = picture_source.shown_index(layer, viewer)
    grey = picture_source.plane(layer, index)
    AnswerLayers(viewer).show(layer, index, grey, grey > 127)
    found = {
        one.metadata["nerveseg_of"][0]: one
        for one in viewer.layers
        if leader_of(one) is layer and one.ndim == layer.ndim
    }
    return found[PROBABILITY], found[PREDICTION]


def corners(layer: Any) -> NDArray[np.float64]:
    """Return where the outermost pixels lie in the world, (corners, axes)."""
    high = np.array(layer.extent.data[1])
    points = [high * at for at in product((0, 1), repeat=layer.ndim)]
    return np.array([layer.data_to_world(point) for point in points])


def lies_on(made: Any, source: Any) -> bool:
    """Tell whether a layer has the same extent, place, units and labels."""
    return (
        made.ndim == source.ndim
        and np.allclose(corners(made), corners(source))
        and made.units == source.units
        and made.axis_labels == source.axis_labels
    )


@pytest.mark.parametrize("name", PLACES)
def test_answers_lie_where_the_image_lies(viewer: ViewerModel, name: str) -> None:
    pixels, options = PLACES[name]
    layer = viewer.add_image(pixels, **options)
    assert all(lies_on(made, layer) for made in answer(viewer, layer))


@pytest.mark.parametrize("name", PLACES)
def test_answers_follow_their_image(viewer: ViewerModel, name: str) -> None:
    pixels, options = PLACES[name]
    layer = viewer.add_image(pixels, **options)
    made = answer(viewer, layer)
    for change, value_for in CHANGES.items():
        before = (corners(layer).round(6).tolist(), layer.units, layer.axis_labels)
        setattr(layer, change, value_for(layer.ndim))
        after = (corners(layer).round(6).tolist(), layer.units, layer.axis_labels)
        assert before != after
        assert all(lies_on(one, layer) for one in made)
    assert answer(viewer, layer) == made  # the same layers take the next answer
    assert len(viewer.layers) == 3


def listeners(viewer: ViewerModel, layer: Any) -> int:
    """Count who listens to where a layer lies, and to what is removed."""
    emitters = [getattr(layer.events, change) for change in CHANGES]
    emitters.append(viewer.layers.events.removed)
    return sum(len(emitter.callbacks) for emitter in emitters)


def test_a_layer_that_is_gone_is_no_longer_followed(viewer: ViewerModel) -> None:
    layer, other = viewer.add_image(FRAME), viewer.add_image(FRAME, name="other")
    idle = listeners(viewer, layer)
    probability, prediction = answer(viewer, layer)
    viewer.layers.remove(probability)
    layer.scale = (2, 2)
    assert tuple(probability.scale) == (1, 1)
    assert tuple(prediction.scale) == (2, 2)
    viewer.layers.remove(other)  # none of the two
    assert leader_of(prediction) is layer
    viewer.layers.remove(prediction)
    assert listeners(viewer, layer) == idle


def test_answers_stay_where_they_are_when_their_image_goes(
    viewer: ViewerModel,
) -> None:
    layer = viewer.add_image(FRAME)
    idle = listeners(viewer, layer)
    made = answer(viewer, layer)
    viewer.layers.remove(layer)
    layer.scale = (2, 2)
    assert all(tuple(one.scale) == (1, 1) for one in made)
    assert all(AnswerLayers(viewer).is_answer(one) for one in made)
    viewer.layers.append(layer)
    assert listeners(viewer, layer) == idle


@pytest.mark.parametrize("taken_out", [True, False])
def test_an_answer_keeps_no_layer_alive(taken_out: bool) -> None:
    def come_and_go() -> list[weakref.ref[Any]]:
        viewer = ViewerModel()
        layer = viewer.add_image(DEEP)
        gone = [weakref.ref(one) for one in (layer, *answer(viewer, layer))]
        if taken_out:
            viewer.layers.clear()
        return gone

    gone = come_and_go()
    gc.collect()
    assert [one() for one in gone] == [None] * 3


def test_an_image_with_other_axes_leaves_the_old_answers_alone(
    viewer: ViewerModel,
) -> None:
    layer = viewer.add_image(FRAME)
    old = answer(viewer, layer)
    layer.data = STACK
    layer.scale = (2, 3, 4)
    assert [tuple(one.scale) for one in old] == [(1, 1), (1, 1)]
    assert all(lies_on(one, layer) for one in answer(viewer, layer))


@pytest.mark.parametrize(
    "options",
    [
        {"scale": (-3, 1, 1)},
        {"rotate": (0, 0, 33), "shear": [0, 0, 0.5], "scale": (0.7, 2, 2)},
        {"scale": (0.5, 1, 1), "units": ("mm", "mm", "mm"), "translate": (7, 0, 0)},
        {"rotate": (20, 0, 0), "scale": (4, 1, 1), "translate": (2, 30, 9)},
    ],
)
@pytest.mark.filterwarnings("ignore:Non-orthogonal slicing")
def test_the_plane_that_is_asked_for_is_the_one_on_screen(
    viewer: ViewerModel, options: dict[str, Any]
) -> None:
    levels = np.arange(1, 6, dtype=np.uint8)
    stack = np.broadcast_to(levels[:, None, None], (5, 40, 50))
    layer = viewer.add_image(stack, **options)
    if "units" in options:  # the sliders then have those of the smaller ones
        micrometres = {"scale": (250, 250, 250), "units": ("um", "um", "um")}
        viewer.add_image(np.zeros((9, 9, 9), np.uint8), **micrometres)
    seen = set()
    for step in range(viewer.dims.nsteps[0]):
        viewer.dims.set_current_step(0, step)
        shown = layer._slice.image.raw
        if shown.any():  # else the slider stands beside the layer
            assert picture_source.shown_index(layer, viewer) == (shown.max() - 1,)
            seen.add(int(shown.max()))
    assert len(seen) >= 2


def test_the_reviews_own_layers_stay_together(context: ReviewContext) -> None:
    assert context.session is not None
    image = context.bridge.layers.layer(IMAGE)
    image.scale, image.rotate = (0.1, 0.1), 20
    image.units = ("mm", "mm")
    ours = [one for one in context.viewer.layers if context.owns(one)]
    assert len(ours) > 1
    assert all(lies_on(one, image) for one in ours)
    context.viewer.layers.remove(image)
    context.bridge.layers.refresh()
    again = context.bridge.layers.layer(IMAGE)
    assert again is not image
    assert tuple(again.scale) == (0.1, 0.1)
    assert all(lies_on(again, one) for one in ours if one is not image)
    again.translate = (5, 6)
    assert all(
        lies_on(one, again) for one in context.viewer.layers if context.owns(one)
    )


#: Five slices of 16 bits; each is brighter than the one before, but for one patch.
DEEP = STACK.astype(np.uint16) * np.arange(1, 6, dtype=np.uint16)[:, None, None]
DEEP[:, :8, :8] = 100


def on_disk(stack: NDArray[Any], folder: Path) -> Any:
    """Return a stack that is read from a file."""
    np.save(folder / "stack.npy", stack)
    return np.load(folder / "stack.npy", mmap_mode="r")


KINDS: dict[str, Callable[[Path], Any]] = {
    "16 bit": lambda _folder: DEEP,
    "float": lambda _folder: DEEP / 7 - 50,
    "holes": lambda _folder: np.where(DEEP == 0, np.nan, DEEP / 7 - 50),
    "dask": lambda _folder: dask.array.from_array(DEEP, chunks=(1, 64, 80)),
    "on disk": lambda folder: on_disk(DEEP, folder),
    "rgb": lambda _folder: np.stack([DEEP] * 3, axis=-1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_equal_pixels_of_a_stack_get_equal_grey(
    viewer: ViewerModel, kind: str, tmp_path: Path
) -> None:
    layer = viewer.add_image(KINDS[kind](tmp_path), rgb=kind == "rgb")
    greys = [picture_source.plane(layer, (at,)) for at in range(5)]
    assert len({int(level) for grey in greys for level in np.unique(grey[:8, :8])}) == 1
    tops = [int(grey.max()) for grey in greys]
    assert tops == sorted(set(tops))  # no slice is stretched by itself


def test_bytes_stay_as_they_are_and_nothing_else_is_read(viewer: ViewerModel) -> None:
    read: list[int] = []

    def load(block: Any, block_info: Any = None) -> Any:
        if block_info:
            read.append(block_info[0]["chunk-location"][0])
        return block

    stack = dask.array.from_array(STACK, chunks=(1, 64, 80)).map_blocks(
        load, dtype=np.uint8
    )
    layer = viewer.add_image(stack, contrast_limits=(0, 255))
    read.clear()
    assert np.array_equal(picture_source.plane(layer, (3,)), STACK[3])
    assert set(read) == {3}


def test_a_lazy_stack_is_looked_at_in_sixteen_planes_and_once(
    viewer: ViewerModel,
) -> None:
    read: list[int] = []

    def load(block: Any, block_info: Any = None) -> Any:
        if block_info:
            read.append(block_info[0]["chunk-location"][0])
        return block

    deep = np.repeat(DEEP, 20, axis=0)
    deep[41] = 40_000  # no plane of the sixteen
    stack = dask.array.from_array(deep, chunks=(1, 64, 80)).map_blocks(
        load, dtype=np.uint16
    )
    layer = viewer.add_image(stack, contrast_limits=(0, 2000))
    read.clear()
    first = picture_source.plane(layer, (41,))
    assert first.max() == 40_000 // 256
    assert len(set(read)) == 17
    assert {0, 41, 99} <= set(read)
    read.clear()
    assert np.array_equal(picture_source.plane(layer, (41,)), first)
    assert set(read) == {41}


def test_of_a_stack_in_memory_every_plane_is_looked_at(viewer: ViewerModel) -> None:
    deep = np.repeat(DEEP, 20, axis=0)
    deep[41] = 40_000
    layer = viewer.add_image(deep)
    assert picture_source.plane(layer, (0,)).max() == DEEP[0].max() // 256


def test_other_data_or_brighter_pixels_are_measured_anew(viewer: ViewerModel) -> None:
    layer = viewer.add_image(np.minimum(DEEP, 255))
    assert picture_source.plane(layer, (0,)).max() == DEEP[0].max()
    layer.data = DEEP  # 11 bits or so
    assert picture_source.plane(layer, (0,)).max() < 128
    layer.data[4] = 60_000
    assert picture_source.plane(layer, (4,)).max() == 60_000 // 256
    assert picture_source.plane(layer, (0,)).max() == DEEP[0].max() // 256
