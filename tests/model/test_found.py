"""A known project: its scan is shown at once, and nothing is decided by it unproved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_nerveseg.model.actions import Decide, Paint, Propagate
from tests.model.conftest import Reopen
from tests.model.desk import EMPTY, NERVE, SHIFTED, TRIPLE, TWINS, Desk, frames, stored
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


def look(desk: Desk) -> bool:
    """Let a worker look at all files, and the session take over what it saw."""
    session = desk.session
    return session.reload_scan(scan(session.dataset, session.project).digest)


def judged(desk: Desk) -> Desk:
    while desk.session.work(1.0):
        pass
    return desk


def write(desk: Desk, frame: str, **other: object) -> None:
    """Change files of a frame under their names."""
    picture, mask = frames()[frame]
    new = other.get("picture", picture), other.get("mask", mask)
    write_kaggle(desk.session.dataset.root, {frame: new})  # type: ignore[dict-item]


def test_what_was_known_is_there_at_once_and_proved_later(known: Reopen) -> None:
    desk = judged(known())
    assert desk.session.columns()["area"][1] == NERVE.sum()
    assert desk.states() == {TWINS: "open", TRIPLE: "open"}
    assert not desk.session.found.proved
    known_scan = desk.session.scan
    assert look(desk)
    assert desk.session.found.proved
    assert desk.session.scan is known_scan
    assert desk.changed == []
    assert desk.said == []
    assert desk.states() == {TWINS: "open", TRIPLE: "open"}


def test_a_mask_that_changed_meanwhile_is_taken_over(
    known: Reopen, reopen: Reopen
) -> None:
    write(known(), "1_1", mask=SHIFTED)
    desk = judged(reopen())
    assert desk.session.columns()["area"][0] == 0
    assert look(desk)
    judged(desk)
    assert desk.changed == [("1_1",)]
    assert desk.session.columns()["area"][0] == SHIFTED.sum()
    (conflict,) = [c for c in desk.session.conflicts() if c.frames == TWINS]
    assert conflict.kind == "shape"
    np.testing.assert_array_equal(desk.mask("1_1"), SHIFTED)


@pytest.mark.parametrize(
    "action", [Decide(TWINS, "union"), Propagate("1_2", ("1_1",))], ids=str
)
def test_nothing_is_decided_by_a_search_of_other_pictures(
    known: Reopen, action: Decide | Propagate
) -> None:
    write(known(), "1_1", picture=smooth_frame(77))
    desk = judged(known())
    assert desk.states() == {TWINS: "open", TRIPLE: "open"}
    with pytest.raises(InputError) as refused:
        desk.session.do(action)
    assert str(refused.value) == (
        "The picture of 1_1 has changed since the duplicate search; search again"
        " before you decide by it."
    )
    assert desk.session.history() == []
    assert not desk.session.store.verdicts()
    assert desk.session.attempt(Decide(TRIPLE, "union"))  # of these it was
    assert look(desk)
    assert desk.session.duplicates is None
    assert desk.said == [("warning", CHANGED)]
    with pytest.raises(InputError, match="picture of 1_1 has changed"):
        desk.session.do(action)


def test_what_is_drawn_needs_no_proof(known: Reopen) -> None:
    write(known(), "1_1", picture=smooth_frame(77))
    desk = known()
    desk.session.do(Paint("1_1", NERVE))
    look(desk)
    np.testing.assert_array_equal(desk.mask("1_1"), NERVE)
    assert [entry.kind for entry in desk.session.history("1_1")] == ["paint"]


def test_a_search_that_the_old_scan_disowns_is_shown_once_the_files_own_it(
    known: Reopen,
) -> None:
    desk = known()
    path = desk.session.project.duplicates
    before = path.read_bytes()
    write(desk, "1_1", picture=smooth_frame(77))
    scan(desk.session.dataset, desk.session.project)
    write(desk, "1_1")  # as it was when the search was made, but not the scan
    path.write_bytes(before)
    desk = judged(known())
    assert desk.session.duplicates is None
    assert desk.said == []
    look(desk)
    judged(desk)
    assert desk.states() == {TWINS: "open", TRIPLE: "open"}
    assert desk.said == []


def test_a_frame_that_came_waits_for_the_scan(known: Reopen) -> None:
    write_kaggle(known().session.dataset.root, {"3_1": (smooth_frame(9), NERVE)})
    desk = known()
    assert desk.session.scan is None
    assert np.isnan(desk.session.columns()["area"]).all()
    assert desk.session.duplicates is not None  # it is of the other frames
    assert look(desk)
    assert desk.session.columns()["area"][-1] == NERVE.sum()
    assert desk.session.duplicates is not None


def search_again(desk: Desk, pairs: list[tuple[str, str]]) -> None:
    """Let a worker search the files as they are now, and the session show it."""
    session = desk.session
    search = stored(session, pairs)
    hashes = tuple(pixel_digest(session.dataset.frame(name)) for name in search.ids)
    object.__setattr__(search, "hashes", hashes)
    search.save(session.project.duplicates)
    session.reload_duplicates()
    judged(desk)


def test_a_new_search_of_newer_pictures_waits_for_another_look(known: Reopen) -> None:
    desk = judged(known())
    look(desk)
    write(desk, "1_1", picture=smooth_frame(77))
    search_again(desk, [("1_3", "1_4"), ("1_4", "1_5")])
    assert desk.states() == {}  # the old groups are of another picture
    assert not desk.session.found.proved
    assert desk.said == []
    assert look(desk)
    judged(desk)
    assert desk.states() == {TRIPLE: "open"}
    assert desk.session.found.proved
    assert desk.said == []  # it has just been searched again


def test_a_verdict_is_checked_by_the_search_on_screen(known: Reopen) -> None:
    desk = judged(known())
    shown = desk.session.duplicates
    assert shown is not None
    write(desk, "1_1", picture=smooth_frame(77))
    search_again(desk, PAIRS)
    desk.session.found.check_searched(TWINS, None)  # of the new one they are
    with pytest.raises(InputError, match="picture of 1_1 has changed"):
        desk.session.found.check_searched(TWINS, shown)


def test_a_scan_that_could_not_be_kept_proves_nothing(known: Reopen) -> None:
    desk = known()
    kept = desk.session.project.frames / "scan.json"
    before = kept.read_bytes()
    write(desk, "1_2", mask=EMPTY)
    desk = known()
    digest = scan(desk.session.dataset, desk.session.project).digest
    kept.write_bytes(before)
    assert not desk.session.reload_scan(digest)
    assert not desk.session.found.proved
    assert desk.session.columns()["area"][1] == NERVE.sum()


def test_without_any_scan_nothing_is_proved(reopen: Reopen, tmp_path: Path) -> None:
    desk = reopen()
    assert not desk.session.reload_scan("of a project that takes no files")
    assert not desk.session.found.proved
    assert desk.session.scan is None
    assert not list((tmp_path / "project").glob("frames/scan.json"))
