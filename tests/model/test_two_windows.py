"""Two sessions on one project: each sees the other's work, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from napari_nerveseg.model.actions import Decide, Paint, SetStatus, Undo
from napari_nerveseg.model.session import ReviewSession
from tests.model.desk import NERVE, TWINS, Desk
from tests.toys import disc

CORNER, OTHER_CORNER = disc(NERVE.shape, (8, 8), 5), disc(NERVE.shape, (55, 70), 5)


@pytest.fixture
def other(desk: Desk) -> Iterator[Desk]:
    """A second window of somebody else, on the same project."""
    mine = desk.session
    opened = ReviewSession.open(mine.dataset.root, mine.project.root, author="bob")
    yield Desk(opened)
    opened.close()


def paint(desk: Desk, frame: str, mask: np.ndarray) -> None:
    desk.session.do(Paint(frame, mask))
    desk.session.flush()


def test_the_second_sees_what_the_first_did(desk: Desk, other: Desk) -> None:
    assert not other.session.poll()
    paint(desk, "1_2", CORNER)
    desk.session.do(SetStatus(("1_3",), "flagged"))
    assert np.array_equal(other.mask("1_2"), NERVE)
    assert other.session.poll()
    assert np.array_equal(other.mask("1_2"), CORNER)
    assert other.session.row("1_3").status == "flagged"
    assert {"1_2", "1_3"} <= set(other.changed[-1])
    assert not other.session.poll()
    assert not desk.session.poll()  # one's own work is no news


def test_a_snapshot_that_a_training_takes_is_no_news(desk: Desk, other: Desk) -> None:
    desk.session.store.take_snapshot("training")
    assert not other.session.poll()
    paint(desk, "1_2", CORNER)
    assert other.session.poll()


def test_a_snapshot_taken_elsewhere_makes_no_news_of_one_s_own_work(
    desk: Desk, other: Desk
) -> None:
    paint(desk, "1_2", CORNER)
    other.session.store.take_snapshot("training")
    assert not desk.session.poll()
    desk.session.do(SetStatus(("1_3",), "flagged"))
    other.session.do(SetStatus(("1_1",), "flagged"))
    assert desk.session.poll()
    assert desk.changed[-1] == ("1_1",)


def test_a_verdict_elsewhere_resolves_the_conflict_here(
    desk: Desk, other: Desk
) -> None:
    other.search()
    assert other.states()[TWINS] == "open"
    desk.session.do(Decide(TWINS, "keep", kept="1_2"))
    assert other.session.poll()
    assert other.states()[TWINS] == "resolved"


def test_two_people_on_one_frame_overwrite_nothing(desk: Desk, other: Desk) -> None:
    paint(desk, "1_2", NERVE | CORNER)
    paint(other, "1_2", NERVE | OTHER_CORNER)  # it has not looked since
    both = NERVE | CORNER | OTHER_CORNER
    assert np.array_equal(other.mask("1_2"), both)
    assert desk.session.poll()
    assert np.array_equal(desk.mask("1_2"), both)
    authors = [v.author for v in desk.session.store.versions("1_2")]
    assert authors == ["ada", "bob"]
    other.session.do(Undo("1_2"))
    assert desk.session.poll()
    assert np.array_equal(desk.mask("1_2"), NERVE | CORNER)


def test_erasing_where_another_painted_keeps_to_the_strokes_own_pixels(
    desk: Desk, other: Desk
) -> None:
    paint(desk, "1_2", NERVE | CORNER)
    half = NERVE.copy()
    half[:, :40] = False
    paint(other, "1_2", half)
    assert np.array_equal(other.mask("1_2"), half | CORNER)
