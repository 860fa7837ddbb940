"""A training outlives its window, is found again by its folder, and ends once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytestqt.qtbot import QtBot

from napari_nerveseg.jobs import processes
from napari_nerveseg.jobs.training_job import TrainingJob, running_trainings
from tests.gui.fake_workers import signals, worker

#: Trains "epochs" until it finds the file ``stop``, as `training.learn` does.
_TRAINER = """
command = json.loads(sys.stdin.readline())
out = command["out"]
def log(**event):
    with open(os.path.join(out, "events.jsonl"), "a") as file:
        file.write(json.dumps(event) + "\\n")
log(event="progress", stage="Training", done=0, total=2)
log(event="epoch", epoch=1, epochs=2, val_dice=0.5, niceness=os.nice(0))
"""
FINISHING = worker(_TRAINER + "log(event='result', value={'best_dice': 0.5})")
WAITING = worker(
    _TRAINER
    + """
while not os.path.exists(os.path.join(out, "stop")):
    time.sleep(0.02)
open(os.path.join(out, "best.safetensors"), "w").close()
log(event="result", value={"stopped": "asked"})
"""
)
DEAF = worker(
    _TRAINER
    + """
import subprocess
signal.signal(signal.SIGTERM, signal.SIG_IGN)
deaf = "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); time.sleep(60)"
child = subprocess.Popen([sys.executable, "-c", deaf])
log(event="message", level="info", text=str(child.pid))
time.sleep(60)
"""
)


class Watched:
    """A training and everything that it told."""

    def __init__(self, out: Path) -> None:
        self.job = TrainingJob(out)
        self.events: list[dict[str, Any]] = []
        self.epochs: list[dict[str, Any]] = []
        self.endings: list[tuple[str, Any]] = []
        self.job.event.connect(self.events.append)
        self.job.epoch.connect(self.epochs.append)
        self.job.finished.connect(
            lambda value: self.endings.append(("finished", value))
        )
        self.job.failed.connect(lambda text: self.endings.append(("failed", text)))
        self.job.cancelled.connect(lambda: self.endings.append(("cancelled", None)))

    def end(self, qtbot: QtBot) -> tuple[str, Any]:
        """Wait for the end, and long enough after it for a second one to show."""
        qtbot.waitUntil(lambda: bool(self.endings), timeout=10_000)
        qtbot.wait(250)
        assert len(self.endings) == 1
        return self.endings[0]


Watch = Callable[..., Watched]


@pytest.fixture
def watch(qapp: object, tmp_path: Path) -> Iterator[Watch]:
    """Start trainings, and see to it that none outlives the test."""
    started: list[Watched] = []

    def start(program: Sequence[str] | None = None) -> Watched:
        watched = Watched(tmp_path / "runs" / "one")
        started.append(watched)
        if program is None:
            watched.job.attach()
        else:
            watched.job.start({"command": "train"}, program)
        return watched

    yield start
    for each in started:
        each.job.detach()
        if each.job.running:
            processes.end_group(each.job.pid, force=True)


def _until_epoch(qtbot: QtBot, watched: Watched) -> None:
    qtbot.waitUntil(lambda: bool(watched.epochs), timeout=10_000)


def _gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_a_training_tells_its_history_and_result(
    qtbot: QtBot, watch: Watch, tmp_path: Path
) -> None:
    watched = watch(FINISHING)
    assert watched.end(qtbot) == ("finished", {"best_dice": 0.5})
    assert [event["event"] for event in watched.events] == [
        "progress",
        "epoch",
        "result",
    ]
    assert not (tmp_path / "runs" / "one" / "pid").exists()


@signals
def test_a_training_gives_way_to_the_window(qtbot: QtBot, watch: Watch) -> None:
    watched = watch(FINISHING)
    _until_epoch(qtbot, watched)
    assert watched.epochs[0]["niceness"] == min(19, os.nice(0) + 10)


def test_cancel_asks_and_keeps_the_best(qtbot: QtBot, watch: Watch) -> None:
    watched = watch(WAITING)
    _until_epoch(qtbot, watched)
    assert watched.job.best_checkpoint is None
    watched.job.cancel()
    assert watched.end(qtbot) == ("cancelled", None)
    assert watched.job.best_checkpoint == watched.job.out / "best.safetensors"
    assert not (watched.job.out / "stop").exists()


@signals
def test_a_deaf_training_is_gone_within_three_seconds_with_its_children(
    qtbot: QtBot, watch: Watch
) -> None:
    watched = watch(DEAF)
    qtbot.waitUntil(lambda: len(watched.events) == 3, timeout=10_000)
    child, asked = int(watched.events[2]["text"]), time.monotonic()
    watched.job.cancel()
    qtbot.waitUntil(lambda: bool(watched.endings), timeout=10_000)
    assert time.monotonic() - asked < 6.0  # a busy machine; alone it takes 2 s
    assert watched.end(qtbot) == ("cancelled", None)
    qtbot.waitUntil(lambda: _gone(child), timeout=2000)


def test_it_outlives_its_window_and_is_found_again(
    qtbot: QtBot, watch: Watch, tmp_path: Path
) -> None:
    first = watch(WAITING)
    _until_epoch(qtbot, first)
    first.job.detach()
    assert running_trainings(tmp_path / "runs") == [first.job.out]
    second = watch()
    assert second.job.running
    _until_epoch(qtbot, second)
    assert [event["event"] for event in second.events] == ["progress", "epoch"]
    second.job.cancel()
    assert second.end(qtbot) == ("cancelled", None)
    assert first.endings == []
    assert running_trainings(tmp_path / "runs") == []


def test_a_training_that_ended_meanwhile_tells_its_result(
    qtbot: QtBot, watch: Watch
) -> None:
    assert watch(FINISHING).end(qtbot)[0] == "finished"
    second = watch()
    assert second.end(qtbot) == ("finished", {"best_dice": 0.5})
    assert len(second.epochs) == 1


@signals
def test_kill_nine_is_said_in_words(qtbot: QtBot, watch: Watch) -> None:
    watched = watch(WAITING)
    _until_epoch(qtbot, watched)
    os.kill(watched.job.pid, signal.SIGKILL)
    kind, text = watched.end(qtbot)
    assert kind == "failed"
    assert text.startswith("The worker was killed (SIGKILL)")


def test_a_training_that_vanished_is_named_by_its_folder(
    qtbot: QtBot, watch: Watch, tmp_path: Path
) -> None:
    out = tmp_path / "runs" / "one"
    out.mkdir(parents=True)
    (out / "events.jsonl").write_text(json.dumps({"event": "epoch", "epoch": 1}) + "\n")
    (out / "pid").write_text("999999999\n")
    kind, text = watch().end(qtbot)
    assert kind == "failed"
    assert text.startswith(f"The training in {out} has ended without saying why")
    assert not (out / "pid").exists()


def test_another_process_with_the_same_id_is_not_ours(tmp_path: Path) -> None:
    out = tmp_path / "one"
    out.mkdir()
    (out / "pid").write_text(f"{os.getpid()}\n")
    assert running_trainings(tmp_path) == [out]
    os.utime(out / "pid", (0, 0))
    assert running_trainings(tmp_path) == []


def test_what_was_wrong_before_the_first_step_is_said_and_leaves_nothing(
    qtbot: QtBot, watch: Watch, tmp_path: Path
) -> None:
    body = (
        "say(event='error', kind='input', text='No frames.', detail=None)\nsys.exit(2)"
    )
    assert watch(worker(body)).end(qtbot) == ("failed", "No frames.")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_program_that_is_not_there_is_named(qtbot: QtBot, watch: Watch) -> None:
    kind, text = watch(["/nowhere/python"]).end(qtbot)
    assert kind == "failed"
    assert "see that /nowhere/python is there" in text


def test_a_folder_that_cannot_be_made_is_named(
    qtbot: QtBot, watch: Watch, tmp_path: Path
) -> None:
    (tmp_path / "runs").write_text("a file where the folder of runs should be")
    kind, text = watch(FINISHING).end(qtbot)
    assert kind == "failed"
    assert text.startswith(f"The run folder {tmp_path / 'runs' / 'one'} cannot be made")


def test_dropping_the_job_leaves_no_warning(qtbot: QtBot, watch: Watch) -> None:
    watched = watch(WAITING)
    _until_epoch(qtbot, watched)
    pid = watched.job.pid
    watched.job.deleteLater()
    del watched.job
    qtbot.wait(50)
    assert processes.is_alive(pid)
    watched.job = watch().job
    watched.job.cancel()
    qtbot.waitUntil(lambda: not processes.is_alive(pid), timeout=10_000)


#: Starts a process that goes on, and ends.
_LEAVES = """
import sys
from pathlib import Path
from napari_nerveseg.jobs import processes
waits = [sys.executable, "-c", "import time; time.sleep(60)"]
with open("output", "wb") as out:
    print(processes.start_detached(waits, b"", Path.cwd(), out, out))
