"""The window opens masks that lie in a run-length CSV, and so do its workers."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_nerveseg.jobs.training_job import TrainingJob
from napari_nerveseg.view.desk import Desk
from napari_nerveseg.view.workers import Workers
from tests.toys import disc, smooth_frame, write_kaggle
from training.data import rle
from training.worker.commands import COMMANDS

SHAPE = (64, 80)
NERVE = disc(SHAPE, (30, 40), 9)


def write_data(place: Path) -> tuple[Path, Path]:
    """Write two frames without masks, and a CSV beside the folder with theirs."""
    frames = {f"1_{k}": (smooth_frame(k, SHAPE), None) for k in (1, 2)}
    csv = place / "masks.csv"
    csv.write_text(f"subject,img,pixels\n1,1,{rle.encode(NERVE)}\n1,2,\n")
    return write_kaggle(place / "data", frames), csv


def test_masks_of_a_csv_are_shown_kept_and_passed_on(
    desk: Desk, tmp_path: Path
) -> None:
    data, csv = write_data(tmp_path)
    assert desk.open(data, tmp_path / "other", masks_csv=csv)

    def shown() -> None:
        assert desk.session is not None
        np.testing.assert_array_equal(desk.session.mask("1_1"), NERVE)
        assert not desk.session.mask("1_2").any()

    shown()
    desk.read_blind(True)
    desk.read_blind(False)
    assert desk.open_again(luminance=True)
    shown()
    assert desk.source["masks_csv"] == str(csv)
    assert desk.source["luminance"] is True
    for name in ("scan", "duplicates", "stats", "train", "estimate", "crossval"):
        inspect.signature(COMMANDS[name]).bind_partial(**desk.source)


@pytest.mark.parametrize("folds", [False, True])
def test_a_run_goes_on_with_the_masks_that_it_had_not_with_the_windows(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folds: bool
) -> None:
    data, csv = write_data(tmp_path)
    assert desk.open(data, tmp_path / "other", masks_csv=csv)
    begun: list[dict[str, Any]] = []
    monkeypatch.setattr(TrainingJob, "start", lambda _, command: begun.append(command))
    Workers(desk).resume(tmp_path / "run", folds=folds)
    how = {"command": "crossval", "resume": True} if folds else {"command": "resume"}
    assert begun == [{"data": str(data), "project": str(tmp_path / "other"), **how}]


def test_a_csv_that_is_not_there_is_said(desk: Desk, tmp_path: Path) -> None:
    data, _ = write_data(tmp_path)
    said: list[str] = []
    desk.said.connect(lambda _level, text: said.append(text))
    assert not desk.open(data, tmp_path / "project", masks_csv=tmp_path / "none.csv")
    assert "none.csv" in said[-1]
