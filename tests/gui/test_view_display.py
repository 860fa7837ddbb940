"""Contrast, looks and rule: what is seen changes, what is stored does not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from napari.utils.colormaps import ensure_colormap

from napari_nerveseg._engine import DecisionRule
from napari_nerveseg.canvas import colours
from napari_nerveseg.canvas.contrast import (
    CLAHE,
    EQUALISED,
    GAMMA,
    VIEWS,
    Contrast,
    seen,
)
from napari_nerveseg.canvas.kinds import (
    ERROR,
    IMAGE,
    PREDICTION,
    PROBABILITY,
    TRUTH,
    UNCERTAINTY,
)
from napari_nerveseg.canvas.looks import DEFAULTS, HEAT_MAPS
from napari_nerveseg.review.predictions import LivePrediction
from napari_nerveseg.window.commands import Commands
from napari_nerveseg.window.context import ReviewContext
from tests.gui.conftest import SHAPE
from tests.toys import disc, smooth_frame


def layer(context: ReviewContext, kind: str) -> Any:
    assert context.bridge is not None
    return context.bridge.layers.layer(kind)


def predict(context: ReviewContext, frame: str) -> np.ndarray:
    assert context.session is not None
    shape = context.session.shape(frame)
    map_ = smooth_frame(9, shape)
    answer = LivePrediction(map_, map_ >= 128, 0.9, "toy", DecisionRule(0.5))
    context.session.take_prediction(frame, answer)
    return map_


def test_one_key_goes_through_the_views_and_the_canvas_says_which(
    context: ReviewContext,
) -> None:
    assert context.session is not None
    views, raw = context.display.contrast, np.array(context.session.frame("1_1"))
    for view in (*VIEWS[1:], VIEWS[0]):
        views.cycle()
        assert views.contrast.view == view
        shown = seen(raw, views.contrast)
        assert np.array_equal(layer(context, IMAGE).data, shown)
        said = context.display.note.text
        assert said == (f"View: {views.contrast.words()}" if view != "raw" else "")
    assert np.array_equal(context.session.frame("1_1"), raw)


def test_settings_are_live_and_the_view_follows_the_frame(
    context: ReviewContext,
) -> None:
    assert context.session is not None
    views = context.display.contrast
    views.change(view=GAMMA, gamma=0.5)
    bright = layer(context, IMAGE).data.mean()
    views.change(gamma=2.0)
    assert layer(context, IMAGE).data.mean() < bright
    for frame in ("1_2", "2_2", "1_1"):
        context.go(frame)
        shown = seen(context.session.frame(frame), views.contrast)
        assert np.array_equal(layer(context, IMAGE).data, shown)


def test_the_next_frames_picture_is_made_before_it_is_asked_for(
    context: ReviewContext,
) -> None:
    views = context.display.contrast
    views.change(view=CLAHE, tile=16)
    views.prepare(["1_2"])
    ahead = views._made["1_2", views.contrast]
    assert ahead.result(20) is views.picture("1_2")
    assert views.picture("1_2") is views.picture("1_2")


def test_a_view_is_remembered_and_a_damaged_setting_is_not(
    context: ReviewContext,
) -> None:
    from qtpy.QtCore import QSettings

    from napari_nerveseg.canvas.contrast_views import ContrastViews

    context.display.contrast.change(view=EQUALISED)
    assert ContrastViews().contrast == Contrast(EQUALISED)
    scope = QSettings.Format.IniFormat, QSettings.Scope.UserScope
    settings = QSettings(*scope, "napari-nerveseg", "window")
    for damaged in ("{", '{"view": "raw"}', '{"view": 5}'):
        settings.setValue("contrast", damaged)
        settings.sync()
        assert ContrastViews().contrast == Contrast()


def test_a_pair_is_seen_in_the_same_view(context: ReviewContext) -> None:
    assert context.session is not None and context.pair is not None
    context.show_pair("1_1", "1_3")
    context.display.contrast.change(view=EQUALISED)
    for side, frame in zip(context.pair.sides, ("1_1", "1_3"), strict=True):
        shown = seen(context.session.frame(frame), Contrast(EQUALISED))
        assert np.array_equal(side.layer(IMAGE).data, shown)


def test_drawing_goes_on_in_any_view(context: ReviewContext) -> None:
    assert context.session is not None
    truth = layer(context, TRUTH)
    truth._begin_stroke()
    truth.paint((10, 10), 1)
    context.display.contrast.cycle()
    assert context.in_stroke()
    truth._commit_stroke()
    mask = context.session.mask("1_1")
    assert mask is not None and mask[10, 10]


def test_looks_are_drawn_at_once_and_remembered(context: ReviewContext) -> None:
    from napari_nerveseg.canvas.looks import Looks

    predict(context, "1_1")
    looks = context.display.looks
    looks.change(TRUTH, colour="#FFFFFF", contour=4, opacity=0.5)
    looks.change(PROBABILITY, colour="viridis")
    truth = layer(context, TRUTH)
    assert (truth.contour, truth.opacity) == (4, 0.5)
    assert np.allclose(truth.colormap.map(1), 1)
    assert layer(context, PROBABILITY).colormap.name == "viridis over clear"
    assert Looks().of(TRUTH) == looks.of(TRUTH)
    looks.reset()
    assert (truth.contour, truth.opacity) == (2, 1.0)
    assert Looks().of(TRUTH) == DEFAULTS[TRUTH]


@pytest.mark.parametrize("name", HEAT_MAPS)
def test_heat_is_clear_where_there_is_none_and_does_not_tint_the_frame(
    context: ReviewContext, name: str
) -> None:
    predict(context, "1_1")
    context.display.looks.change(PROBABILITY, colour=name)
    heat = layer(context, PROBABILITY)
    clear, half, full = heat.colormap.map([0.0, 0.5, 1.0])
    assert clear[3] == 0
    assert half[3] == full[3] == 1
    assert np.allclose(full[:3], ensure_colormap(name).map(1)[0, :3], atol=0.01)
    assert heat.blending == "translucent_no_depth"


def test_masks_are_drawn_filled_or_as_contours_by_one_key(
    context: ReviewContext,
) -> None:
    predict(context, "1_1")
    looks = context.display.looks
    for width, opacity in ((0, 0.4), (2, 1.0)):
        looks.flip_fill()
        for kind in (TRUTH, PREDICTION):
            drawn = layer(context, kind)
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


def test_the_rule_moves_mask_and_error_and_nothing_else(context: ReviewContext) -> None:
    assert context.session is not None
    map_ = predict(context, "1_3")
    context.go("1_3")
    truth = disc(SHAPE, (30, 40), 12)
    kept = {
        kind: layer(context, kind).data.copy() for kind in (IMAGE, TRUTH, PROBABILITY)
    }
    context.session.set_rule(DecisionRule(0.2))
    wanted = map_ >= 51
    assert np.array_equal(layer(context, PREDICTION).data != 0, wanted)
    error = layer(context, ERROR).data
    assert np.array_equal(error == colours.FALSE_POSITIVE_LABEL, wanted & ~truth)
    assert "threshold 0.20" in context.display.note.text
    for kind, data in kept.items():
        assert np.array_equal(layer(context, kind).data, data)
    context.session.set_rule(None)
    assert np.array_equal(layer(context, PREDICTION).data != 0, map_ >= 128)
    assert context.display.note.text == ""


def test_no_uncertainty_is_said_in_words(context: ReviewContext) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    predict(context, "1_1")
    assert layer(context, UNCERTAINTY) is None
    Commands(context).toggle(UNCERTAINTY)
    assert "tick it where you predict" in said[-1]


def test_uncertainty_is_a_layer_where_the_predictions_know_it(
    context: ReviewContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert context.bridge is not None
    heat = smooth_frame(5)
    heats = context.bridge.layers._heats
    monkeypatch.setitem(heats, UNCERTAINTY, lambda _frame: heat)
    context.bridge.layers.refresh()
    assert np.array_equal(layer(context, UNCERTAINTY).data, heat)
    assert not layer(context, UNCERTAINTY).visible
    Commands(context).toggle(UNCERTAINTY)
    assert layer(context, UNCERTAINTY).visible


def test_closing_leaves_the_canvas_without_a_word(context: ReviewContext) -> None:
    context.display.contrast.change(view=GAMMA)
    assert context.display.note.text
    context.close()
    assert context.display.note.text == ""
