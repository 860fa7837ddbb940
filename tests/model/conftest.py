"""A session on toy frames, reopened as often as a test likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from napari_nerveseg.model.session import ReviewSession
from tests.model.desk import Desk, write

Reopen = Callable[[], Desk]


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Reopen]:
    """Close what is open and open the same project again."""
    data = write(tmp_path)
    opened: list[ReviewSession] = []

    def again() -> Desk:
        while opened:
            opened.pop().close()
        session = ReviewSession.open(data, tmp_path / "project", author="ada")
        opened.append(session)
        return Desk(session)

    yield again
    while opened:
        opened.pop().close()


@pytest.fixture
def desk(reopen: Reopen) -> Desk:
    """A session whose duplicates are known and judged."""
    desk = reopen()
    desk.search()
    return desk
