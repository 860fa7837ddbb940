"""Two readers: kept apart while they read, compared and adjudicated afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from napari_nerveseg.review.actions import Decide, Paint
from napari_nerveseg.review.readings import (
    ReaderAgreement,
    ReaderComparison,
    ReaderVerdicts,
    begin_adjudication,
    cohen_kappa,
    readings,
)
from napari_nerveseg.review.session import ReviewSession
from tests.model.toy_review import EMPTY, NERVE, TRIPLE, TWINS, ToyReview, write
from training.errors import InputError


class Project:
    """One project folder and whoever sits down before it."""

    def __init__(self, folder: Path) -> None:
        self.data, self.folder = write(folder), folder / "project"
        self._open: list[ReviewSession] = []

    def sit_down(self, name: str, *, blind: bool = False) -> ToyReview:
        """Close what is open and open the project as ``name``."""
        self.leave()
        session = ReviewSession.open(self.data, self.folder, author=name, blind=blind)
        self._open.append(session)
        context = ToyReview(session)
        context.search()
        return context

    def leave(self) -> None:
        while self._open:
            self._open.pop().close()


def compared(session: ReviewSession) -> ReaderAgreement:
    """Return how far the session's labels agree with Bob's reading."""
    dataset, project, store = session.dataset, session.project, session.store
    return ReaderComparison(dataset, project, store, "bob").compare()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project(tmp_path)
    yield made
    made.leave()


def test_a_blind_reader_sees_nothing_of_the_first_and_changes_nothing(
    project: Project,
) -> None:
    first = project.sit_down("ada")
    first.session.do(Decide(TWINS, "keep", kept="1_2", reason="a nerve"))
    first.session.do(Paint("2_2", NERVE))
    second = project.sit_down("Bob B.", blind=True)
    assert second.states()[TWINS] == "open"
    assert second.session.store.verdicts() == []
    assert np.array_equal(second.mask("1_1"), EMPTY)
    assert second.session.mask("2_2") is None
    second.session.do(Decide(TWINS, "all-empty"))
    first = project.sit_down("ada")
    assert np.array_equal(first.mask("1_1"), NERVE)
    (verdict,) = first.session.store.verdicts()
    assert (verdict.author, verdict.verdict) == ("ada", "keep")
    assert readings(first.session.project) == ["bob-b"]


def test_what_they_found_is_compared_and_adjudicated_without_moving_the_numbers(
    project: Project,
) -> None:
    first = project.sit_down("ada")
    first.session.do(Decide(TWINS, "keep", kept="1_2"))
    first.session.do(Decide(TRIPLE, "keep", kept="1_3"))
    second = project.sit_down("bob", blind=True)
    second.session.do(Decide(TWINS, "all-empty"))
    second.session.do(Decide(TRIPLE, "keep", kept="1_4"))  # the very same mask
    session = project.sit_down("ada").session
    args = (session.dataset, session.project, session.store, "bob")
    agreement = ReaderComparison(*args).compare()
    assert [row.agree for row in agreement.rows] == [False, True]
    (row,) = agreement.disagreements
    assert (row.group, row.first, row.second) == (TWINS, "keep 1_2", "all-empty")
    assert row.dice == 0.0 and not row.adjudicated
    assert agreement.dice == 0.5
    assert agreement.kappa == 0.0  # one of two by chance
    begin_adjudication(session.store, "bob")
    begin_adjudication(session.store, "bob")
    assert len(session.store.snapshots()) == 1
    session.do(Decide(TWINS, "all-empty", reason="adjudicated"))
    after = ReaderComparison(*args).compare()
    assert (after.kappa, after.dice) == (agreement.kappa, agreement.dice)
    (row,) = after.disagreements
    assert row.adjudicated and row.first == "keep 1_2"


def test_what_only_one_decided_is_counted_apart(project: Project) -> None:
    project.sit_down("bob", blind=True).session.do(Decide(TWINS, "ambiguous"))
    session = project.sit_down("ada").session
    session.do(Decide(TRIPLE, "ambiguous"))
    agreement = compared(session)
    assert (agreement.only_first, agreement.only_second) == (1, 1)
    assert (agreement.rows, agreement.kappa, agreement.dice) == ((), None, None)


def test_two_verdicts_without_a_mask_agree_if_they_are_the_same(
    project: Project,
) -> None:
    second = project.sit_down("bob", blind=True).session
    second.do(Decide(TWINS, "ambiguous"))
    second.do(Decide(TRIPLE, "not-duplicate"))
    session = project.sit_down("ada").session
    session.do(Decide(TWINS, "ambiguous"))
    session.do(Decide(TRIPLE, "ambiguous"))
    agreement = compared(session)
    assert [row.group for row in agreement.disagreements] == [TRIPLE]
    assert agreement.dice is None


def test_a_name_without_letters_is_refused_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    with pytest.raises(InputError, match="field Reviewer"):
        ReviewSession.open(project.data, project.folder, author="…", blind=True)
    assert not (project.folder / "readings").exists()


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1))
def test_kappa_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    kappa = cohen_kappa(first, second)
    if kappa is None:
        assert len(set(first)) == 1 and first == second
    else:
        assert kappa == pytest.approx(cohen_kappa_score(first, second))


def test_kappa_of_nothing_is_not_defined() -> None:
    assert cohen_kappa([], []) is None


def test_only_what_a_reader_changed_is_read_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = project.sit_down("bob", blind=True)
    for group in (TWINS, TRIPLE):
        second.session.do(Decide(group, "all-empty"))
    session = project.sit_down("ada").session
    for group in (TWINS, TRIPLE):
        session.do(Decide(group, "union"))
    comparison = ReaderComparison(
        session.dataset, session.project, session.store, "bob"
    )
    asked: list[str] = []
    decode = ReaderVerdicts.mask
    monkeypatch.setattr(
        ReaderVerdicts, "mask", lambda self, f: (asked.append(f), decode(self, f))[1]
    )
    first = comparison.compare()
    assert set(asked) <= {*TWINS, *TRIPLE} and asked
    asked.clear()
    assert comparison.compare() == first and asked == []
    session.do(Decide(TWINS, "all-empty"))
    after = comparison.compare()
    assert len(after.disagreements) == len(first.disagreements) - 1
    assert set(asked) <= set(TWINS)
