"""What a folder costs to open, and what happens after its first frame is seen."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from pytestqt.qtbot import QtBot

from napari_nerveseg.canvas import colours
from napari_nerveseg.canvas.kinds import TRUTH
from napari_nerveseg.window.context import ReviewContext, no_collection
from napari_nerveseg.window.folder_scanner import scan_words
from napari_nerveseg.window.workers import Workers
from tests.toys import disc, smooth_frame, write_kaggle

Said = list[tuple[str, str]]

UNPROVED = (
    "What has changed cannot be shown: see that the project folder can be written,"
    " and open the folder again."
)
#: Of the toy folder, the second time: its problem is no news, but it is there.
AS_BEFORE = (
    "6 frames looked through, nothing has changed; 1 problem as before: 2_3.tif has no"
    " mask, which is not an empty one: add its mask, or draw it in the window."
)


@pytest.fixture
def workers(context: ReviewContext, qtbot: QtBot) -> Iterator[Workers]:
    """Workers of a window whose folder they have looked through."""
    made = Workers(context)
    context.session_changed.emit()
    settled(made, qtbot)
    yield made
    made.shut_down()


def settled(workers: Workers, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not workers.busy, timeout=60_000)


def hear(context: ReviewContext) -> Said:
    """Note what is said, but for progress."""
    said: Said = []
    context.said.connect(
        lambda level, text: (
            None if text.startswith("Reading") else said.append((level, text))
        )
    )
    return said


def test_a_known_folder_is_looked_through_without_a_change(
    context: ReviewContext, workers: Workers, qtbot: QtBot
) -> None:
    said = hear(context)
    assert context.open_again()
    session = context.session
    assert session is not None and session.scan is not None
    assert session.columns()["area"][2] > 0  # before anybody has looked
    assert not session.found.proved
    scan = session.scan
    settled(workers, qtbot)
    assert session.found.proved
    assert session.scan is scan
    assert said == [("progress", AS_BEFORE)]


def test_a_change_of_a_known_folder_is_found_and_said_once(
    context: ReviewContext, workers: Workers, toy_folder: Path, qtbot: QtBot
) -> None:
    write_kaggle(toy_folder, {"1_3": (smooth_frame(1), np.zeros((64, 80), bool))})
    (toy_folder / "2_1.tif").write_bytes(b"II*\0")
    said = hear(context)
    assert context.open_again()
    session = context.session
    assert session is not None
    assert session.columns()["area"][2] > 0
    settled(workers, qtbot)
    assert session.columns()["area"][2] == 0
    ((level, text),) = said
    assert level == "warning"
    assert text.startswith("6 frames looked through, 2 problems. 2_1.tif ")


def test_the_first_look_says_what_it_found(
    context: ReviewContext, workers: Workers, qtbot: QtBot, tmp_path: Path
) -> None:
    said = hear(context)
    frames = {"1_1": (smooth_frame(1), np.zeros((64, 80), bool))}
    data = write_kaggle(tmp_path / "other", frames)
    assert context.open(data, tmp_path / "other.project")
    settled(workers, qtbot)
    assert said == [("progress", "1 frame looked through, no problem found.")]


def test_a_search_of_changed_files_is_shown_after_another_look(
    context: ReviewContext, workers: Workers, toy_folder: Path, qtbot: QtBot
) -> None:
    session = context.session
    assert session is not None and session.found.proved
    tifffile.imwrite(toy_folder / "1_2.tif", smooth_frame(77))
    said = hear(context)
    assert workers.search_duplicates() is not None
    settled(workers, qtbot)
    assert session.found.proved
    assert session.duplicates is not None
    assert session.duplicates is session.found.stored
    assert [level for level, _text in said if level in ("warning", "error")] == []
    assert said[-1][1].startswith("1 pair above SSIM 0.99 in ")


def test_what_a_look_found_waits_for_the_end_of_a_stroke(
    context: ReviewContext, workers: Workers, toy_folder: Path, qtbot: QtBot
) -> None:
    write_kaggle(toy_folder, {"1_1": (smooth_frame(1), disc((64, 80), (30, 40), 9))})
    assert context.open_again()
    session = context.session
    assert session is not None and context.bridge is not None
    truth = context.bridge.layers.layer(TRUTH)
    assert truth is not None
    truth._begin_stroke()
    settled(workers, qtbot)
    assert context.in_stroke()
    assert not session.found.proved
    truth._commit_stroke()
    qtbot.waitUntil(lambda: session.found.proved)
    assert truth.data.any()


def test_what_could_not_be_taken_over_is_looked_at_again_and_then_said(
    context: ReviewContext,
    workers: Workers,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[str] = []
    session = context.session
    assert session is not None
    monkeypatch.setattr(
        session, "reload_scan", lambda digest: bool(looks.append(digest))
    )
    said = hear(context)
    workers._scanner.look()
    settled(workers, qtbot)
    assert len(looks) == 2
    ((level, text),) = said
    assert level == "warning"
    assert text.startswith("6 frames looked through, 1 problem. 2_3.tif has no mask")
    assert text.endswith(UNPROVED)


def test_problems_are_said_though_nothing_could_be_kept() -> None:
    problems = ["1_1.tif is old.", "1_2.tif cannot be read."]
    summary = {"n_frames": 2, "warnings": problems}
    assert scan_words(summary, problems[1:], news=True, proved=False) == (
        "warning",
        f"2 frames looked through, 2 problems. 1_2.tif cannot be read. {UNPROVED}",
    )


@pytest.mark.parametrize(
    ("problems", "words"),
    [
        ([], "nothing has changed."),
        (["A is old."], "nothing has changed; 1 problem as before: A is old."),
        (
            ["A is old.", "B is new."],
            "nothing has changed; 2 problems as before, such as: A is old.",
        ),
    ],
)
def test_known_problems_are_counted_though_they_are_no_news(
    problems: list[str], words: str
) -> None:
    summary = {"n_frames": 13, "warnings": problems}
    assert scan_words(summary, [], news=False, proved=True) == (
        "progress",
        f"13 frames looked through, {words}",
    )


def test_a_job_that_ends_late_leaves_its_successor_and_the_session_alone(
    context: ReviewContext, workers: Workers, qtbot: QtBot
) -> None:
    workers._scanner.look()
    old = workers._jobs["scan"]
    workers._jobs.clear()
    assert context.open_again()
    successor = workers._jobs["scan"]
    assert successor is not old
    old.finished.emit({"digest": "of another folder", "n_frames": 1, "warnings": ["?"]})
    said = hear(context)
    assert workers.runs("scan")
    settled(workers, qtbot)
    assert said == [("progress", AS_BEFORE)]
    old.close()


def test_the_collector_waits_and_runs_again() -> None:
    runs: list[str] = []

    def note(phase: str, _info: object) -> None:
        runs.append(phase)

    gc.callbacks.append(note)
    try:
        with no_collection():
            assert not gc.isenabled()
            kept = [[n] for n in range(100_000)]
            assert runs == []
        assert gc.isenabled()
        kept += [[n] for n in range(10_000)]
        assert runs, "what was made in the meantime is never looked at"
    finally:
        gc.callbacks.remove(note)


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with no_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_failure_lets_the_collector_run_again() -> None:
    with pytest.raises(ValueError, match="no folder"), no_collection():
        raise ValueError("no folder")
    assert gc.isenabled()


def test_colours_of_masks_are_known_without_compiling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from napari.utils.colormap_backend import get_backend
    from napari.utils.colormaps import _accelerated_cmap

    def compiled(*_: object) -> None:
        raise AssertionError("this would be compiled")

    usual = get_backend()
    monkeypatch.setattr(
        _accelerated_cmap, "_labels_raw_to_texture_direct_loop", compiled
    )
    labels = np.array([[0, 1, 2]], np.uint8)
    mask = colours.mask_colormap("#ff0000").map(labels)
    np.testing.assert_array_equal(mask[0], [[0, 0, 0, 0], [1, 0, 0, 1], [1, 0, 0, 1]])
    error = colours.error_colormap("#ff0000", "#0000ff").map(labels)
    np.testing.assert_array_equal(error[0], [[0, 0, 0, 0], [1, 0, 0, 1], [0, 0, 1, 1]])
    assert get_backend() == usual
