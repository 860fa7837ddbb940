"""A known project: its scan is shown at once, and nothing is decided by it unproved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_nerveseg.review.actions import Decide, Paint, Propagate
from tests.model.conftest import Reopen
from tests.model.toy_review import (
    EMPTY,
    NERVE,
    SHIFTED,
    TRIPLE,
    TWINS,
    ToyReview,
    frames,
    stored,
)
from tests.toys import smooth_frame, write_kaggle
from training.data.images import pixel_digest
from training.data.scan import scan
from training.errors import InputError

CHANGED = "The frames have changed since the duplicate search; search again."
PAIRS = [TWINS, ("1_3", "1_4"), ("1_4", "1_5")]


@pytest.fixture
def known(reopen: Reopen) -> Reopen:
    """A project that has been scanned and searched."""
    session = reopen().session
    seen = scan(session.dataset, session.project)
    hashes = tuple(frame.sha256 or "" for frame in seen.frames)
    search = stored(session, PAIRS)
    object.__setattr__(search, "hashes", hashes)
    search.save(session.project.duplicates)
    return reopen


def look(context: ToyReview) -> bool:
    """Let a worker look at all files, and the session take over what it saw."""
    session = context.session
    return session.reload_scan(scan(session.dataset, session.project).digest)


def judged(context: ToyReview) -> ToyReview:
    while context.session.work(1.0):
        pass
    return context


def write(context: ToyReview, frame: str, **other: object) -> None:
    """Change files of a frame under their names."""
    picture, mask = frames()[frame]
    new = other.get("picture", picture), other.get("mask", mask)
    write_kaggle(context.session.dataset.root, {frame: new})  # type: ignore[dict-item]


def test_what_was_known_is_there_at_once_and_proved_later(known: Reopen) -> None:
    context = judged(known())
    assert context.session.columns()["area"][1] == NERVE.sum()
    assert context.states() == {TWINS: "open", TRIPLE: "open"}
    assert not context.session.found.proved
    known_scan = context.session.scan
    assert look(context)
    assert context.session.found.proved
    assert context.session.scan is known_scan
    assert context.changed == []
    assert context.said == []
    assert context.states() == {TWINS: "open", TRIPLE: "open"}


def test_a_mask_that_changed_meanwhile_is_taken_over(
    known: Reopen, reopen: Reopen
) -> None:
    write(known(), "1_1", mask=SHIFTED)
    context = judged(reopen())
    assert context.session.columns()["area"][0] == 0
    assert look(context)
    judged(context)
    assert context.changed == [("1_1",)]
    assert context.session.columns()["area"][0] == SHIFTED.sum()
    (conflict,) = [c for c in context.session.conflicts() if c.frames == TWINS]
    assert conflict.kind == "shape"
    np.testing.assert_array_equal(context.mask("1_1"), SHIFTED)


@pytest.mark.parametrize(
    "action", [Decide(TWINS, "union"), Propagate("1_2", ("1_1",))], ids=str
)
def test_nothing_is_decided_by_a_search_of_other_pictures(
    known: Reopen, action: Decide | Propagate
) -> None:
    write(known(), "1_1", picture=smooth_frame(77))
    context = judged(known())
    assert context.states() == {TWINS: "open", TRIPLE: "open"}
    with pytest.raises(InputError) as refused:
        context.session.do(action)
    assert str(refused.value) == (
        "The picture of 1_1 has changed since the duplicate search; search again"
        " before you decide by it."
    )
    assert context.session.history() == []
    assert not context.session.store.verdicts()
    assert context.session.attempt(Decide(TRIPLE, "union"))  # of these it was
    assert look(context)
    assert context.session.duplicates is None
    assert context.said == [("warning", CHANGED)]
    with pytest.raises(InputError, match="picture of 1_1 has changed"):
        context.session.do(action)


def test_what_is_drawn_needs_no_proof(known: Reopen) -> None:
    write(known(), "1_1", picture=smooth_frame(77))
    context = known()
    context.session.do(Paint("1_1", NERVE))
    look(context)
    np.testing.assert_array_equal(context.mask("1_1"), NERVE)
    assert [entry.kind for entry in context.session.history("1_1")] == ["paint"]


def test_a_search_that_the_old_scan_disowns_is_shown_once_the_files_own_it(
    known: Reopen,
) -> None:
    context = known()
    path = context.session.project.duplicates
    before = path.read_bytes()
    write(context, "1_1", picture=smooth_frame(77))
    scan(context.session.dataset, context.session.project)
    write(context, "1_1")  # as it was when the search was made, but not the scan
    path.write_bytes(before)
    context = judged(known())
    assert context.session.duplicates is None
    assert context.said == []
    look(context)
    judged(context)
    assert context.states() == {TWINS: "open", TRIPLE: "open"}
    assert context.said == []


def test_a_frame_that_came_waits_for_the_scan(known: Reopen) -> None:
    write_kaggle(known().session.dataset.root, {"3_1": (smooth_frame(9), NERVE)})
    context = known()
    assert context.session.scan is None
    assert np.isnan(context.session.columns()["area"]).all()
    assert context.session.duplicates is not None  # it is of the other frames
    assert look(context)
    assert context.session.columns()["area"][-1] == NERVE.sum()
    assert context.session.duplicates is not None


def search_again(context: ToyReview, pairs: list[tuple[str, str]]) -> None:
    """Let a worker search the files as they are now, and the session show it."""
    session = context.session
    search = stored(session, pairs)
    hashes = tuple(pixel_digest(session.dataset.frame(name)) for name in search.ids)
    object.__setattr__(search, "hashes", hashes)
    search.save(session.project.duplicates)
    session.reload_duplicates()
    judged(context)


def test_a_new_search_of_newer_pictures_waits_for_another_look(known: Reopen) -> None:
    context = judged(known())
    look(context)
    write(context, "1_1", picture=smooth_frame(77))
    search_again(context, [("1_3", "1_4"), ("1_4", "1_5")])
    assert context.states() == {}  # the old groups are of another picture
    assert not context.session.found.proved
    assert context.said == []
    assert look(context)
    judged(context)
    assert context.states() == {TRIPLE: "open"}
    assert context.session.found.proved
    assert context.said == []  # it has just been searched again


def test_a_verdict_is_checked_by_the_search_on_screen(known: Reopen) -> None:
    context = judged(known())
    shown = context.session.duplicates
    assert shown is not None
    write(context, "1_1", picture=smooth_frame(77))
    search_again(context, PAIRS)
    context.session.found.check_searched(TWINS, None)  # of the new one they are
    with pytest.raises(InputError, match="picture of 1_1 has changed"):
        context.session.found.check_searched(TWINS, shown)


def test_a_scan_that_could_not_be_kept_proves_nothing(known: Reopen) -> None:
    context = known()
    kept = context.session.project.frames / "scan.json"
    before = kept.read_bytes()
    write(context, "1_2", mask=EMPTY)
    context = known()
    digest = scan(context.session.dataset, context.session.project).digest
    kept.write_bytes(before)
    assert not context.session.reload_scan(digest)
    assert not context.session.found.proved
    assert context.session.columns()["area"][1] == NERVE.sum()


def test_without_any_scan_nothing_is_proved(reopen: Reopen, tmp_path: Path) -> None:
    context = reopen()
    assert not context.session.reload_scan("of a project that takes no files")
    assert not context.session.found.proved
    assert context.session.scan is None
    assert not list((tmp_path / "project").glob("frames/scan.json"))
