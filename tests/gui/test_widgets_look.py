"""The tabs Look and Mend: what their controls do to the frame on screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QListView, QPushButton, QSlider, QSpinBox

from napari_nerveseg._engine import DecisionRule
from napari_nerveseg.canvas.contrast import CLAHE, VIEWS
from napari_nerveseg.canvas.kinds import PREDICTION, TRUTH, VERSION_A, VERSION_B
from napari_nerveseg.look.panel import LookPanel
from napari_nerveseg.mend.panel import MendPanel
from napari_nerveseg.review.actions import Paint
from napari_nerveseg.review.predictions import LivePrediction
from napari_nerveseg.window.context import ReviewContext
from tests.gui.conftest import SHAPE, child
from tests.toys import disc, smooth_frame

DISC = disc(SHAPE, (30, 40), 12)


@pytest.fixture
def look(context: ReviewContext, qtbot: QtBot) -> LookPanel:
    panel = LookPanel(context)
    qtbot.addWidget(panel)
    panel.show()
    panel.enter()
    return panel


@pytest.fixture
def mend(context: ReviewContext, qtbot: QtBot) -> MendPanel:
    panel = MendPanel(context)
    qtbot.addWidget(panel)
    panel.show()
    panel.enter()
    return panel


def layer(context: ReviewContext, kind: str) -> Any:
    assert context.bridge is not None
    return context.bridge.layers.layer(kind)


def predict(context: ReviewContext, frame: str) -> np.ndarray:
    assert context.session is not None
    map_ = smooth_frame(9)
    answer = LivePrediction(map_, map_ >= 128, 0.9, "toy", DecisionRule(0.5))
    context.session.take_prediction(frame, answer)
    return map_


def test_only_the_sliders_of_the_view_are_shown(
    context: ReviewContext, look: LookPanel
) -> None:
    choice = child(look, "contrast_view", QComboBox)
    clip = child(look, "contrast_clip", QSlider)
    assert not clip.isVisible()
    choice.setCurrentIndex(VIEWS.index(CLAHE))
    choice.activated.emit(choice.currentIndex())
    assert context.display.contrast.contrast.view == CLAHE
    assert clip.isVisible()
    assert not child(look, "contrast_gamma", QSlider).isVisible()
    clip.setValue(clip.maximum())
    assert context.display.contrast.contrast.clip == 0.1
    context.display.contrast.cycle()
    assert (
        VIEWS[choice.currentIndex()] == context.display.contrast.contrast.view != CLAHE
    )


def test_sliders_cut_the_mask_and_tell_score_and_changes(
    context: ReviewContext, look: LookPanel
) -> None:
    assert context.session is not None
    threshold = child(look, "rule_threshold", QSlider)
    assert not threshold.isEnabled()
    assert "No probability maps" in look.rule.frame_words.text()
    map_ = predict(context, "1_1")
    assert threshold.isEnabled()
    assert threshold.value() == 50
    assert context.session.rule.wait(20)
    threshold.setValue(80)
    assert np.array_equal(layer(context, PREDICTION).data != 0, map_ >= 204)
    area = int((map_ >= 204).sum())
    assert f"nerve of {area:,} px" in look.rule.frame_words.text()
    assert "1 mask differs" in look.rule.all_words.text()
    assert "mean Dice 0.0000 (+0.0000)" in look.rule.all_words.text()
    presence = child(look, "rule_presence", QSlider)
    presence.setValue(95)  # above this frame's 0.9: an empty mask, which is right
    assert not layer(context, PREDICTION).data.any()
    assert "mean Dice 1.0000 (+1.0000)" in look.rule.all_words.text()
    child(look, "rule_reset", QPushButton).click()
    assert (threshold.value(), presence.value()) == (50, 0)
    assert np.array_equal(layer(context, PREDICTION).data != 0, map_ >= 128)
    assert not child(look, "rule_reset", QPushButton).isEnabled()


def test_keys_move_the_threshold_or_say_why_not(
    context: ReviewContext, look: LookPanel
) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    look.handlers()["threshold_up"]()
    assert "No probability maps" in said[-1]
    predict(context, "1_1")
    look.handlers()["threshold_up"]()
    assert "threshold 0.55" in said[-1]
    for _ in range(30):
        look.handlers()["threshold_down"]()
    assert "threshold 0.05" in said[-1]
    look.handlers()["own_rule"]()
    assert context.session is not None
    assert context.session.rule.now.threshold == 0.5


def test_colours_are_chosen_and_put_back(
    context: ReviewContext, look: LookPanel
) -> None:
    colour = child(look, "colour_ground_truth", QComboBox)
    colour.setCurrentIndex(colour.findText("White"))
    colour.activated.emit(colour.currentIndex())
    child(look, "contour_ground_truth", QSpinBox).setValue(5)
    child(look, "opacity_ground_truth", QSlider).setValue(50)
    truth = layer(context, TRUTH)
    assert np.allclose(truth.colormap.map(1), 1)
    assert (truth.contour, truth.opacity) == (5, 0.5)
    child(look, "looks_reset", QPushButton).click()
    assert (truth.contour, truth.opacity) == (2, 1.0)
    assert colour.currentText() == "Sky blue"


def test_two_label_versions_are_compared_on_the_canvas_and_in_a_list(
    context: ReviewContext, look: LookPanel, qtbot: QtBot
) -> None:
    assert context.session is not None
    context.do(Paint("1_1", DISC))
    context.session.flush()
    context.go("1_2")
    child(look, "compare", QPushButton).click()
    rows = child(look, "differences", QListView)
    qtbot.waitUntil(lambda: rows.model().rowCount() == 1, timeout=20_000)
    rows.setCurrentIndex(rows.model().index(0))
    assert context.session.selected == "1_1"
    assert np.array_equal(layer(context, VERSION_A).data != 0, DISC)
    assert not layer(context, VERSION_B).data.any()
    assert "B: Labels of the folder   Dice 0.000" in context.display.note.text
    child(look, "compare_stop", QPushButton).click()
    assert layer(context, VERSION_A) is None
    assert context.display.note.text == ""
    assert not rows.isVisible()


def test_buttons_mend_the_frame_in_one_step_each(
    context: ReviewContext, mend: MendPanel
) -> None:
    assert context.session is not None
    context.go("1_2")
    before = context.session.mask("1_2")
    child(mend, "mend_radius", QSpinBox).setValue(5)
    child(mend, "grow", QPushButton).click()
    grown = context.session.mask("1_2")
    assert before is not None and grown is not None and grown.sum() > before.sum()
    assert np.array_equal(layer(context, TRUTH).data != 0, grown)
    child(mend, "copy_previous", QPushButton).click()
    assert not layer(context, TRUTH).data.any()
    assert [a.kind for a in context.session.history("1_2")] == ["grow", "copy-mask"]


def test_what_mending_cannot_do_is_said(
    context: ReviewContext, mend: MendPanel
) -> None:
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    for name, words in (
        ("copy_previous", "the first frame"),
        ("copy_twin", "search for near-duplicates"),
        ("propagate", "search for near-duplicates"),
        ("keep_largest", "That changes nothing here."),
    ):
        child(mend, name, QPushButton).click()
        assert words in said[-1]


def test_the_list_shows_every_version_and_enter_restores_one(
    context: ReviewContext, mend: MendPanel, qtbot: QtBot
) -> None:
    assert context.session is not None
    rows = child(mend, "versions", QListView)
    context.do(Paint("1_1", DISC))
    context.session.flush()
    context.do(Paint("1_1", disc(SHAPE, (10, 10), 4)))
    context.session.flush()
    context.table_changed.emit()
    words = [rows.model().index(n).data() for n in range(rows.model().rowCount())]
    assert len(words) == 3
    assert words[0].startswith("● painted")
    assert words[2] == "As in the data folder"
    for n in range(3):
        icon = rows.model().index(n).data(Qt.ItemDataRole.DecorationRole)
        assert not icon.isNull()
    rows.setCurrentIndex(rows.model().index(1))
    rows.activated.emit(rows.currentIndex())
    assert np.array_equal(context.session.mask("1_1"), DISC)
    assert rows.model().index(0).data().startswith("● restore:")
    context.go("1_2")
    assert rows.model().rowCount() == 1
