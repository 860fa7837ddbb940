"""The note that stands beside a frame is that of its newest status."""

from __future__ import annotations

import pytest

from napari_nerveseg.review import frame_table
from napari_nerveseg.review.actions import SetStatus, UndoAction, VerifyEmpty
from tests.model.toy_review import ToyReview


@pytest.mark.parametrize("few", [0, 32])  # by the whole history, or each frame's own
def test_the_newest_note_that_holds(
    context: ToyReview, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_table, "FEW", few)
    session = context.session
    session.do(SetStatus(("1_1", "1_2"), "flagged", "look again"))
    session.do(SetStatus(("1_2", "1_3"), "flagged", "two nerves"))
    session.do(VerifyEmpty("1_1"))
    column = session.columns()["note"]
    assert column.tolist() == ["", "two nerves", "two nerves", "", "", "", ""]
    assert session.row("1_2").note == "two nerves"
    newest = session.history()[1]
    session.do(UndoAction(newest.id))
    assert column.tolist() == ["", "look again", "", "", "", "", ""]


def test_notes_are_there_after_reopening(reopen, context: ToyReview) -> None:
    context.session.do(SetStatus(("1_1",), "flagged", "look again"))
    assert reopen().session.columns()["note"][0] == "look again"
