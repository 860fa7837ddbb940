"""The jobs with the engine's own worker, from a scan to a prediction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from napari_nerveseg import _engine
from napari_nerveseg.jobs.idle_worker import IdleWorker
from napari_nerveseg.jobs.job import Job
from napari_nerveseg.jobs.prediction_server import PredictionServer
from napari_nerveseg.jobs.training_job import TrainingJob
from napari_nerveseg.review.actions import Paint
from napari_nerveseg.review.predictions import LivePrediction
from napari_nerveseg.review.session import ReviewSession
from tests.toys import disc, smooth_frame, write_kaggle

SHAPE = (64, 80)
NERVE = disc(SHAPE, (30, 40), 12)
CONFIG = {
    "recipe": "unet",
    "size": [32, 32],
    "widths": [4, 8],
    "epochs": 1,
    "batch": 4,
    "device": "cpu",
    "val_subjects": "3",
    "threads": 1,
}


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ReviewSession]:
    """Three subjects of three frames; the first two frames are a conflicting twin."""
    root = Path(_engine.__file__).parents[1]
    monkeypatch.setenv("PYTHONPATH", str(root))  # the tests may run uninstalled
    data = write_kaggle(
        tmp_path / "frames",
        {
            f"{subject}_{number}": (
                smooth_frame(
                    0 if (subject, number) == (1, 2) else 10 * subject + number
                )
                if (subject, number) != (1, 1)
                else smooth_frame(0),
                NERVE & (number != 1),
            )
            for subject in (1, 2, 3)
            for number in (1, 2, 3)
        },
    )
    session = ReviewSession.open(data, tmp_path / "project")
    yield session
    session.close()


def _paths(session: ReviewSession) -> dict[str, str]:
    return {
        "data": str(session.dataset.root),
        "project": str(session.project.root),
    }


def _result(qtbot: QtBot, job: Job | TrainingJob, timeout: int = 120_000) -> Any:
    results: list[Any] = []
    failures: list[str] = []
    job.finished.connect(results.append)
    job.failed.connect(failures.append)
    qtbot.waitUntil(lambda: bool(results or failures), timeout=timeout)
    assert failures == []
    return results[0]


def test_scan_and_search_in_a_worker_reach_the_session(
    qtbot: QtBot, session: ReviewSession
) -> None:
    scan = Job({"command": "scan", **_paths(session)})
    scan.start()
    found = _result(qtbot, scan)
    assert found["n_frames"] == 9
    assert session.reload_scan(found["digest"])
    assert session.columns()["area"][1] == NERVE.sum()

    search = Job({"command": "duplicates", **_paths(session)})
    search.start()
    assert len(_result(qtbot, search)["pairs"]) == 1
    session.reload_duplicates()
    while session.work():
        pass
    (conflict,) = session.conflicts()
    assert (conflict.frames, conflict.kind) == (("1_1", "1_2"), "empty-versus-nerve")


def test_training_then_prediction_reach_the_session(
    qtbot: QtBot, session: ReviewSession
) -> None:
    training = TrainingJob(session.project.runs / "one")
    training.start({"command": "train", **_paths(session), "config": CONFIG})
    epochs: list[dict[str, Any]] = []
    training.epoch.connect(epochs.append)
    assert _result(qtbot, training)["epochs"] == 1
    assert len(epochs) == 1
    assert training.best_checkpoint is not None

    server = PredictionServer()
    answers: list[Any] = []
    failures: list[str] = []
    server.answered.connect(answers.append)
    server.failed.connect(failures.append)
    server.load(training.out, "cpu")
    server.predict(session.frame("2_2"), "2_2")
    qtbot.waitUntil(lambda: bool(answers or failures), timeout=60_000)
    server.close()
    assert failures == []
    (answer,) = answers
    session.take_prediction(
        "2_2",
        LivePrediction(answer.probability, answer.mask, answer.presence, answer.source),
    )
    np.testing.assert_array_equal(session.probability("2_2"), answer.probability)
    assert session.row("2_2").dice is not None


def test_the_pulse_tells_when_a_stroke_is_on_disk(
    qtbot: QtBot, session: ReviewSession
) -> None:
    worker = IdleWorker(session)
    pending: list[int] = []
    session.pending_changed.connect(pending.append)
    session.do(Paint("1_1", NERVE))
    qtbot.waitUntil(lambda: pending == [1, 0], timeout=10_000)
    worker.stop()
