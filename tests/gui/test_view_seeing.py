"""Contrast, looks and rule: what is seen changes, what is stored does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.utils.colormaps import ensure_colormap

from napari_nerveseg.model.contrast import (
    CLAHE,
    EQUALISED,
    GAMMA,
    VIEWS,
    Contrast,
    seen,
)
from napari_nerveseg.model.decision_rule import DecisionRule
from napari_nerveseg.model.predictions import LivePrediction
from napari_nerveseg.view import colours
from napari_nerveseg.view.commands import Commands
from napari_nerveseg.view.desk import Desk
from napari_nerveseg.view.kinds import (
    ERROR,
    IMAGE,
    PREDICTION,
    PROBABILITY,
    TRUTH,
    UNCERTAINTY,
)
from napari_nerveseg.view.looks import DEFAULTS, HEAT_MAPS
from tests.gui.conftest import SHAPE
from tests.toys import disc, smooth_frame


def layer(desk: Desk, kind: str) -> Any:
    assert desk.bridge is not None
    return desk.bridge.layers.layer(kind)


def predict(desk: Desk, frame: str) -> np.ndarray:
    assert desk.session is not None
    shape = desk.session.shape(frame)
    map_ = smooth_frame(9, shape)
    answer = LivePrediction(map_, map_ >= 128, 0.9, "toy", {"threshold": 0.5})
    desk.session.take_prediction(frame, answer)
    return map_


def test_one_key_goes_through_the_views_and_the_canvas_says_which(desk: Desk) -> None:
    assert desk.session is not None
    views, raw = desk.seeing.contrast, np.array(desk.session.frame("1_1"))
    for view in (*VIEWS[1:], VIEWS[0]):
        views.cycle()
        assert views.contrast.view == view
        shown = seen(raw, views.contrast)
        assert np.array_equal(layer(desk, IMAGE).data, shown)
        said = desk.seeing.note.text
        assert said == (f"View: {views.contrast.words()}" if view != "raw" else "")
    assert np.array_equal(desk.session.frame("1_1"), raw)


def test_settings_are_live_and_the_view_follows_the_frame(desk: Desk) -> None:
    assert desk.session is not None
    views = desk.seeing.contrast
    views.change(view=GAMMA, gamma=0.5)
    bright = layer(desk, IMAGE).data.mean()
    views.change(gamma=2.0)
    assert layer(desk, IMAGE).data.mean() < bright
    for frame in ("1_2", "2_2", "1_1"):
        desk.go(frame)
        shown = seen(desk.session.frame(frame), views.contrast)
        assert np.array_equal(layer(desk, IMAGE).data, shown)


def test_the_next_frames_picture_is_made_before_it_is_asked_for(desk: Desk) -> None:
    views = desk.seeing.contrast
    views.change(view=CLAHE, tile=16)
    views.prepare(["1_2"])
    ahead = views._made["1_2", views.contrast]
    assert ahead.result(20) is views.picture("1_2")
    assert views.picture("1_2") is views.picture("1_2")


def test_a_view_is_remembered_and_a_damaged_setting_is_not(desk: Desk) -> None:
    from qtpy.QtCore import QSettings

    from napari_nerveseg.view.contrast_views import ContrastViews

    desk.seeing.contrast.change(view=EQUALISED)
    assert ContrastViews().contrast == Contrast(EQUALISED)
    scope = QSettings.Format.IniFormat, QSettings.Scope.UserScope
    settings = QSettings(*scope, "napari-nerveseg", "window")
    for damaged in ("{", '{"view": "raw"}', '{"view": 5}'):
        settings.setValue("contrast", damaged)
        settings.sync()
        assert ContrastViews().contrast == Contrast()


def test_a_pair_is_seen_in_the_same_view(desk: Desk) -> None:
    assert desk.session is not None and desk.pair is not None
    desk.show_pair("1_1", "1_3")
    desk.seeing.contrast.change(view=EQUALISED)
    for side, frame in zip(desk.pair.sides, ("1_1", "1_3"), strict=True):
        shown = seen(desk.session.frame(frame), Contrast(EQUALISED))
        assert np.array_equal(side.layer(IMAGE).data, shown)


def test_drawing_goes_on_in_any_view(desk: Desk) -> None:
    assert desk.session is not None
    truth = layer(desk, TRUTH)
    truth._begin_stroke()
    truth.paint((10, 10), 1)
    desk.seeing.contrast.cycle()
    assert desk.in_stroke()
    truth._commit_stroke()
    mask = desk.session.mask("1_1")
    assert mask is not None and mask[10, 10]


def test_looks_are_drawn_at_once_and_remembered(desk: Desk) -> None:
    from napari_nerveseg.view.looks import Looks

    predict(desk, "1_1")
    looks = desk.seeing.looks
    looks.change(TRUTH, colour="#FFFFFF", contour=4, opacity=0.5)
    looks.change(PROBABILITY, colour="viridis")
    truth = layer(desk, TRUTH)
    assert (truth.contour, truth.opacity) == (4, 0.5)
    assert np.allclose(truth.colormap.map(1), 1)
    assert layer(desk, PROBABILITY).colormap.name == "viridis over clear"
    assert Looks().of(TRUTH) == looks.of(TRUTH)
    looks.reset()
    assert (truth.contour, truth.opacity) == (2, 1.0)
    assert Looks().of(TRUTH) == DEFAULTS[TRUTH]


@pytest.mark.parametrize("name", HEAT_MAPS)
def test_heat_is_clear_where_there_is_none_and_does_not_tint_the_frame(
    desk: Desk, name: str
) -> None:
    predict(desk, "1_1")
    desk.seeing.looks.change(PROBABILITY, colour=name)
    heat = layer(desk, PROBABILITY)
    clear, half, full = heat.colormap.map([0.0, 0.5, 1.0])
    assert clear[3] == 0
    assert half[3] == full[3] == 1
    assert np.allclose(full[:3], ensure_colormap(name).map(1)[0, :3], atol=0.01)
    assert heat.blending == "translucent_no_depth"


def test_masks_are_drawn_filled_or_as_contours_by_one_key(desk: Desk) -> None:
    predict(desk, "1_1")
    looks = desk.seeing.looks
    for width, opacity in ((0, 0.4), (2, 1.0)):
        looks.flip_fill()
        for kind in (TRUTH, PREDICTION):
            drawn = layer(desk, kind)
            assert (drawn.contour, drawn.opacity) == (width, opacity)


def test_the_usual_colours_are_of_the_palette_for_the_colour_blind() -> None:
    for kind, look in DEFAULTS.items():
        names = (look.colour, look.second) if look.second else (look.colour,)
        known = (
            HEAT_MAPS
            if kind in (PROBABILITY, UNCERTAINTY)
            else colours.CHOICES.values()
        )
        assert set(names) <= set(known)


def test_the_rule_moves_mask_and_error_and_nothing_else(desk: Desk) -> None:
    assert desk.session is not None
    map_ = predict(desk, "1_3")
    desk.go("1_3")
    truth = disc(SHAPE, (30, 40), 12)
    kept = {kind: layer(desk, kind).data.copy() for kind in (IMAGE, TRUTH, PROBABILITY)}
    desk.session.set_rule(DecisionRule(0.2))
    wanted = map_ >= 51
    assert np.array_equal(layer(desk, PREDICTION).data != 0, wanted)
    error = layer(desk, ERROR).data
    assert np.array_equal(error == colours.FALSE_POSITIVE_LABEL, wanted & ~truth)
    assert "threshold 0.20" in desk.seeing.note.text
    for kind, data in kept.items():
        assert np.array_equal(layer(desk, kind).data, data)
    desk.session.set_rule(None)
    assert np.array_equal(layer(desk, PREDICTION).data != 0, map_ >= 128)
    assert desk.seeing.note.text == ""


def test_no_uncertainty_is_said_in_words(desk: Desk) -> None:
    said: list[str] = []
    desk.said.connect(lambda _level, text: said.append(text))
    predict(desk, "1_1")
    assert layer(desk, UNCERTAINTY) is None
    Commands(desk).toggle(UNCERTAINTY)
    assert "predict with --uncertainty" in said[-1]


def test_uncertainty_is_a_layer_where_the_predictions_know_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.bridge is not None
    heat = smooth_frame(5)
    heats = desk.bridge.layers._heats
    monkeypatch.setitem(heats, UNCERTAINTY, lambda _frame: heat)
    desk.bridge.layers.refresh()
    assert np.array_equal(layer(desk, UNCERTAINTY).data, heat)
    assert not layer(desk, UNCERTAINTY).visible
    Commands(desk).toggle(UNCERTAINTY)
    assert layer(desk, UNCERTAINTY).visible


def test_closing_leaves_the_canvas_without_a_word(desk: Desk) -> None:
    desk.seeing.contrast.change(view=GAMMA)
    assert desk.seeing.note.text
    desk.close()
    assert desk.seeing.note.text == ""
