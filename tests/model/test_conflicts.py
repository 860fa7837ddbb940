"""Which groups are in conflict, in what order, and when they no longer are."""

from __future__ import annotations

import numpy as np
import pytest

from napari_nerveseg.review.actions import Decide, Paint, Select, Undo
from tests.model.conftest import Reopen
from tests.model.toy_review import EMPTY, NERVE, SHIFTED, TRIPLE, TWINS, ToyReview
from training.data.labels import Labels
from training.data.scan import scan
from training.duplicates.conflicts import mask_dice
from training.duplicates.report import regroup


def test_conflicts_are_named_by_kind_in_frame_order(context: ToyReview) -> None:
    found = context.session.conflicts("open")
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
    assert list(context.session.columns()["conflict"]) == [
        *["empty-versus-nerve"] * 2,
        *["shape"] * 3,
        *[""] * 2,
    ]


def test_the_session_and_the_engine_agree(context: ToyReview) -> None:
    session = context.session
    for action in (Paint("1_3", SHIFTED), Paint("2_2", SHIFTED)):
        session.do(action)
    session.flush()
    assert session.duplicates is not None
    report = regroup(session.duplicates, Labels(session.dataset, session.store))
    expected = {g.frames: g.conflict for g in report.groups if g.conflict}
    assert {c.frames: c.kind for c in session.conflicts("open")} == expected
    assert len(expected) == 3


def test_a_missing_mask_is_no_opinion(context: ToyReview) -> None:
    assert ("2_1", "2_2") not in context.states()
    context.session.do(Paint("2_2", SHIFTED))
    assert context.states()[("2_1", "2_2")] == "open"


def test_painting_the_same_mask_resolves_and_the_list_keeps_it(reopen: Reopen) -> None:
    context = reopen()
    context.search()
    context.session.do(Paint("1_1", NERVE))
    assert context.states()[TWINS] == "resolved"
    assert context.session.row("1_1").conflict is None
    context = reopen()
    context.search()
    assert context.states()[TWINS] == "resolved"
    context.session.do(Undo("1_1"))
    assert context.states()[TWINS] == "open"


def test_an_edit_after_the_verdict_opens_it_again(context: ToyReview) -> None:
    context.session.do(Decide(TWINS, "keep", kept="1_2"))
    context.session.do(Paint("1_1", EMPTY))
    (conflict,) = context.session.conflicts("open")[:1]
    assert conflict.frames == TWINS
    assert conflict.verdict is not None


def test_next_and_previous_go_round(context: ToyReview) -> None:
    session = context.session

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


def test_listeners_hear_of_conflicts_and_of_nothing_else(
    context: ToyReview,
) -> None:
    heard: list[int] = []
    context.session.duplicates_changed.connect(lambda: heard.append(1))
    context.session.do(Paint("2_1", SHIFTED))
    assert heard == [1]
    context.session.do(Select("2_1"))
    assert heard == [1]


def test_a_verdict_on_a_larger_group_covers_what_is_left_of_it(
    context: ToyReview,
) -> None:
    context.session.do(Decide(TRIPLE, "ambiguous"))
    context.search([("1_4", "1_5")])
    assert context.states() == {("1_4", "1_5"): "resolved"}


def test_many_pairs_are_judged_bit_by_bit(context: ToyReview) -> None:
    session = context.session
    context.search([])
    assert session.conflicts() == []
    context.search()
    assert len(session.conflicts()) == 2
    assert not session.work(0.1)


def test_a_search_on_other_frames_is_not_shown(reopen: Reopen) -> None:
    context = reopen()
    context.search()
    assert context.session.duplicates is not None
    context.session.duplicates.save(context.session.project.duplicates)
    seen = scan(context.session.dataset, context.session.project)
    context = reopen()
    assert context.session.duplicates is None
    assert context.said == []  # nobody has looked at the files yet
    context.session.reload_scan(seen.digest)
    assert context.session.duplicates is None
    assert context.said == [
        (
            "warning",
            "The frames have changed since the duplicate search; search again.",
        )
    ]


def test_a_damaged_search_is_said(reopen: Reopen) -> None:
    context = reopen()
    context.session.project.duplicates.write_bytes(b"nothing")
    context.session.reload_duplicates()
    assert context.said[0][0] == "warning"
    assert "search again" in context.said[0][1]


def test_areas_that_a_scan_knows_are_not_decoded(
    reopen: Reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = reopen()
    seen = scan(context.session.dataset, context.session.project)
    context.session.reload_scan(seen.digest)
    read: list[str] = []
    dataset = context.session.dataset
    original = dataset.mask

    def counted(frame: str, shape: tuple[int, int] | None = None) -> np.ndarray | None:
        read.append(frame)
        return original(frame, shape)

    monkeypatch.setattr(dataset, "mask", counted)
    context.search([TWINS])
    assert context.states() == {TWINS: "open"}
    assert read == []
