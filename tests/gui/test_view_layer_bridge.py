"""What the layers show is what the session says, and nobody else writes them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import napari_nerveseg
from napari_nerveseg.canvas import colours, compat
from napari_nerveseg.canvas.kinds import ERROR, IMAGE, PREDICTION, PROBABILITY, TRUTH
from napari_nerveseg.canvas.looks import error_labels, make_layer
from napari_nerveseg.review.actions import AcceptPrediction, Select, SetStatus
from napari_nerveseg.review.predictions import LivePrediction
from napari_nerveseg.window.commands import Commands
from napari_nerveseg.window.context import ReviewContext
from tests.gui.conftest import SHAPE, stroke
from tests.toys import disc


def names(context: ReviewContext) -> list[str]:
    return [layer.name for layer in context.viewer.layers]


def layer(context: ReviewContext, kind: str) -> Any:
    assert context.bridge is not None
    return context.bridge.layers.layer(kind)


def predict(context: ReviewContext, frame: str, mask: np.ndarray) -> None:
    assert context.session is not None
    probability = np.where(mask, 200, 10).astype(np.uint8)
    context.session.take_prediction(
        frame, LivePrediction(probability, mask, 0.9, "toy")
    )


def test_only_the_bridge_writes_layer_data() -> None:
    writers = set()
    for path in Path(napari_nerveseg.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in targets:
                inner = target.value if isinstance(target, ast.Subscript) else target
                if isinstance(inner, ast.Attribute) and inner.attr == "data":
                    owner = inner.value  # a widget may call a part of its own so
                    if not (isinstance(owner, ast.Name) and owner.id == "self"):
                        writers.add(path.name)
    assert writers == {"layer_data.py"}


def test_layers_follow_the_selection_and_keep_the_zoom(context: ReviewContext) -> None:
    assert context.session is not None
    assert names(context) == [IMAGE, TRUTH]
    compat.camera(context.viewer).zoom = 7.5
    context.go("1_2")
    assert np.array_equal(layer(context, IMAGE).data, context.session.frame("1_2"))
    assert np.array_equal(layer(context, TRUTH).data, context.session.mask("1_2"))
    assert compat.camera(context.viewer).zoom == 7.5
    context.go("2_2")  # of another size: the view is fitted
    assert layer(context, TRUTH).data.shape == (48, 60)
    assert compat.camera(context.viewer).zoom != 7.5


def test_a_missing_mask_is_shown_empty_and_becomes_one_when_drawn(
    context: ReviewContext,
) -> None:
    assert context.session is not None
    context.go("2_3")
    assert context.session.mask("2_3") is None
    assert not layer(context, TRUTH).data.any()
    stroke(layer(context, TRUTH))
    drawn = context.session.mask("2_3")
    assert drawn is not None and drawn.any()


def test_prediction_layers_come_and_go_with_the_frame(context: ReviewContext) -> None:
    truth, guess = disc(SHAPE, (20, 30), 9), disc(SHAPE, (24, 33), 9)
    predict(context, "1_2", guess)
    assert names(context) == [IMAGE, TRUTH]
    context.go("1_2")
    assert names(context) == [IMAGE, PROBABILITY, ERROR, PREDICTION, TRUTH]
    assert np.array_equal(layer(context, PREDICTION).data != 0, guess)
    error = layer(context, ERROR).data
    assert np.array_equal(error == colours.FALSE_POSITIVE_LABEL, guess & ~truth)
    assert np.array_equal(error == colours.FALSE_NEGATIVE_LABEL, truth & ~guess)
    assert not layer(context, PREDICTION).editable
    context.go("1_3")
    assert names(context) == [IMAGE, TRUTH]


def test_a_hidden_layer_stays_hidden_from_frame_to_frame(
    context: ReviewContext,
) -> None:
    for frame in ("1_1", "1_2"):
        predict(context, frame, disc(SHAPE, (30, 30), 8))
    commands = Commands(context)
    assert layer(context, PREDICTION).visible and not layer(context, ERROR).visible
    commands.toggle(PREDICTION)
    commands.toggle(ERROR)
    context.go("1_3")  # has none
    context.go("1_2")
    assert not layer(context, PREDICTION).visible
    assert layer(context, ERROR).visible


def test_no_mask_has_no_error_and_accepting_gives_it_one(
    context: ReviewContext,
) -> None:
    assert context.session is not None
    guess = disc(SHAPE, (30, 30), 8)
    predict(context, "2_3", guess)
    context.go("2_3")
    assert layer(context, ERROR) is None
    assert context.do(AcceptPrediction("2_3"))
    assert np.array_equal(layer(context, TRUTH).data != 0, guess)
    assert not layer(context, ERROR).data.any()


def test_a_deleted_layer_comes_back_in_its_place(context: ReviewContext) -> None:
    context.viewer.layers.remove(layer(context, IMAGE))
    assert names(context) == [TRUTH]
    context.go("1_2")
    assert names(context) == [IMAGE, TRUTH]
    context.viewer.layers.remove(layer(context, TRUTH))
    context.go("1_3")
    stroke(layer(context, TRUTH), (2, 2))  # and draws into the store as before
    assert context.session is not None
    assert context.session.mask("1_3")[2, 2]  # type: ignore[index]


def test_other_layers_of_the_user_stay_where_they_are(context: ReviewContext) -> None:
    mine = context.viewer.add_image(np.zeros((30, 30)), name="mine")
    context.viewer.layers.selection.active = mine
    predict(context, "1_1", disc(SHAPE, (30, 30), 8))
    assert context.viewer.layers.selection.active is mine
    assert names(context)[-1] == "mine"
    context.close()
    assert names(context) == ["mine"]


def test_what_another_panel_does_is_shown(context: ReviewContext) -> None:
    assert context.session is not None
    context.go("1_2")
    data = layer(context, TRUTH).data
    assert context.do(SetStatus(("1_2",), "flagged"))
    assert layer(context, TRUTH).data is data  # nothing to draw anew
    Commands(context).verify_empty()
    context.go("1_2")
    assert not layer(context, TRUTH).data.any()


def test_an_unreadable_frame_is_said_once_and_the_others_still_work(
    context: ReviewContext, toy_folder: Path, tmp_path: Path
) -> None:
    said: list[tuple[str, str]] = []
    context.said.connect(lambda level, text: said.append((level, text)))
    (toy_folder / "1_2.tif").write_bytes(b"no picture")
    assert context.open(toy_folder, tmp_path / "other")
    said.clear()
    assert layer(context, IMAGE).data.shape == SHAPE
    context.go("1_2")
    assert [level for level, _ in said] == ["error"]
    assert "1_2.tif" in said[0][1]
    assert not context.viewer.layers, "the picture of another frame is still there"
    Commands(context).edit()
    assert said[-1][1] == "There is no picture of frame 1_2 to draw on."
    context.go("1_3")
    assert layer(context, IMAGE).data.shape == SHAPE


def test_a_frame_that_can_be_read_again_is_shown(
    context: ReviewContext, toy_folder: Path, tmp_path: Path
) -> None:
    path = toy_folder / "1_2.tif"
    whole = path.read_bytes()
    path.write_bytes(b"no picture")
    assert context.open(toy_folder, tmp_path / "other")
    context.go("1_2")
    assert not context.viewer.layers
    path.write_bytes(whole)
    assert context.session is not None
    context.session.frames_changed.emit(("1_2",))
    assert layer(context, IMAGE).data.shape == SHAPE


@pytest.mark.parametrize("kind", [IMAGE, PROBABILITY, ERROR, PREDICTION, TRUTH])
def test_every_kind_has_its_look(kind: str) -> None:
    made = make_layer(kind, np.zeros((4, 4), np.uint8), kind, scale=(2, 3))
    assert tuple(made.scale) == (2, 3)
    if kind in (PREDICTION, TRUTH):
        assert made.contour == 2


def test_error_labels() -> None:
    truth = np.array([[True, True, False, False]])
    guess = np.array([[True, False, True, False]])
    assert error_labels(truth, guess).tolist() == [[0, 2, 1, 0]]


def test_other_pixels_go_into_the_layers_own_array_and_nobody_elses(
    context: ReviewContext,
) -> None:
    assert context.session is not None and context.bridge is not None
    context.do(Select("1_1"))
    layer = context.bridge.layers.layer(IMAGE)
    own, first = layer.data, np.array(context.session.frame("1_1"))
    context.do(Select("1_2"))
    assert layer.data is own
    assert np.array_equal(own, context.session.frame("1_2"))
    assert np.array_equal(context.session.frame("1_1"), first)
    context.do(Select("2_2"))  # of another size
    assert layer.data.shape == (48, 60)
