"""What a session knows when it is opened, and what painting does to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_nerveseg._engine import InputError
from napari_nerveseg.review.actions import Decide, Paint, Select, SetStatus, VerifyEmpty
from napari_nerveseg.review.session import ReviewSession
from tests.model.conftest import Reopen
from tests.model.toy_review import EMPTY, NERVE, SHIFTED, ToyReview
from tests.toys import smooth_frame
from training.data.scan import scan


def test_a_folder_that_is_not_there_is_refused_and_nothing_written(
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match="nowhere"):
        ReviewSession.open(tmp_path / "nowhere", tmp_path / "project")
    assert list(tmp_path.iterdir()) == []


def test_frames_and_masks_are_the_sources(context: ToyReview) -> None:
    np.testing.assert_array_equal(context.session.frame("1_1"), smooth_frame(1))
    np.testing.assert_array_equal(context.mask("1_2"), NERVE)
    assert context.session.mask("2_2") is None
    with pytest.raises(ValueError, match="read-only"):
        context.mask("1_2")[0, 0] = True


def test_an_unreadable_mask_is_none_and_said_once(
    reopen: Reopen, tmp_path: Path
) -> None:
    (tmp_path / "frames" / "1_2_mask.tif").write_bytes(b"no picture")
    context = reopen()
    assert context.session.mask("1_2") is None
    row = context.session.row("1_2")
    assert (row.missing, row.unread) == (True, True)
    row = context.session.row("2_2")
    assert (row.missing, row.unread) == (True, False), "there is none"
    assert [level for level, _ in context.said] == ["warning"]
    assert "1_2_mask.tif" in context.said[0][1]


def test_selecting_tells_once_and_refuses_strangers(context: ToyReview) -> None:
    seen: list[str | None] = []
    context.session.selected_changed.connect(seen.append)
    for frame in ("1_2", "1_2", None):
        context.session.do(Select(frame))
    assert seen == ["1_2", None]
    with pytest.raises(InputError, match="no frame 9_9"):
        context.session.do(Select("9_9"))
    assert not context.session.attempt(Select("9_9"))
    assert context.said[-1][0] == "error"


def test_a_stroke_is_seen_at_once_and_kept_over_a_restart(reopen: Reopen) -> None:
    context = reopen()
    context.session.do(Paint("1_2", SHIFTED))
    np.testing.assert_array_equal(context.mask("1_2"), SHIFTED)
    assert context.session.row("1_2").area == SHIFTED.sum()
    assert context.changed == [("1_2",)]
    context.session.flush()
    assert context.pending == [1, 0]
    context = reopen()
    np.testing.assert_array_equal(context.mask("1_2"), SHIFTED)
    assert context.session.row("1_2").edited
    entry = context.session.history("1_2")[0]
    assert (entry.kind, entry.author, entry.frames) == ("paint", "ada", ("1_2",))


def test_the_array_that_was_painted_can_be_used_on(context: ToyReview) -> None:
    canvas = SHIFTED.copy()
    context.session.do(Paint("1_2", canvas))
    canvas[:] = False
    np.testing.assert_array_equal(context.mask("1_2"), SHIFTED)


def test_strokes_that_change_nothing_are_not_stored(context: ToyReview) -> None:
    context.session.do(Paint("1_2", NERVE))
    context.session.do(Paint("2_2", EMPTY))
    assert context.session.history() == []
    assert context.changed == []
    assert context.session.mask("2_2") is None


def test_many_strokes_come_out_in_order(context: ToyReview) -> None:
    masks = [np.roll(NERVE, shift, axis=1) for shift in range(1, 6)]
    for mask in masks:
        context.session.do(Paint("1_2", mask))
    np.testing.assert_array_equal(context.mask("1_2"), masks[-1])
    assert len(context.session.history("1_2")) == 5
    np.testing.assert_array_equal(context.mask("1_2"), masks[-1])
    assert context.session.pending == 0


def test_a_mask_of_another_size_is_refused(context: ToyReview) -> None:
    with pytest.raises(InputError, match=r"\(3, 4\) where the frame is \(64, 80\)"):
        context.session.do(Paint("1_2", np.ones((3, 4), dtype=bool)))
    assert context.session.history() == []


def test_a_stroke_that_could_not_be_stored_is_said_and_leaves_the_screen(
    context: ToyReview, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> int:
        raise InputError("The disk is full; free some space first.")

    monkeypatch.setattr(context.session.store, "act", full)
    context.session.do(Paint("1_2", SHIFTED))
    context.session.flush()
    np.testing.assert_array_equal(context.mask("1_2"), NERVE)
    assert context.session.row("1_2").area == NERVE.sum()
    assert context.changed == [("1_2",), ("1_2",)]
    assert context.said == [
        (
            "error",
            "The last stroke on frame 1_2 is not stored; do it again. "
            "The disk is full; free some space first.",
        )
    ]


def test_status_is_one_action_over_all_frames(context: ToyReview) -> None:
    context.session.do(SetStatus(("1_1", "1_2"), "flagged", note="blurred"))
    assert [row.status for row in map(context.session.row, ("1_1", "1_2", "1_3"))] == [
        "flagged",
        "flagged",
        "unreviewed",
    ]
    (entry,) = context.session.history()
    assert (entry.kind, entry.note) == ("status", "blurred")
    context.session.do(SetStatus(("1_1",), "flagged"))
    assert len(context.session.history()) == 1


def test_frames_of_another_data_set_are_refused(context: ToyReview) -> None:
    with pytest.raises(InputError, match="no frame 9_9"):
        context.session.do(SetStatus(("1_1", "9_9"), "flagged"))
    with pytest.raises(InputError, match="no frame 9_9"):
        context.session.do(Decide(("1_1", "9_9"), "ambiguous"))
    assert context.session.history() == []


def test_approved_and_empty_is_verified_empty(context: ToyReview) -> None:
    context.session.do(SetStatus(("1_1", "1_2"), "approved"))
    assert context.session.row("1_1").verified_empty
    assert not context.session.row("1_2").verified_empty


def test_a_missing_mask_cannot_be_approved_but_verified_empty(
    context: ToyReview,
) -> None:
    with pytest.raises(InputError, match="no mask to approve on 2_2"):
        context.session.do(SetStatus(("1_1", "2_2"), "approved"))
    assert context.session.row("1_1").status == "unreviewed"
    context.session.do(VerifyEmpty("2_2"))
    row = context.session.row("2_2")
    assert (row.area, row.missing, row.verified_empty) == (0, False, True)
    assert len(context.session.history()) == 1


def test_columns_follow_scan_and_edits(reopen: Reopen, tmp_path: Path) -> None:
    context = reopen()
    columns = context.session.columns()
    assert list(columns["frame"]) == list(context.session.dataset.ids)
    assert np.isnan(columns["area"]).all()
    seen = scan(context.session.dataset, context.session.project)
    context.session.reload_scan(seen.digest)
    sizes = context.session.columns()["area"]
    np.testing.assert_array_equal(sizes[:2], [0, NERVE.sum()])
    assert np.isnan(sizes[-1])
    assert list(columns["missing"]) == [False] * 6 + [True]
    context = reopen()
    assert context.session.scan is not None
    assert context.session.columns()["area"][1] == NERVE.sum()


def test_what_another_program_stored_is_taken_over(context: ToyReview) -> None:
    from training.data.store import LabelStore, MaskChange

    np.testing.assert_array_equal(context.mask("1_2"), NERVE)
    with LabelStore.open(context.session.project.labels, author="bob") as other:
        other.act("paint", masks={"1_2": MaskChange(SHIFTED, "painted")})
    context.session.refresh()
    np.testing.assert_array_equal(context.mask("1_2"), SHIFTED)
    assert context.changed == [("1_2",)]


def test_a_session_is_built_without_torch_or_qt(tmp_path: Path, reopen: Reopen) -> None:
    reopen().session.close()
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from napari_nerveseg.review.session import ReviewSession\n"
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
