"""A training and the real window: closed under it, found again, killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QTimer
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton

from napari_nerveseg.jobs import processes, training_job
from napari_nerveseg.jobs.training_job import running_trainings
from napari_nerveseg.shell.dock import NerveReview
from napari_nerveseg.shell.review_window import add_dock, settle
from tests.gui.conftest import child
from tests.gui.fake_workers import signals
from tests.gui.test_widgets_train import LEFT, WAITS


@pytest.fixture
def training(
    window: NerveReview, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[NerveReview]:
    """The real window, in which a training was started by a click."""
    monkeypatch.setattr(training_job, "worker_program", lambda: WAITS)
    window.tabs.setCurrentWidget(window.train)
    window.train.form["recipe"].value = "unet"
    qtbot.mouseClick(child(window, "train_start", QPushButton), LEFT)
    qtbot.waitUntil(lambda: "3 of 4" in window.train.job.words.text(), timeout=30_000)
    job = window.workers.training
    assert job is not None
    yield window
    if processes.is_alive(job.pid):
        processes.end_group(job.pid, force=True)
        qtbot.waitUntil(lambda: not processes.is_alive(job.pid), timeout=10_000)


def close(window: NerveReview, text: str, told: list[str] | None = None) -> list[str]:
    """Ask the main window to close, and press ``text`` in the question that comes.

    napari's own closing, which the fixture does later, is left out.

    Returns
    -------
    list of str
        What the question offers, and at the end "closes" if the window would close;
        what it says is added to ``told``.
    """
    offered: list[str] = []

    def click() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        if told is not None:
            told.extend((box.text(), box.informativeText()))
        offered.extend(one.text() for one in box.buttons())
        next(one for one in box.buttons() if one.text() == text).click()

    QTimer.singleShot(0, click)
    assert window.closing is not None
    if not window.closing.eventFilter(window.window(), QCloseEvent()):
        offered.append("closes")
    return offered


def test_to_stay_keeps_window_and_training(training: NerveReview) -> None:
    offered = close(training, "Stay")
    assert sorted(offered) == ["Leave it running", "Stay", "Stop it"]
    assert training.window().isVisible()
    job = training.workers.training
    assert job is not None
    assert job.running


def test_of_a_paused_training_it_is_said_that_it_stays_so(
    training: NerveReview, qtbot: QtBot
) -> None:
    qtbot.mouseClick(child(training, "train_pause", QPushButton), LEFT)
    status = child(training, "status_line", QLabel)
    qtbot.waitUntil(lambda: "is paused; press Go on" in status.text(), timeout=6_000)
    told: list[str] = []
    offered = close(training, "Stay", told)
    assert sorted(offered) == ["Leave it paused", "Stay", "Stop it"]
    assert told[0].startswith("A training is paused.")
    assert told[1].startswith("It stays paused")
    assert "Go on" in told[1]


def test_what_is_left_running_is_found_by_the_next_window(
    training: NerveReview,
    qtbot: QtBot,
    toy_folder: Path,
    tmp_path: Path,
) -> None:
    job = training.workers.training
    assert job is not None
    pid = job.pid
    assert close(training, "Leave it running")[-1] == "closes"
    training.close_review()
    assert processes.is_alive(pid)
    assert running_trainings(tmp_path / "project" / "runs") == [job.out]

    second = add_dock(training.context.viewer)
    assert second.open(toy_folder, tmp_path / "project")
    assert second.tabs.made("Train")  # nobody has to look for it
    settle_until(second, qtbot)
    again = second.workers.training
    assert again is not None
    assert again.out == job.out
    assert not second.train.start.isEnabled()
    second.train.job.cancel.click()
    qtbot.waitUntil(lambda: not second.train.watch.running, timeout=10_000)
    assert not processes.is_alive(pid)
    assert second.train.start.isEnabled()
    second.close_review()


def test_to_stop_ends_it(training: NerveReview, qtbot: QtBot) -> None:
    job = training.workers.training
    assert job is not None
    pid = job.pid
    assert close(training, "Stop it")[-1] == "closes"
    training.close_review()
    qtbot.waitUntil(lambda: not processes.is_alive(pid), timeout=10_000)


@signals
def test_a_killed_worker_leaves_the_window_alive(
    training: NerveReview, qtbot: QtBot
) -> None:
    job = training.workers.training
    assert job is not None
    os.kill(job.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not training.train.watch.running, timeout=10_000)
    failure = training.train.watch.failure
    assert failure.text().startswith("The worker was killed (SIGKILL)")
    assert failure.isVisible()
    assert training.train.start.isEnabled()
    training.train.go_to("runs")
    model = training.train.runs.model
    assert [model.index(0, 1).data(), model.rowCount()] == ["broken off", 1]
    settle(training)


def settle_until(dock: NerveReview, qtbot: QtBot) -> None:
    """Let the new window read what the training has said so far."""
    qtbot.waitUntil(lambda: "3 of 4" in dock.train.job.words.text(), timeout=20_000)
