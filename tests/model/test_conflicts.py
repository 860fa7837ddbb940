"""Which groups are in conflict, in what order, and when they no longer are."""

from __future__ import annotations

import numpy as np
import pytest

from napari_nerveseg.model.actions import Decide, Paint, Select, Undo
from tests.model.conftest import Reopen
from tests.model.desk import EMPTY, NERVE, SHIFTED, TRIPLE, TWINS, Desk
from training.data.labels import Labels
from training.data.scan import scan
from training.duplicates.conflicts import mask_dice
from training.duplicates.report import regroup


def test_conflicts_are_named_by_kind_in_frame_order(desk: Desk) -> None:
    found = desk.session.conflicts("open")
    assert [(c.frames, c.kind) for c in found] == [
        (TWINS, "empty-versus-nerve"),
        (TRIPLE, "shape"),
    ]
    triple = found[1]
    assert triple.dice == pytest.approx(mask_dice(NERVE, SHIFTED))
    assert triple.ssim == pytest.approx(0.995)
    assert [(pair.a, pair.b, pair.conflict) for pair in triple.pairs] == [
        ("1_3", "1_4", None),
        ("1_4", "1_5", "shape"),
    ]
    assert list(desk.session.columns()["conflict"]) == [
        *["empty-versus-nerve"] * 2,
        *["shape"] * 3,
        *[""] * 2,
    ]


def test_the_session_and_the_engine_agree(desk: Desk) -> None:
    session = desk.session
    for action in (Paint("1_3", SHIFTED), Paint("2_2", SHIFTED)):
        session.do(action)
    session.flush()
    assert session.duplicates is not None
    report = regroup(session.duplicates, Labels(session.dataset, session.store))
    expected = {g.frames: g.conflict for g in report.groups if g.conflict}
    assert {c.frames: c.kind for c in session.conflicts("open")} == expected
    assert len(expected) == 3


def test_a_missing_mask_is_no_opinion(desk: Desk) -> None:
    assert ("2_1", "2_2") not in desk.states()
    desk.session.do(Paint("2_2", SHIFTED))
    assert desk.states()[("2_1", "2_2")] == "open"


def test_painting_the_same_mask_resolves_and_the_list_keeps_it(reopen: Reopen) -> None:
    desk = reopen()
    desk.search()
    desk.session.do(Paint("1_1", NERVE))
    assert desk.states()[TWINS] == "resolved"
    assert desk.session.row("1_1").conflict is None
    desk = reopen()
    desk.search()
    assert desk.states()[TWINS] == "resolved"
    desk.session.do(Undo("1_1"))
    assert desk.states()[TWINS] == "open"


def test_an_edit_after_the_verdict_opens_it_again(desk: Desk) -> None:
    desk.session.do(Decide(TWINS, "keep", kept="1_2"))
    desk.session.do(Paint("1_1", EMPTY))
    (conflict,) = desk.session.conflicts("open")[:1]
    assert conflict.frames == TWINS
    assert conflict.verdict is not None


def test_next_and_previous_go_round(desk: Desk) -> None:
    session = desk.session

    def following(step: int) -> tuple[str, ...]:
        found = session.next_conflict(step)
        assert found is not None
        return found.frames

    assert following(1) == TWINS
    session.do(Select("1_2"))
    assert following(1) == TRIPLE
    assert following(-1) == TRIPLE
    session.do(Select("2_1"))
    assert (following(1), following(-1)) == (TWINS, TRIPLE)
    for group in (TWINS, TRIPLE):
        session.do(Decide(group, "ambiguous"))
    assert session.next_conflict() is None


def test_listeners_hear_of_conflicts_and_of_nothing_else(desk: Desk) -> None:
    heard: list[int] = []
    desk.session.duplicates_changed.connect(lambda: heard.append(1))
    desk.session.do(Paint("2_1", SHIFTED))
    assert heard == [1]
    desk.session.do(Select("2_1"))
    assert heard == [1]


def test_a_verdict_on_a_larger_group_covers_what_is_left_of_it(desk: Desk) -> None:
    desk.session.do(Decide(TRIPLE, "ambiguous"))
    desk.search([("1_4", "1_5")])
    assert desk.states() == {("1_4", "1_5"): "resolved"}


def test_many_pairs_are_judged_bit_by_bit(desk: Desk) -> None:
    session = desk.session
    desk.search([])
    assert session.conflicts() == []
    desk.search()
    assert len(session.conflicts()) == 2
    assert not session.work(0.1)


def test_a_search_on_other_frames_is_not_shown(reopen: Reopen) -> None:
    desk = reopen()
    desk.search()
    assert desk.session.duplicates is not None
    desk.session.duplicates.save(desk.session.project.duplicates)
    seen = scan(desk.session.dataset, desk.session.project)
    desk = reopen()
    assert desk.session.duplicates is None
    assert desk.said == []  # nobody has looked at the files yet
    desk.session.reload_scan(seen.digest)
    assert desk.session.duplicates is None
    assert desk.said == [
        (
            "warning",
            "The frames have changed since the duplicate search; search again.",
        )
    ]


def test_a_damaged_search_is_said(reopen: Reopen) -> None:
    desk = reopen()
    desk.session.project.duplicates.write_bytes(b"nothing")
    desk.session.reload_duplicates()
    assert desk.said[0][0] == "warning"
    assert "search again" in desk.said[0][1]


def test_areas_that_a_scan_knows_are_not_decoded(
    reopen: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = reopen()
    seen = scan(desk.session.dataset, desk.session.project)
    desk.session.reload_scan(seen.digest)
    read: list[str] = []
    dataset = desk.session.dataset
    original = dataset.mask

    def counted(frame: str, shape: tuple[int, int] | None = None) -> np.ndarray | None:
        read.append(frame)
        return original(frame, shape)

    monkeypatch.setattr(dataset, "mask", counted)
    desk.search([TWINS])
    assert desk.states() == {TWINS: "open"}
    assert read == []
