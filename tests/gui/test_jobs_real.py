"""The published frames: one conflict, found by a worker and resolved for good."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from napari_nerveseg import _engine
from napari_nerveseg.jobs.job import Job
from napari_nerveseg.review.actions import Decide
from napari_nerveseg.review.session import ReviewSession


@pytest.mark.real
def test_the_one_conflict_is_found_and_resolved(
    qtbot: QtBot, real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(_engine.__file__).parents[1]))
    data, project = real_data / "kaggle_original" / "train", tmp_path / "project"
    session = ReviewSession.open(data, project)
    job = Job({"command": "duplicates", "data": str(data), "project": str(project)})
    with qtbot.waitSignal(job.finished, timeout=120_000):
        job.start()
    session.reload_duplicates()
    while session.work():
        pass
    (conflict,) = session.conflicts("open")
    assert (conflict.frames, conflict.kind) == (("1_9", "1_14"), "empty-versus-nerve")
    assert conflict.ssim == pytest.approx(0.9946, abs=5e-5)
    session.do(Decide(conflict.frames, "keep", kept="1_14", reason="nerve is visible"))
    session.close()

    session = ReviewSession.open(data, project)
    while session.work():
        pass
    assert session.conflicts("open") == []
    (resolved,) = session.conflicts("resolved")
    assert resolved.verdict is not None
    assert resolved.verdict.reason == "nerve is visible"
    np.testing.assert_array_equal(session.mask("1_9"), session.mask("1_14"))
    session.close()
