"""What the layers show is what the session says, and nobody else writes them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import napari_nerveseg
from napari_nerveseg.model.actions import AcceptPrediction, Select, SetStatus
from napari_nerveseg.model.predictions import LivePrediction
from napari_nerveseg.view import colours, compat
from napari_nerveseg.view.commands import Commands
from napari_nerveseg.view.desk import Desk
from napari_nerveseg.view.kinds import (
    ERROR,
    IMAGE,
    PREDICTION,
    PROBABILITY,
    TRUTH,
)
from napari_nerveseg.view.looks import error_labels, make_layer
from tests.gui.conftest import SHAPE, stroke
from tests.toys import disc


def names(desk: Desk) -> list[str]:
    return [layer.name for layer in desk.viewer.layers]


def layer(desk: Desk, kind: str) -> Any:
    assert desk.bridge is not None
    return desk.bridge.layers.layer(kind)


def predict(desk: Desk, frame: str, mask: np.ndarray) -> None:
    assert desk.session is not None
    probability = np.where(mask, 200, 10).astype(np.uint8)
    desk.session.take_prediction(frame, LivePrediction(probability, mask, 0.9, "toy"))


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


def test_layers_follow_the_selection_and_keep_the_zoom(desk: Desk) -> None:
    assert desk.session is not None
    assert names(desk) == [IMAGE, TRUTH]
    compat.camera(desk.viewer).zoom = 7.5
    desk.go("1_2")
    assert np.array_equal(layer(desk, IMAGE).data, desk.session.frame("1_2"))
    assert np.array_equal(layer(desk, TRUTH).data, desk.session.mask("1_2"))
    assert compat.camera(desk.viewer).zoom == 7.5
    desk.go("2_2")  # of another size: the view is fitted
    assert layer(desk, TRUTH).data.shape == (48, 60)
    assert compat.camera(desk.viewer).zoom != 7.5


def test_a_missing_mask_is_shown_empty_and_becomes_one_when_drawn(desk: Desk) -> None:
    assert desk.session is not None
    desk.go("2_3")
    assert desk.session.mask("2_3") is None
    assert not layer(desk, TRUTH).data.any()
    stroke(layer(desk, TRUTH))
    drawn = desk.session.mask("2_3")
    assert drawn is not None and drawn.any()


def test_prediction_layers_come_and_go_with_the_frame(desk: Desk) -> None:
    truth, guess = disc(SHAPE, (20, 30), 9), disc(SHAPE, (24, 33), 9)
    predict(desk, "1_2", guess)
    assert names(desk) == [IMAGE, TRUTH]
    desk.go("1_2")
    assert names(desk) == [IMAGE, PROBABILITY, ERROR, PREDICTION, TRUTH]
    assert np.array_equal(layer(desk, PREDICTION).data != 0, guess)
    error = layer(desk, ERROR).data
    assert np.array_equal(error == colours.FALSE_POSITIVE_LABEL, guess & ~truth)
    assert np.array_equal(error == colours.FALSE_NEGATIVE_LABEL, truth & ~guess)
    assert not layer(desk, PREDICTION).editable
    desk.go("1_3")
    assert names(desk) == [IMAGE, TRUTH]


def test_a_hidden_layer_stays_hidden_from_frame_to_frame(desk: Desk) -> None:
    for frame in ("1_1", "1_2"):
        predict(desk, frame, disc(SHAPE, (30, 30), 8))
    commands = Commands(desk)
    assert layer(desk, PREDICTION).visible and not layer(desk, ERROR).visible
    commands.toggle(PREDICTION)
    commands.toggle(ERROR)
    desk.go("1_3")  # has none
    desk.go("1_2")
    assert not layer(desk, PREDICTION).visible
    assert layer(desk, ERROR).visible


def test_no_mask_has_no_error_and_accepting_gives_it_one(desk: Desk) -> None:
    assert desk.session is not None
    guess = disc(SHAPE, (30, 30), 8)
    predict(desk, "2_3", guess)
    desk.go("2_3")
    assert layer(desk, ERROR) is None
    assert desk.do(AcceptPrediction("2_3"))
    assert np.array_equal(layer(desk, TRUTH).data != 0, guess)
    assert not layer(desk, ERROR).data.any()


def test_a_deleted_layer_comes_back_in_its_place(desk: Desk) -> None:
    desk.viewer.layers.remove(layer(desk, IMAGE))
    assert names(desk) == [TRUTH]
    desk.go("1_2")
    assert names(desk) == [IMAGE, TRUTH]
    desk.viewer.layers.remove(layer(desk, TRUTH))
    desk.go("1_3")
    stroke(layer(desk, TRUTH), (2, 2))  # and draws into the store as before
    assert desk.session is not None
    assert desk.session.mask("1_3")[2, 2]  # type: ignore[index]


def test_other_layers_of_the_user_stay_where_they_are(desk: Desk) -> None:
    mine = desk.viewer.add_image(np.zeros((30, 30)), name="mine")
    desk.viewer.layers.selection.active = mine
    predict(desk, "1_1", disc(SHAPE, (30, 30), 8))
    assert desk.viewer.layers.selection.active is mine
    assert names(desk)[-1] == "mine"
    desk.close()
    assert names(desk) == ["mine"]


def test_what_another_panel_does_is_shown(desk: Desk) -> None:
    assert desk.session is not None
    desk.go("1_2")
    data = layer(desk, TRUTH).data
    assert desk.do(SetStatus(("1_2",), "flagged"))
    assert layer(desk, TRUTH).data is data  # nothing to draw anew
    Commands(desk).verify_empty()
    desk.go("1_2")
    assert not layer(desk, TRUTH).data.any()


def test_an_unreadable_frame_is_said_once_and_the_others_still_work(
    desk: Desk, toy_folder: Path, tmp_path: Path
) -> None:
    said: list[tuple[str, str]] = []
    desk.said.connect(lambda level, text: said.append((level, text)))
    (toy_folder / "1_2.tif").write_bytes(b"no picture")
    assert desk.open(toy_folder, tmp_path / "other")
    said.clear()
    assert layer(desk, IMAGE).data.shape == SHAPE
    desk.go("1_2")
    assert [level for level, _ in said] == ["error"]
    assert "1_2.tif" in said[0][1]
    assert not desk.viewer.layers, "the picture of another frame is still there"
    Commands(desk).edit()
    assert said[-1][1] == "There is no picture of frame 1_2 to draw on."
    desk.go("1_3")
    assert layer(desk, IMAGE).data.shape == SHAPE


def test_a_frame_that_can_be_read_again_is_shown(
    desk: Desk, toy_folder: Path, tmp_path: Path
) -> None:
    path = toy_folder / "1_2.tif"
    whole = path.read_bytes()
    path.write_bytes(b"no picture")
    assert desk.open(toy_folder, tmp_path / "other")
    desk.go("1_2")
    assert not desk.viewer.layers
    path.write_bytes(whole)
    assert desk.session is not None
    desk.session.frames_changed.emit(("1_2",))
    assert layer(desk, IMAGE).data.shape == SHAPE


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
    desk: Desk,
) -> None:
    assert desk.session is not None and desk.bridge is not None
    desk.do(Select("1_1"))
    layer = desk.bridge.layers.layer(IMAGE)
    own, first = layer.data, np.array(desk.session.frame("1_1"))
    desk.do(Select("1_2"))
    assert layer.data is own
    assert np.array_equal(own, desk.session.frame("1_2"))
    assert np.array_equal(desk.session.frame("1_1"), first)
    desk.do(Select("2_2"))  # of another size
    assert layer.data.shape == (48, 60)
