"""What each verdict does to a group, as one action, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_nerveseg._engine import InputError
from napari_nerveseg.review.actions import Decide, Paint, UndoAction
from napari_nerveseg.review.session import ReviewSession
from napari_nerveseg.review.verdicts import common_masks
from tests.model.toy_review import (
    EMPTY,
    NERVE,
    SHAPE,
    SHIFTED,
    TRIPLE,
    TWINS,
    ToyReview,
    stored,
)
from tests.toys import Mask, disc, smooth_frame, write_kaggle


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        ("all-empty", EMPTY),
        ("union", NERVE | SHIFTED),
        ("intersection", NERVE & SHIFTED),
        ("majority", NERVE),
    ],
)
def test_masks_are_combined_over_the_group_in_one_action(
    context: ToyReview, verdict: str, expected: Mask
) -> None:
    context.session.do(Decide(TRIPLE, verdict, reason="looked twice"))
    for frame in TRIPLE:
        np.testing.assert_array_equal(context.mask(frame), expected)
    (entry,) = context.session.history()
    assert (entry.kind, set(entry.frames)) == ("verdict", set(TRIPLE))
    assert entry.reason == "looked twice"
    assert context.states()[TRIPLE] == "resolved"
    assert context.changed == [TRIPLE]


def test_keep_gives_all_frames_the_kept_mask(context: ToyReview) -> None:
    context.session.do(Decide(TRIPLE, "keep", kept="1_5"))
    for frame in TRIPLE:
        np.testing.assert_array_equal(context.mask(frame), SHIFTED)
    assert not context.session.row("1_5").edited
    (record,) = context.session.store.verdicts()
    assert (record.verdict, record.kept, record.group) == ("keep", "1_5", TRIPLE)


def test_keep_needs_a_frame_with_a_mask(context: ToyReview) -> None:
    group = ("2_1", "2_2")
    with pytest.raises(InputError, match="needs one frame of 2_1, 2_2"):
        context.session.do(Decide(group, "keep"))
    with pytest.raises(InputError, match="Frame 2_2 has no mask that could be kept"):
        context.session.do(Decide(group, "keep", kept="2_2"))
    assert context.session.history() == []


@pytest.mark.parametrize("second", [("keep", "1_3"), ("union", None)])
def test_a_verdict_that_another_has_made_meaningless_is_refused(
    context: ToyReview, second: tuple[str, str | None]
) -> None:
    context.session.do(Decide(TRIPLE, "keep", kept="1_5"))
    done = context.session.history()
    with pytest.raises(InputError, match=r"1_3, .* the same already.* take back first"):
        context.session.do(Decide(TRIPLE, second[0], kept=second[1]))
    assert context.session.history() == done
    context.session.do(Decide(TRIPLE, "keep", kept="1_5", reason="seen again"))
    context.session.do(Decide(TRIPLE, "all-empty"))
    np.testing.assert_array_equal(context.mask("1_3"), EMPTY)


def test_masks_that_were_made_one_by_hand_can_still_be_joined(
    context: ToyReview,
) -> None:
    for frame in TRIPLE:
        context.session.do(Paint(frame, NERVE))
    context.session.do(Decide(TRIPLE, "union"))
    assert [v.verdict for v in context.session.store.verdicts()] == ["union"]


def test_once_the_first_verdict_is_taken_back_the_second_is_a_true_one(
    context: ToyReview,
) -> None:
    before = {frame: context.mask(frame).copy() for frame in TRIPLE}
    context.session.do(Decide(TRIPLE, "keep", kept="1_5"))
    (done,) = context.session.history()
    context.session.do(UndoAction(done.id))
    context.session.do(Decide(TRIPLE, "keep", kept=TRIPLE[0]))
    for frame in TRIPLE:
        np.testing.assert_array_equal(context.mask(frame), before[TRIPLE[0]])


def test_a_missing_mask_is_not_asked_and_gets_the_result(
    context: ToyReview,
) -> None:
    context.session.do(Decide(("2_1", "2_2"), "intersection"))
    np.testing.assert_array_equal(context.mask("2_2"), NERVE)


def test_nothing_can_be_combined_where_no_mask_is() -> None:
    with pytest.raises(InputError, match="nothing for union"):
        common_masks("union", {"a": None, "b": None}, {"a": SHAPE, "b": SHAPE}, None)


def test_exclude_leaves_out_the_chosen_frames(context: ToyReview) -> None:
    context.session.do(Decide(TWINS, "exclude", frames=("1_1",)))
    assert context.session.store.excluded() == {"1_1"}
    assert context.session.row("1_1").status == "excluded"
    assert context.session.row("1_2").status == "unreviewed"
    assert context.states()[TWINS] == "resolved"


def test_exclude_all_but_the_kept_one(context: ToyReview) -> None:
    context.session.do(Decide(TRIPLE, "exclude", kept="1_4"))
    assert context.session.store.excluded() == {"1_3", "1_5"}


def test_exclude_has_to_know_which(context: ToyReview) -> None:
    with pytest.raises(InputError, match="which frames of 1_1, 1_2 to leave out"):
        context.session.do(Decide(TWINS, "exclude"))


def test_what_is_left_after_an_exclusion_may_still_conflict(
    context: ToyReview,
) -> None:
    context.session.do(Decide(TRIPLE, "exclude", frames=("1_3",)))
    assert context.states()[TRIPLE] == "open"
    context.session.do(Decide(TRIPLE, "exclude", frames=("1_3", "1_5")))
    assert context.states()[TRIPLE] == "resolved"


@pytest.mark.parametrize("verdict", ["not-duplicate", "ambiguous"])
def test_a_final_verdict_settles_a_group_without_touching_masks(
    context: ToyReview, verdict: str
) -> None:
    context.session.do(Decide(TWINS, verdict))
    assert context.states()[TWINS] == "resolved"
    np.testing.assert_array_equal(context.mask("1_1"), EMPTY)
    ambiguous = context.session.store.ambiguous()
    assert ambiguous == (set(TWINS) if verdict == "ambiguous" else set())
    assert context.session.row("1_1").conflict is None


def test_not_duplicates_leave_their_group_and_can_be_undone_in_the_list(
    context: ToyReview,
) -> None:
    context.session.do(Decide(TWINS, "not-duplicate"))
    assert context.session.group_of("1_1") == ()
    (conflict,) = [c for c in context.session.conflicts() if c.frames == TWINS]
    assert conflict.verdict is not None
    assert conflict.verdict.verdict == "not-duplicate"


def test_redraw_flags_and_stays_open_until_somebody_has_drawn(
    context: ToyReview,
) -> None:
    context.session.do(Decide(TWINS, "redraw", frames=("1_1",)))
    assert context.session.row("1_1").status == "flagged"
    assert context.session.row("1_2").status == "unreviewed"
    assert context.states()[TWINS] == "open"
    context.session.do(Paint("1_1", NERVE))
    assert context.states()[TWINS] == "resolved"


def test_redraw_without_a_choice_means_all(context: ToyReview) -> None:
    context.session.do(Decide(TRIPLE, "redraw"))
    assert {context.session.row(frame).status for frame in TRIPLE} == {"flagged"}


def test_a_verdict_that_is_none_is_refused(context: ToyReview) -> None:
    with pytest.raises(InputError, match="'shrug' is no verdict"):
        context.session.do(Decide(TWINS, "shrug"))
    assert context.session.history() == []


def test_masks_of_other_sizes_cannot_be_combined(tmp_path: Path) -> None:
    small = (32, 40)
    data = write_kaggle(
        tmp_path / "frames",
        {
            "1_1": (smooth_frame(1), NERVE),
            "1_2": (smooth_frame(1, small), disc(small, (15, 15), 5)),
        },
    )
    session = ReviewSession.open(data, tmp_path / "project")
    try:
        session.take_duplicates(stored(session, [TWINS]))
        for verdict in ("keep", "union", "intersection", "majority"):
            with pytest.raises(
                InputError, match=r"1_1 \(64 x 80\) and 1_2 \(32 x 40\) differ in size"
            ):
                session.do(Decide(TWINS, verdict, kept="1_1"))
        assert session.history() == []
        session.do(Decide(TWINS, "all-empty"))
        mask = session.mask("1_2")
        assert mask is not None
        assert mask.shape == small
    finally:
        session.close()
