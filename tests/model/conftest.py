"""A session on toy frames, reopened as often as a test likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from napari_nerveseg.review.session import ReviewSession
from tests.model.toy_review import ToyReview, write

Reopen = Callable[[], ToyReview]


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Reopen]:
    """Close what is open and open the same project again."""
    data = write(tmp_path)
    opened: list[ReviewSession] = []

    def again() -> ToyReview:
        while opened:
            opened.pop().close()
        session = ReviewSession.open(data, tmp_path / "project", author="ada")
        opened.append(session)
        return ToyReview(session)

    yield again
    while opened:
        opened.pop().close()


@pytest.fixture
def context(reopen: Reopen) -> ToyReview:
    """A session whose duplicates are known and judged."""
    context = reopen()
    context.search()
    return context
