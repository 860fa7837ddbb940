"""Two sessions on one project: each sees the other's work, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from napari_nerveseg.review.actions import Decide, Paint, SetStatus, Undo
from napari_nerveseg.review.session import ReviewSession
from tests.model.toy_review import NERVE, TWINS, ToyReview
from tests.toys import disc

CORNER, OTHER_CORNER = disc(NERVE.shape, (8, 8), 5), disc(NERVE.shape, (55, 70), 5)


@pytest.fixture
def other(context: ToyReview) -> Iterator[ToyReview]:
    """A second window of somebody else, on the same project."""
    mine = context.session
    opened = ReviewSession.open(mine.dataset.root, mine.project.root, author="bob")
    yield ToyReview(opened)
    opened.close()


def paint(context: ToyReview, frame: str, mask: np.ndarray) -> None:
    context.session.do(Paint(frame, mask))
    context.session.flush()


def test_the_second_sees_what_the_first_did(
    context: ToyReview, other: ToyReview
) -> None:
    assert not other.session.poll()
    paint(context, "1_2", CORNER)
    context.session.do(SetStatus(("1_3",), "flagged"))
    assert np.array_equal(other.mask("1_2"), NERVE)
    assert other.session.poll()
    assert np.array_equal(other.mask("1_2"), CORNER)
    assert other.session.row("1_3").status == "flagged"
    assert {"1_2", "1_3"} <= set(other.changed[-1])
    assert not other.session.poll()
    assert not context.session.poll()  # one's own work is no news


def test_a_snapshot_that_a_training_takes_is_no_news(
    context: ToyReview, other: ToyReview
) -> None:
    context.session.store.take_snapshot("training")
    assert not other.session.poll()
    paint(context, "1_2", CORNER)
    assert other.session.poll()


def test_a_snapshot_taken_elsewhere_makes_no_news_of_one_s_own_work(
    context: ToyReview, other: ToyReview
) -> None:
    paint(context, "1_2", CORNER)
    other.session.store.take_snapshot("training")
    assert not context.session.poll()
    context.session.do(SetStatus(("1_3",), "flagged"))
    other.session.do(SetStatus(("1_1",), "flagged"))
    assert context.session.poll()
    assert context.changed[-1] == ("1_1",)


def test_a_verdict_elsewhere_resolves_the_conflict_here(
    context: ToyReview, other: ToyReview
) -> None:
    other.search()
    assert other.states()[TWINS] == "open"
    context.session.do(Decide(TWINS, "keep", kept="1_2"))
    assert other.session.poll()
    assert other.states()[TWINS] == "resolved"


def test_two_people_on_one_frame_overwrite_nothing(
    context: ToyReview, other: ToyReview
) -> None:
    paint(context, "1_2", NERVE | CORNER)
    paint(other, "1_2", NERVE | OTHER_CORNER)  # it has not looked since
    both = NERVE | CORNER | OTHER_CORNER
    assert np.array_equal(other.mask("1_2"), both)
    assert context.session.poll()
    assert np.array_equal(context.mask("1_2"), both)
    authors = [v.author for v in context.session.store.versions("1_2")]
    assert authors == ["ada", "bob"]
    other.session.do(Undo("1_2"))
    assert context.session.poll()
    assert np.array_equal(context.mask("1_2"), NERVE | CORNER)


def test_erasing_where_another_painted_keeps_to_the_strokes_own_pixels(
    context: ToyReview, other: ToyReview
) -> None:
    paint(context, "1_2", NERVE | CORNER)
    half = NERVE.copy()
    half[:, :40] = False
    paint(other, "1_2", half)
    assert np.array_equal(other.mask("1_2"), half | CORNER)
