"""The Conflicts tab: worst first, two frames in view, verdicts that can be undone."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QLineEdit, QListView, QPushButton

from napari_nerveseg.conflicts.panel import ConflictsPanel
from napari_nerveseg.jobs import worker_process
from napari_nerveseg.review.actions import Paint
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.keys import BY_NAME
from tests.gui.conftest import child, search
from tests.gui.fake_workers import POLITE, worker
from tests.model.toy_review import stored
from tests.toys import disc

LEFT = Qt.MouseButton.LeftButton
#: 1_2 and 2_1 differ in shape, 1_1 and 1_3 in whether there is a nerve at all.
PAIRS = [("1_1", "1_3"), ("1_2", "2_1")]


@pytest.fixture
def panel(conflicts_panel: ConflictsPanel) -> ConflictsPanel:
    return conflicts_panel


def lines(panel: ConflictsPanel) -> list[str]:
    return [
        panel.model.data(panel.model.index(n)) for n in range(panel.model.rowCount())
    ]


def click(panel: ConflictsPanel, qtbot: QtBot, name: str) -> None:
    qtbot.mouseClick(child(panel, name, QPushButton), LEFT)


def test_before_a_search_it_says_what_to_do(panel: ConflictsPanel) -> None:
    assert "Press the button" in panel.summary.text()
    assert not child(panel, "verdict_union", QPushButton).isEnabled()


def test_the_worst_comes_first_and_is_in_view(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    search(context, PAIRS)
    assert lines(panel)[0] == "● 1_1 ≠ 1_3   nerve or none · SSIM 0.995 · Dice 0.00"
    assert lines(panel)[1] == "● 1_2 ≠ 2_1   shapes differ · SSIM 0.995 · Dice 0.20"
    assert context.pair is not None
    assert context.pair.frames == ("1_1", "1_3")
    assert "SSIM 0.995" in panel.facts.text()
    assert panel.sides[1].currentText() == "1_3"


def test_the_pair_that_disagrees_comes_into_view_once_its_masks_are_read(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    assert context.session is not None
    # 1_3 and 2_1 carry one mask; which pair disagrees is known only from the masks.
    pairs = [("1_1", "1_3"), ("1_3", "2_1"), ("1_1", "2_1")]
    context.session.do(Paint("1_1", np.array(context.session.mask("1_3"))))
    context.session.do(Paint("2_1", np.zeros((64, 80), bool)))
    context.session.take_duplicates(stored(context.session, pairs))
    while context.session.work(1.0):
        pass
    assert context.pair is not None
    assert "2_1" in context.pair.frames


def test_the_worst_is_chosen_after_judging_unless_somebody_chose(
    context: ReviewContext, panel: ConflictsPanel
) -> None:
    assert context.session is not None
    context.session.take_duplicates(stored(context.session, PAIRS))
    # What is edited is judged at once, all else when there is time.
    context.session.do(Paint("1_2", disc((64, 80), (20, 30), 8)))
    assert context.pair is not None
    assert context.pair.frames == ("1_2", "2_1")
    while context.session.work(1.0):
        pass
    assert context.pair.frames == ("1_1", "1_3")
    panel.list.setCurrentIndex(panel.model.index(1))
    context.session.take_duplicates(stored(context.session, PAIRS))
    while context.session.work(1.0):
        pass
    assert context.pair.frames == ("1_2", "2_1")


def test_a_verdict_with_a_reason_goes_on_to_the_next(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    assert context.session is not None
    nerve = np.array(context.session.mask("1_3"))
    search(context, PAIRS)
    qtbot.keyClicks(child(panel, "verdict_reason", QLineEdit), "same nerve")
    click(panel, qtbot, "verdict_keep_b")
    assert np.array_equal(context.session.mask("1_1"), nerve)
    assert panel.verdicts.reason.text() == ""
    assert context.pair is not None
    assert context.pair.frames == ("1_2", "2_1")
    assert panel.summary.text() == "1 to decide, 1 resolved."
    (verdict,) = context.session.store.verdicts()
    assert (verdict.verdict, verdict.kept, verdict.reason) == (
        "keep",
        "1_3",
        "same nerve",
    )


def test_a_verdict_is_taken_back_over_all_its_frames(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    assert context.session is not None
    search(context, PAIRS)
    click(panel, qtbot, "verdict_all_empty")
    assert not context.session.mask("1_3").any()  # type: ignore[union-attr]
    panel.resolved.setChecked(True)
    view = child(panel, "conflicts_list", QListView)
    view.setCurrentIndex(panel.model.index(panel.model.row_of(("1_1", "1_3"))))
    assert "all-empty" in panel.facts.text()
    click(panel, qtbot, "undo_verdict")
    assert context.session.mask("1_3").any()  # type: ignore[union-attr]
    assert context.session.store.verdicts() == []
    assert panel.summary.text() == "2 to decide, 0 resolved."


@pytest.mark.parametrize("name", [n for n in BY_NAME if n.startswith("verdict_")])
def test_every_verdict_is_taken(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot, name: str
) -> None:
    assert context.session is not None
    search(context, PAIRS)
    click(panel, qtbot, name)
    (verdict,) = context.session.store.verdicts()
    assert verdict.group == ("1_1", "1_3")
    assert verdict.verdict == {
        "keep_a": "keep",
        "keep_b": "keep",
    }.get(
        name.removeprefix("verdict_"), name.removeprefix("verdict_").replace("_", "-")
    )


def test_the_sides_can_be_chosen(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    search(context, PAIRS)
    chooser = child(panel, "frame_a", QComboBox)
    chooser.setCurrentText("1_3")
    chooser.activated.emit(chooser.currentIndex())
    assert context.pair is not None
    assert context.pair.frames == ("1_3", "1_1")
    panel.leave()
    assert not context.pair.shown


def test_when_all_is_decided_it_says_so(
    context: ReviewContext, panel: ConflictsPanel, qtbot: QtBot
) -> None:
    search(context, PAIRS)
    click(panel, qtbot, "verdict_all_empty")
    click(panel, qtbot, "verdict_ambiguous")
    assert panel.summary.text() == "Every conflict is resolved."
    assert panel.model.rowCount() == 0


def test_a_search_shows_progress_and_is_cancelled(
    context: ReviewContext,
    panel: ConflictsPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker_process, "worker_program", lambda: POLITE)
    click(panel, qtbot, "search_duplicates")
    assert panel.job.isVisible()
    assert not panel.search.isEnabled()
    qtbot.waitUntil(lambda: "Waiting" in panel.job.words.text(), timeout=20_000)
    click(panel, qtbot, "duplicates_cancel")
    qtbot.waitUntil(lambda: not panel.job.isVisible(), timeout=10_000)
    assert panel.search.isEnabled()


def test_a_search_that_dies_is_said_once(
    context: ReviewContext,
    panel: ConflictsPanel,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    errors: list[str] = []
    context.said.connect(
        lambda level, text: errors.append(text) if level == "error" else None
    )
    dies = worker("os.kill(os.getpid(), signal.SIGKILL)")
    monkeypatch.setattr(worker_process, "worker_program", lambda: dies)
    click(panel, qtbot, "search_duplicates")
    qtbot.waitUntil(lambda: bool(errors), timeout=20_000)
    assert len(errors) == 1
    assert panel.search.isEnabled()
    assert not panel.job.isVisible()


def test_the_verdicts_are_in_sight_however_low_the_window_is(
    context: ReviewContext, conflicts_panel: ConflictsPanel, qtbot: QtBot
) -> None:
    search(context, [("1_1", "1_3")])
    conflicts_panel.resize(460, 520)
    qtbot.waitUntil(lambda: conflicts_panel.height() == 520)
    for verdict in conflicts_panel.verdicts.findChildren(QPushButton):
        seen = verdict.visibleRegion().boundingRect()
        assert seen.size() == verdict.size(), verdict.objectName()
    assert not conflicts_panel.list.visibleRegion().isEmpty()
