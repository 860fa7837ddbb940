"""Undo and redo: of one frame, of an action over several, and over restarts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_nerveseg._engine import GroupActionError, InputError
from napari_nerveseg.review.actions import (
    Action,
    Decide,
    Paint,
    Redo,
    RedoAction,
    SetStatus,
    Undo,
    UndoAction,
    VerifyEmpty,
)
from napari_nerveseg.review.session import ReviewSession
from tests.model.conftest import Reopen
from tests.model.toy_review import EMPTY, NERVE, SHIFTED, TWINS, ToyReview, write


def test_undo_touches_its_frame_and_nothing_else(context: ToyReview) -> None:
    context.session.do(Paint("1_2", SHIFTED))
    context.session.do(Paint("1_3", EMPTY))
    context.session.do(Undo("1_2"))
    np.testing.assert_array_equal(context.mask("1_2"), NERVE)
    np.testing.assert_array_equal(context.mask("1_3"), EMPTY)
    assert context.changed[-1] == ("1_2",)
    assert not context.session.row("1_2").edited


def test_undo_goes_back_step_by_step_over_a_restart(reopen: Reopen) -> None:
    context = reopen()
    context.session.do(Paint("1_2", SHIFTED))
    context.session.do(Paint("1_2", EMPTY))
    context = reopen()
    context.session.do(Undo("1_2"))
    np.testing.assert_array_equal(context.mask("1_2"), SHIFTED)
    context.session.do(Undo("1_2"))
    np.testing.assert_array_equal(context.mask("1_2"), NERVE)
    context = reopen()
    context.session.do(Redo("1_2"))
    np.testing.assert_array_equal(context.mask("1_2"), SHIFTED)


def test_undo_of_nothing_says_so(context: ToyReview) -> None:
    context.session.do(Undo("1_2"))
    context.session.do(Redo("1_2"))
    assert context.said == [
        ("info", "Nothing to undo on frame 1_2."),
        ("info", "Nothing to redo on frame 1_2."),
    ]
    assert context.changed == []


def test_a_first_mask_that_is_undone_is_missing_again(context: ToyReview) -> None:
    context.session.do(Paint("2_2", NERVE))
    context.session.do(Undo("2_2"))
    assert context.session.mask("2_2") is None
    assert context.session.row("2_2").missing


def test_undo_on_a_frame_does_not_reach_into_a_verdict(context: ToyReview) -> None:
    context.session.do(Decide(TWINS, "keep", kept="1_2"))
    with pytest.raises(GroupActionError, match="undo that one from the history"):
        context.session.do(Undo("1_1"))
    np.testing.assert_array_equal(context.mask("1_1"), NERVE)


def test_a_verdict_is_undone_over_all_frames_after_a_restart(reopen: Reopen) -> None:
    context = reopen()
    context.session.do(Decide(TWINS, "union"))
    context = reopen()
    context.search()
    assert context.states()[TWINS] == "resolved"
    (entry,) = context.session.history("1_1")
    context.session.do(UndoAction(entry.id))
    np.testing.assert_array_equal(context.mask("1_1"), EMPTY)
    np.testing.assert_array_equal(context.mask("1_2"), NERVE)
    assert context.states()[TWINS] == "open"
    context.session.do(RedoAction(entry.id))
    np.testing.assert_array_equal(context.mask("1_1"), NERVE)


def test_frames_edited_since_are_named_and_left_alone(context: ToyReview) -> None:
    context.session.do(Decide(TWINS, "all-empty"))
    context.session.do(Paint("1_1", SHIFTED))
    verdict = context.session.history("1_2")[0].id
    context.session.do(UndoAction(verdict))
    np.testing.assert_array_equal(context.mask("1_1"), SHIFTED)
    np.testing.assert_array_equal(context.mask("1_2"), NERVE)
    assert ("warning", "Changed since, and left as they are: 1_1.") not in context.said


def test_frames_the_verdict_changed_and_somebody_edited_are_left(
    context: ToyReview,
) -> None:
    context.session.do(Decide(TWINS, "keep", kept="1_2"))
    context.session.do(Paint("1_1", SHIFTED))
    verdict = context.session.history("1_2")[0].id
    context.session.do(UndoAction(verdict))
    np.testing.assert_array_equal(context.mask("1_1"), SHIFTED)
    assert ("warning", "Changed since, and left as they are: 1_1.") in context.said


def test_force_takes_the_later_edits_back_too(context: ToyReview) -> None:
    context.session.do(Decide(TWINS, "keep", kept="1_2"))
    context.session.do(Paint("1_1", SHIFTED))
    context.session.do(UndoAction(context.session.history("1_2")[0].id, force=True))
    np.testing.assert_array_equal(context.mask("1_1"), EMPTY)


def test_an_action_that_is_not_there_is_refused(context: ToyReview) -> None:
    with pytest.raises(InputError, match="no action 99"):
        context.session.do(UndoAction(99))


FRAMES = ("1_1", "1_2", "2_2")
MASKS = (EMPTY, NERVE, SHIFTED, ~NERVE)


def _actions() -> st.SearchStrategy[Action]:
    frame = st.sampled_from(FRAMES)
    return st.one_of(
        st.builds(Paint, frame, st.sampled_from(MASKS)),
        st.builds(
            lambda f, s: SetStatus((f,), s), frame, st.sampled_from(("flagged",))
        ),
        st.builds(VerifyEmpty, frame),
        st.builds(lambda v: Decide(TWINS, v), st.sampled_from(("union", "ambiguous"))),
    )


def _state(session: ReviewSession) -> list[object]:
    masks = [session.mask(frame) for frame in FRAMES]
    rows = [session.row(frame) for frame in FRAMES]
    return [[None if m is None else m.tobytes() for m in masks], rows]


@settings(max_examples=20)
@given(st.lists(_actions(), max_size=3), _actions())
def test_to_apply_and_undo_is_to_do_nothing(
    before: list[Action], action: Action
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        session = ReviewSession.open(write(Path(folder)), Path(folder) / "project")
        try:
            for each in before:
                session.do(each)
            state, count = _state(session), len(session.history())
            session.do(action)
            after, history = _state(session), session.history()
            if len(history) == count:
                assert after == state
                return
            session.do(UndoAction(history[-1].id))
            assert _state(session) == state
            session.do(RedoAction(history[-1].id))
            assert _state(session) == after
        finally:
            session.close()
