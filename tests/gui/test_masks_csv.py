"""The window opens masks that lie in a run-length CSV, and so do its workers."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_nerveseg.jobs.training_job import TrainingJob
from napari_nerveseg.predict.batch_box import ALL, Batch
from napari_nerveseg.reading.question_row import QuestionRow
from napari_nerveseg.window.context import ReviewContext
from napari_nerveseg.window.workers import Workers
from tests.toys import disc, smooth_frame, write_kaggle
from training.commands import COMMANDS
from training.data import rle

SHAPE = (64, 80)
NERVE = disc(SHAPE, (30, 40), 9)


def write_data(place: Path) -> tuple[Path, Path]:
    """Write two frames without masks, and a CSV beside the folder with theirs."""
    frames = {f"1_{k}": (smooth_frame(k, SHAPE), None) for k in (1, 2)}
    csv = place / "masks.csv"
    csv.write_text(f"subject,img,pixels\n1,1,{rle.encode(NERVE)}\n1,2,\n")
    return write_kaggle(place / "data", frames), csv


def test_masks_of_a_csv_are_shown_kept_and_passed_on(
    context: ReviewContext, tmp_path: Path
) -> None:
    data, csv = write_data(tmp_path)
    assert context.open(data, tmp_path / "other", {"masks_csv": csv})

    def shown() -> None:
        assert context.session is not None
        np.testing.assert_array_equal(context.session.mask("1_1"), NERVE)
        assert not context.session.mask("1_2").any()

    shown()
    context.read_blind(True)
    context.read_blind(False)
    assert context.open_again({"luminance": True})
    shown()
    chosen = {"masks_csv": str(csv), "luminance": True, "exact": True}
    assert context.source["reading"] == chosen
    for name in ("scan", "duplicates", "stats", "train", "crossval"):
        COMMANDS[name].options.of(context.source, name)


@pytest.mark.parametrize("folds", [False, True])
def test_a_run_goes_on_with_the_masks_that_it_had_not_with_the_windows(
    context: ReviewContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folds: bool
) -> None:
    data, csv = write_data(tmp_path)
    assert context.open(data, tmp_path / "other", {"masks_csv": csv})
    begun: list[dict[str, Any]] = []
    monkeypatch.setattr(TrainingJob, "start", lambda _, command: begun.append(command))
    Workers(context).resume(tmp_path / "run", folds=folds)
    run = str(tmp_path / "run")
    how = {"command": "crossval" if folds else "train", "resume": run}
    assert begun == [{"data": str(data), "project": str(tmp_path / "other"), **how}]


def test_a_csv_that_is_not_there_is_said(
    context: ReviewContext, tmp_path: Path
) -> None:
    data, _ = write_data(tmp_path)
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    chosen = {"masks_csv": tmp_path / "none.csv"}
    assert not context.open(data, tmp_path / "project", chosen)
    assert "none.csv" in said[-1]


def test_what_was_chosen_before_counts_and_is_said(
    context: ReviewContext, tmp_path: Path
) -> None:
    data, csv = write_data(tmp_path)
    assert context.open(data, tmp_path / "other", {"masks_csv": csv})
    said: list[str] = []
    context.said.connect(lambda _level, text: said.append(text))
    assert context.open_again()
    assert said == []
    assert context.open(data, tmp_path / "other")
    assert said == [f"Read as before: --masks {csv}."]
    assert context.source["reading"] == {"masks_csv": str(csv), "exact": True}


def test_an_answer_to_a_question_is_kept(
    context: ReviewContext, tmp_path: Path
) -> None:
    data, _ = write_data(tmp_path)
    assert context.open(data, tmp_path / "other")
    QuestionRow(context, "row", lambda _session: False).answer(luminance=True)
    kept = json.loads((tmp_path / "other" / "reading.json").read_text())
    assert kept == {"luminance": True}
    assert context.source["reading"] == {"luminance": True, "exact": True}


def test_frames_are_predicted_as_the_window_reads_them(
    context: ReviewContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, csv = write_data(tmp_path)
    assert context.open(data, tmp_path / "other", {"masks_csv": csv})
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(Workers, "start", lambda _, _kind, how: asked.append(how))
    one_click: Any = SimpleNamespace(checkpoint=tmp_path / "best.safetensors")
    Batch(context, Workers(context), one_click).start(ALL)
    assert asked[0]["reading"] == {"masks_csv": str(csv), "exact": True}
    COMMANDS["predict"].options.of(asked[0], "predict")
