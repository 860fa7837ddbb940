"""The rule of thumb in bulk: seen first, applied as one, taken back as one, later."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QItemSelectionModel, Qt
from qtpy.QtWidgets import QPushButton

from napari_nerveseg.conflicts.panel import ConflictsPanel
from napari_nerveseg.conflicts.rule_dialog import PICTURE, RuleDialog
from napari_nerveseg.review.actions import Paint
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.history_dialog import HistoryDialog
from tests.gui.conftest import child, search
from tests.toys import disc, smooth_frame, write_kaggle
from training.data.store import LabelStore, MaskChange

LEFT = Qt.MouseButton.LeftButton
SHAPE = (64, 80)
NERVE, EMPTY = disc(SHAPE, (30, 40), 12), np.zeros(SHAPE, bool)
PAIRS = [("1_1", "1_2"), ("1_3", "1_4"), ("1_4", "1_5"), ("2_1", "2_2")]


@pytest.fixture
def toy_folder(tmp_path: Path) -> Path:
    """Three groups with an empty twin each; the second has two empty ones."""
    masks = {
        "1_1": EMPTY,
        "1_2": NERVE,
        "1_3": EMPTY,
        "1_4": NERVE,
        "1_5": EMPTY,
        "2_1": NERVE,
        "2_2": EMPTY,
    }
    frames = {n: (smooth_frame(k), masks[n]) for k, n in enumerate(masks)}
    return write_kaggle(tmp_path / "data", frames)


@pytest.fixture
def panel(conflicts_panel: ConflictsPanel, context: ReviewContext) -> ConflictsPanel:
    search(context, PAIRS)
    return conflicts_panel


def click(parent: object, name: str, qtbot: QtBot) -> None:
    qtbot.mouseClick(child(parent, name, QPushButton), LEFT)  # type: ignore[arg-type]


def open_rule(panel: ConflictsPanel, qtbot: QtBot) -> RuleDialog:
    click(panel, "bulk_rule", qtbot)
    made: RuleDialog = child(panel, "rule_dialog", RuleDialog)
    return made


def open_history(panel: ConflictsPanel, qtbot: QtBot) -> HistoryDialog:
    click(panel, "action_history", qtbot)
    made: HistoryDialog = child(panel, "history_dialog", HistoryDialog)
    return made


def choose(dialog: RuleDialog, rule: str, scope: int = 0) -> None:
    dialog.rule.setCurrentIndex(dialog.rule.findData(rule))
    dialog.scope.setCurrentIndex(scope)
    dialog.rule.activated.emit(dialog.rule.currentIndex())


def test_dropping_empty_twins_is_seen_then_done_then_taken_back_as_one(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    session = context.session
    assert session is not None
    dialog = open_rule(panel, qtbot)
    lines = [dialog.model.data(dialog.model.index(n)) for n in range(4)]
    assert dialog.model.rowCount() == 4
    assert lines[0] == "1_1: excluded\n(nerve on 1_2)"
    picture = dialog.model.data(
        dialog.model.index(0), Qt.ItemDataRole.DecorationRole
    ).availableSizes()[0]
    assert (picture.width(), picture.height()) == PICTURE
    assert session.store.last_action == 0  # nothing has changed by looking
    click(dialog, "rule_apply", qtbot)
    assert session.store.excluded() == {"1_1", "1_3", "1_5", "2_2"}
    (action,) = session.history()
    assert action.kind == "rule" and len(action.frames) == 4
    assert session.conflicts("open") == []
    assert len(session.conflicts("resolved")) == 3

    history = open_history(panel, qtbot)
    assert "Rule drop-empty-twin" in history.model.data(history.model.index(0))
    click(history, "history_act", qtbot)
    assert session.store.excluded() == set()
    assert len(session.conflicts("open")) == 3
    click(history, "history_act", qtbot)
    assert len(session.store.excluded()) == 4


def test_the_others_mask_is_given_in_the_selected_groups_alone(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    session = context.session
    assert session is not None
    rows = [panel.model.row_of(g) for g in (("1_1", "1_2"), ("2_1", "2_2"))]
    for row in rows:
        flag = QItemSelectionModel.SelectionFlag.Select
        panel.list.selectionModel().select(panel.model.index(row), flag)
    flag = QItemSelectionModel.SelectionFlag.Deselect
    other = panel.model.row_of(("1_3", "1_4", "1_5"))
    panel.list.selectionModel().select(panel.model.index(other), flag)
    dialog = open_rule(panel, qtbot)
    assert dialog.scope.currentText() == "the 2 selected"
    choose(dialog, "propagate", scope=1)
    click(dialog, "rule_apply", qtbot)
    for frame in ("1_1", "2_2"):
        assert np.array_equal(session.mask(frame), NERVE)
    assert not session.mask("1_3").any()  # type: ignore[union-attr]
    assert len(session.conflicts("open")) == 1


def test_closing_the_preview_changes_nothing(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    assert context.session is not None
    click(open_rule(panel, qtbot), "rule_cancel", qtbot)
    assert context.session.store.last_action == 0


def test_a_frame_painted_beside_the_preview_is_named_and_not_overrun(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    session = context.session
    assert session is not None
    dialog = open_rule(panel, qtbot)
    session.do(Paint("1_1", disc(SHAPE, (10, 10), 5)))  # no longer the empty twin
    assert dialog.words.text().startswith("Changed since you looked: 1_1. 3 frames of")
    assert dialog.model.rowCount() == 3
    click(dialog, "rule_apply", qtbot)
    assert session.store.excluded() == {"1_3", "1_5", "2_2"}


def test_what_the_preview_has_not_shown_is_not_applied(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    session = context.session
    assert session is not None
    dialog = open_rule(panel, qtbot)
    choose(dialog, "propagate")
    drawn = disc(SHAPE, (20, 20), 6)
    with LabelStore.open(session.project.labels, author="another window") as other:
        other.act("paint", masks={"1_2": MaskChange(drawn, "painted")})
    click(dialog, "rule_apply", qtbot)
    assert "Changed since you looked: 1_1." in dialog.words.text()
    assert not session.mask("1_1").any()  # type: ignore[union-attr]
    click(dialog, "rule_apply", qtbot)
    assert np.array_equal(session.mask("1_1"), drawn)


def test_the_preview_ends_with_its_folder(
    context: ReviewContext,
    panel: ConflictsPanel,
    qtbot: QtBot,
    toy_folder: Path,
    tmp_path: Path,
) -> None:
    dialog = open_rule(panel, qtbot)
    assert context.open(toy_folder, tmp_path / "another")
    assert not dialog.isVisible()


def test_a_settled_group_tells_by_what_whom_and_when(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    context.read_as("Ada")
    panel.resolved.setChecked(True)
    click(open_rule(panel, qtbot), "rule_apply", qtbot)
    panel.list.setCurrentIndex(panel.model.index(0))
    day = "[0-9-]{10} [0-9:]{5} UTC"
    said = panel.facts.text().splitlines()[-1]
    assert re.fullmatch(f"Settled: rule drop-empty-twin, by Ada, {day}", said)
    panel.verdicts.reason.setText("seen twice")
    panel.handlers()["verdict_ambiguous"]()
    said = panel.facts.text().splitlines()[-1]
    assert re.fullmatch(f"Settled: ambiguous \\(seen twice\\), by Ada, {day}", said)


def test_days_later_edited_frames_are_listed_and_left_unless_confirmed(
    context: ReviewContext,
    panel: ConflictsPanel,
    qtbot: QtBot,
    toy_folder: Path,
    tmp_path: Path,
) -> None:
    dialog = open_rule(panel, qtbot)
    choose(dialog, "propagate")
    click(dialog, "rule_apply", qtbot)
    assert context.session is not None
    drawn = disc(SHAPE, (10, 10), 5)
    context.session.do(Paint("1_1", drawn))
    assert context.open(toy_folder, tmp_path / "project")  # another day
    search(context, PAIRS)
    session = context.session
    assert session is not None

    history = open_history(panel, qtbot)
    assert "left as they are: 1_1." in history.words.text()
    assert not history.force.isHidden()
    click(history, "history_act", qtbot)
    assert np.array_equal(session.mask("1_1"), drawn)
    assert not session.mask("1_3").any()  # type: ignore[union-attr]
    click(history, "history_act", qtbot)  # do it again
    history.force.setChecked(True)
    click(history, "history_act", qtbot)
    assert not session.mask("1_1").any()  # type: ignore[union-attr]


def test_without_conflicts_there_is_nothing_to_apply(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    click(open_rule(panel, qtbot), "rule_apply", qtbot)
    assert not panel.bulk.isEnabled()
    history = open_history(panel, qtbot)
    assert history.model.rowCount() == 1


def test_the_history_says_which_verdict_with_its_reason(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    panel.verdicts.reason.setText("seen twice")
    panel.handlers()["verdict_keep_b"]()
    history = open_history(panel, qtbot)
    line = history.model.data(history.model.index(0))
    kept = context.session.store.verdicts()[0].kept  # type: ignore[union-attr]
    assert f": keep {kept} (seen twice) · " in line


def test_an_empty_history_says_so(panel: ConflictsPanel, qtbot: QtBot) -> None:
    history = open_history(panel, qtbot)
    assert "Nobody has given a verdict" in history.words.text()
    assert not history.act.isEnabled()


def test_the_tab_says_what_the_labels_allow_and_how_that_was_computed(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: not panel.noise.isHidden(), timeout=20_000)
    # Every pair is a nerve against none: they never agree, and one of two masks,
    # in the triple one of three, is what a perfect model must miss.
    assert "agree by 0.000 [0.000, 0.000] · ceiling" in panel.noise.text()
    assert "(4 pairs, 7 frames)" in panel.noise.toolTip()
    assert "two annotations" in panel.noise.toolTip()
    assert context.session is not None
    costs = {c.frames: c.harm for c in context.session.conflicts()}
    assert costs[("1_1", "1_2")] == 1.0
    assert "costs a perfect model 1.00 frames of dice" in panel.facts.text().lower()
