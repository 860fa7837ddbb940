"""What a session knows when it is opened, and what painting does to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_nerveseg._engine import InputError
from napari_nerveseg.model.actions import Decide, Paint, Select, SetStatus, VerifyEmpty
from napari_nerveseg.model.session import ReviewSession
from tests.model.conftest import Reopen
from tests.model.desk import EMPTY, NERVE, SHIFTED, Desk
from tests.toys import smooth_frame
from training.data.scan import scan


def test_a_folder_that_is_not_there_is_refused_and_nothing_written(
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match="nowhere"):
        ReviewSession.open(tmp_path / "nowhere", tmp_path / "project")
    assert list(tmp_path.iterdir()) == []


def test_frames_and_masks_are_the_sources(desk: Desk) -> None:
    np.testing.assert_array_equal(desk.session.frame("1_1"), smooth_frame(1))
    np.testing.assert_array_equal(desk.mask("1_2"), NERVE)
    assert desk.session.mask("2_2") is None
    with pytest.raises(ValueError, match="read-only"):
        desk.mask("1_2")[0, 0] = True


def test_an_unreadable_mask_is_none_and_said_once(
    reopen: Reopen, tmp_path: Path
) -> None:
    (tmp_path / "frames" / "1_2_mask.tif").write_bytes(b"no picture")
    desk = reopen()
    assert desk.session.mask("1_2") is None
    row = desk.session.row("1_2")
    assert (row.missing, row.unread) == (True, True)
    row = desk.session.row("2_2")
    assert (row.missing, row.unread) == (True, False), "there is none"
    assert [level for level, _ in desk.said] == ["warning"]
    assert "1_2_mask.tif" in desk.said[0][1]


def test_selecting_tells_once_and_refuses_strangers(desk: Desk) -> None:
    seen: list[str | None] = []
    desk.session.selected_changed.connect(seen.append)
    for frame in ("1_2", "1_2", None):
        desk.session.do(Select(frame))
    assert seen == ["1_2", None]
    with pytest.raises(InputError, match="no frame 9_9"):
        desk.session.do(Select("9_9"))
    assert not desk.session.attempt(Select("9_9"))
    assert desk.said[-1][0] == "error"


def test_a_stroke_is_seen_at_once_and_kept_over_a_restart(reopen: Reopen) -> None:
    desk = reopen()
    desk.session.do(Paint("1_2", SHIFTED))
    np.testing.assert_array_equal(desk.mask("1_2"), SHIFTED)
    assert desk.session.row("1_2").area == SHIFTED.sum()
    assert desk.changed == [("1_2",)]
    desk.session.flush()
    assert desk.pending == [1, 0]
    desk = reopen()
    np.testing.assert_array_equal(desk.mask("1_2"), SHIFTED)
    assert desk.session.row("1_2").edited
    entry = desk.session.history("1_2")[0]
    assert (entry.kind, entry.author, entry.frames) == ("paint", "ada", ("1_2",))


def test_the_array_that_was_painted_can_be_used_on(desk: Desk) -> None:
    canvas = SHIFTED.copy()
    desk.session.do(Paint("1_2", canvas))
    canvas[:] = False
    np.testing.assert_array_equal(desk.mask("1_2"), SHIFTED)


def test_strokes_that_change_nothing_are_not_stored(desk: Desk) -> None:
    desk.session.do(Paint("1_2", NERVE))
    desk.session.do(Paint("2_2", EMPTY))
    assert desk.session.history() == []
    assert desk.changed == []
    assert desk.session.mask("2_2") is None


def test_many_strokes_come_out_in_order(desk: Desk) -> None:
    masks = [np.roll(NERVE, shift, axis=1) for shift in range(1, 6)]
    for mask in masks:
        desk.session.do(Paint("1_2", mask))
    np.testing.assert_array_equal(desk.mask("1_2"), masks[-1])
    assert len(desk.session.history("1_2")) == 5
    np.testing.assert_array_equal(desk.mask("1_2"), masks[-1])
    assert desk.session.pending == 0


def test_a_mask_of_another_size_is_refused(desk: Desk) -> None:
    with pytest.raises(InputError, match=r"\(3, 4\) where the frame is \(64, 80\)"):
        desk.session.do(Paint("1_2", np.ones((3, 4), dtype=bool)))
    assert desk.session.history() == []


def test_a_stroke_that_could_not_be_stored_is_said_and_leaves_the_screen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise InputError("The disk is full; free some space first.")

    monkeypatch.setattr(desk.session.store, "act", full)
    desk.session.do(Paint("1_2", SHIFTED))
    desk.session.flush()
    np.testing.assert_array_equal(desk.mask("1_2"), NERVE)
    assert desk.session.row("1_2").area == NERVE.sum()
    assert desk.changed == [("1_2",), ("1_2",)]
    assert desk.said == [
        (
            "error",
            "The last stroke on frame 1_2 is not stored; do it again. "
            "The disk is full; free some space first.",
        )
    ]


def test_status_is_one_action_over_all_frames(desk: Desk) -> None:
    desk.session.do(SetStatus(("1_1", "1_2"), "flagged", note="blurred"))
    assert [row.status for row in map(desk.session.row, ("1_1", "1_2", "1_3"))] == [
        "flagged",
        "flagged",
        "unreviewed",
    ]
    (entry,) = desk.session.history()
    assert (entry.kind, entry.note) == ("status", "blurred")
    desk.session.do(SetStatus(("1_1",), "flagged"))
    assert len(desk.session.history()) == 1


def test_frames_of_another_data_set_are_refused(desk: Desk) -> None:
    with pytest.raises(InputError, match="no frame 9_9"):
        desk.session.do(SetStatus(("1_1", "9_9"), "flagged"))
    with pytest.raises(InputError, match="no frame 9_9"):
        desk.session.do(Decide(("1_1", "9_9"), "ambiguous"))
    assert desk.session.history() == []


def test_approved_and_empty_is_verified_empty(desk: Desk) -> None:
    desk.session.do(SetStatus(("1_1", "1_2"), "approved"))
    assert desk.session.row("1_1").verified_empty
    assert not desk.session.row("1_2").verified_empty


def test_a_missing_mask_cannot_be_approved_but_verified_empty(desk: Desk) -> None:
    with pytest.raises(InputError, match="no mask to approve on 2_2"):
        desk.session.do(SetStatus(("1_1", "2_2"), "approved"))
    assert desk.session.row("1_1").status == "unreviewed"
    desk.session.do(VerifyEmpty("2_2"))
    row = desk.session.row("2_2")
    assert (row.area, row.missing, row.verified_empty) == (0, False, True)
    assert len(desk.session.history()) == 1


def test_columns_follow_scan_and_edits(reopen: Reopen, tmp_path: Path) -> None:
    desk = reopen()
    columns = desk.session.columns()
    assert list(columns["frame"]) == list(desk.session.dataset.ids)
    assert np.isnan(columns["area"]).all()
    seen = scan(desk.session.dataset, desk.session.project)
    desk.session.reload_scan(seen.digest)
    sizes = desk.session.columns()["area"]
    np.testing.assert_array_equal(sizes[:2], [0, NERVE.sum()])
    assert np.isnan(sizes[-1])
    assert list(columns["missing"]) == [False] * 6 + [True]
    desk = reopen()
    assert desk.session.scan is not None
    assert desk.session.columns()["area"][1] == NERVE.sum()


def test_what_another_program_stored_is_taken_over(desk: Desk) -> None:
    from training.data.store import LabelStore, MaskChange

    np.testing.assert_array_equal(desk.mask("1_2"), NERVE)
    with LabelStore.open(desk.session.project.labels, author="bob") as other:
        other.act("paint", masks={"1_2": MaskChange(SHIFTED, "painted")})
    desk.session.refresh()
    np.testing.assert_array_equal(desk.mask("1_2"), SHIFTED)
    assert desk.changed == [("1_2",)]


def test_a_session_is_built_without_torch_or_qt(tmp_path: Path, reopen: Reopen) -> None:
    reopen().session.close()
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from napari_nerveseg.model.session import ReviewSession\n"
        f"session = ReviewSession.open(Path({str(tmp_path / 'frames')!r}),"
        f" Path({str(tmp_path / 'project')!r}))\n"
        "session.row('1_2'); session.columns(); session.conflicts()\n"
        "session.close()\n"
        "heavy = {'torch', 'monai', 'numba', 'sklearn', 'zarr', 'skimage', 'napari',"
        " 'PySide6', 'qtpy'}\n"
        "sys.stdout.write(' '.join(sorted(heavy & set(sys.modules))))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == ""