"""


def test_whoever_leaves_a_process_running_ends_without_a_warning(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-W", "default", "-c", _LEAVES],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    pid = int(done.stdout)
    try:
        assert processes.is_alive(pid)
        assert done.stderr == ""
    finally:
        processes.end_group(pid, force=True)


@signals
def test_how_a_resumed_run_ended_before_is_not_how_it_ends_now(
    qtbot: QtBot, watch: Watch, tmp_path: Path
) -> None:
    out = tmp_path / "runs" / "one"
    out.mkdir(parents=True)
    (out / "config.json").write_text("{}")
    old = [
        {"event": "epoch", "epoch": 1},
        {"event": "error", "kind": "input", "text": "An earlier end."},
    ]
    (out / "events.jsonl").write_text("".join(json.dumps(e) + "\n" for e in old))
    watched = watch(worker("time.sleep(0.4)\nos.kill(os.getpid(), signal.SIGKILL)"))
    kind, text = watched.end(qtbot)
    assert (kind, len(watched.epochs)) == ("failed", 1)
    assert text.startswith("The worker was killed (SIGKILL)")


def test_all_folds_in_work_wait_and_the_ensemble_is_what_is_kept(
    qtbot: QtBot, watch: Watch
) -> None:
    watched = watch(WAITING)
    _until_epoch(qtbot, watched)
    fold = watched.job.out / "fold-1"
    fold.mkdir()
    (fold / "pid").write_text("1\n")
    watched.job.pause(True)
    assert watched.job.paused
    assert (fold / "pause").exists()
    watched.job.pause(False)
    assert not watched.job.paused
    assert not (fold / "pause").exists()
    (watched.job.out / "ensemble.json").write_text("{}")
    assert watched.job.best_checkpoint == watched.job.out
    watched.job.cancel()
    assert watched.end(qtbot) == ("cancelled", None)
