"""The window says, once, that predictions are of other pictures or another model."""

from __future__ import annotations

from pathlib import Path

import pytest
import tifffile

from napari_nerveseg.predict.stale_warning import StaleWarning
from napari_nerveseg.window.context import ReviewContext
from tests.engine.predicting import tiny_checkpoint
from tests.toys import smooth_frame
from training.data import find_project, open_dataset
from training.data.scan import scan
from training.predict import predict_folder

Said = list[tuple[str, str]]


@pytest.fixture
def said(context: ReviewContext) -> Said:
    """Return what the window has said, of predictions by the run ``first``."""
    assert context.session is not None
    project = context.session.project
    checkpoint = tiny_checkpoint(project.root / "runs" / "first" / "best.safetensors")
    out = project.root / "predictions" / "first"
    predict_folder(
        checkpoint, context.session.dataset.root, out, probabilities=True, device="cpu"
    )
    StaleWarning(context)
    heard: Said = []
    context.said.connect(lambda level, text: heard.append((level, text)))
    return heard


def load(context: ReviewContext, folder: Path, tmp_path: Path) -> None:
    """Open the folder as on another day, and the run's predictions beside it."""
    seen = scan(open_dataset(folder), find_project(folder, tmp_path / "project"))
    assert context.open(folder, tmp_path / "project")
    assert context.session is not None
    context.session.reload_scan(seen.digest)
    assert context.load_predictions(
        context.session.project.root / "predictions" / "first"
    )


def warnings(said: Said) -> list[str]:
    return [text for level, text in said if level == "warning"]


def test_predictions_that_still_hold_give_no_warning(
    context: ReviewContext, said: Said, toy_folder: Path, tmp_path: Path
) -> None:
    load(context, toy_folder, tmp_path)
    assert warnings(said) == []


def test_a_changed_picture_is_named_once(
    context: ReviewContext, said: Said, toy_folder: Path, tmp_path: Path
) -> None:
    tifffile.imwrite(toy_folder / "1_2.tif", smooth_frame(77))
    load(context, toy_folder, tmp_path)
    assert warnings(said) == [
        "The picture of 1_2 has changed since it was predicted; predict again before"
        " you trust the prediction."
    ]
    context.table_changed.emit()
    context.predictions_changed.emit()
    assert len(warnings(said)) == 1


def test_a_run_that_was_trained_on_is_told(
    context: ReviewContext, said: Said, toy_folder: Path, tmp_path: Path
) -> None:
    run = tmp_path / "project" / "runs" / "first"
    tiny_checkpoint(run / "best.safetensors", seed=1)
    load(context, toy_folder, tmp_path)
    assert warnings(said) == [
        "The checkpoint of run first has changed since these predictions were made;"
        " predict again to see what it says now."
    ]


def test_it_waits_for_the_scan(
    context: ReviewContext, said: Said, toy_folder: Path, tmp_path: Path
) -> None:
    tifffile.imwrite(toy_folder / "1_2.tif", smooth_frame(77))
    session = context.session
    assert session is not None and session.scan is None
    assert context.load_predictions(session.project.root / "predictions" / "first")
    assert warnings(said) == []
    session.reload_scan(scan(session.dataset, session.project).digest)
    context.table_changed.emit()
    assert len(warnings(said)) == 1


def test_it_waits_until_the_files_have_been_looked_at(
    context: ReviewContext, said: Said, toy_folder: Path, tmp_path: Path
) -> None:
    load(context, toy_folder, tmp_path)
    session = context.session
    assert session is not None
    folder = session.project.root / "predictions" / "first"
    tifffile.imwrite(toy_folder / "1_2.tif", smooth_frame(77))
    assert context.open(toy_folder, tmp_path / "project")
    session = context.session
    assert session is not None and session.scan is not None
    assert context.load_predictions(folder)
    context.table_changed.emit()
    assert warnings(said) == []
    session.reload_scan(scan(session.dataset, session.project).digest)
    context.table_changed.emit()
    assert [text[:22] for text in warnings(said)] == ["The picture of 1_2 has"]
