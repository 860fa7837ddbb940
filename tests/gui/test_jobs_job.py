"""A job ends exactly once, in words, whatever becomes of its process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from napari_nerveseg.jobs.job import Job
from tests.gui.fake_workers import (
    GOOD,
    LINGERING,
    POLITE,
    STUBBORN,
    signals,
    worker,
)

Ending = tuple[str, Any]


class Watched:
    """A job and everything that it told."""

    def __init__(self, program: Sequence[str]) -> None:
        self.job = Job({"command": "count"}, program=program)
        self.events: list[dict[str, Any]] = []
        self.progress: list[dict[str, Any]] = []
        self.endings: list[Ending] = []
        self.job.event.connect(self.events.append)
        self.job.progress.connect(self.progress.append)
        self.job.finished.connect(
            lambda value: self.endings.append(("finished", value))
        )
        self.job.failed.connect(lambda text: self.endings.append(("failed", text)))
        self.job.cancelled.connect(lambda: self.endings.append(("cancelled", None)))
        self.job.start()


Watch = Callable[[Sequence[str]], Watched]


@pytest.fixture
def watch(qapp: object) -> Iterator[Watch]:
    """Start jobs, and see to it that none outlives the test."""
    started: list[Watched] = []

    def start(program: Sequence[str]) -> Watched:
        started.append(Watched(program))
        return started[-1]

    yield start
    for each in started:
        each.job.close()


def _ending(qtbot: QtBot, watched: Watched, seconds: float = 10) -> Ending:
    """Wait for the end, and long enough after it for a second one to show."""
    qtbot.waitUntil(lambda: bool(watched.endings), timeout=int(seconds * 1000))
    qtbot.wait(50)
    assert len(watched.endings) == 1
    assert not watched.job.running
    return watched.endings[0]


def test_events_come_whole_and_in_order(qtbot: QtBot, watch: Watch) -> None:
    watched = watch(GOOD)
    assert _ending(qtbot, watched) == ("finished", {"n": 2})
    assert [event["event"] for event in watched.events] == [
        "message",
        "progress",
        "result",
    ]
    assert watched.events[0]["text"] == "count"
    assert watched.progress == [
        {"event": "progress", "stage": "Counting", "done": 1, "total": 2}
    ]


def test_a_polite_worker_is_cancelled_by_asking(qtbot: QtBot, watch: Watch) -> None:
    watched = watch(POLITE)
    qtbot.waitUntil(lambda: bool(watched.progress), timeout=10_000)
    watched.job.cancel()
    assert _ending(qtbot, watched, 1.1) == ("cancelled", None)


@signals
def test_a_stubborn_worker_is_gone_within_three_seconds(
    qtbot: QtBot, watch: Watch
) -> None:
    watched = watch(STUBBORN)
    qtbot.waitUntil(lambda: bool(watched.progress), timeout=10_000)
    pid = watched.job.pid
    asked = time.monotonic()
    watched.job.cancel()
    assert _ending(qtbot, watched) == ("cancelled", None)
    assert time.monotonic() - asked < 6.0  # a busy machine; alone it takes 2 s
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@signals
def test_kill_nine_is_said_once_with_a_hint_at_memory(
    qtbot: QtBot, watch: Watch
) -> None:
    watched = watch(POLITE)
    qtbot.waitUntil(lambda: bool(watched.progress), timeout=10_000)
    os.kill(watched.job.pid, signal.SIGKILL)
    kind, text = _ending(qtbot, watched)
    assert kind == "failed"
    assert text == (
        "The worker was killed (SIGKILL); if nobody did so, the machine ran out of"
        " memory: close other programs, or choose a smaller batch or frame size, and"
        " try again."
    )


@signals
def test_a_crash_is_named_by_its_signal(qtbot: QtBot, watch: Watch) -> None:
    watched = watch(worker("os.kill(os.getpid(), signal.SIGSEGV)"))
    kind, text = _ending(qtbot, watched)
    assert kind == "failed"
    assert text.startswith("The worker crashed (SIGSEGV)")


def test_an_exception_is_said_by_its_last_line(qtbot: QtBot, watch: Watch) -> None:
    watched = watch(worker("raise RuntimeError('no such luck')"))
    kind, text = _ending(qtbot, watched)
    assert kind == "failed"
    assert "(exit status 1), saying: RuntimeError: no such luck;" in text
    assert "Traceback" in watched.job.log


def test_memory_that_ran_out_is_recognised(qtbot: QtBot, watch: Watch) -> None:
    watched = watch(worker("raise MemoryError"))
    kind, text = _ending(qtbot, watched)
    assert (kind, text.split(";")[0]) == ("failed", "The worker ran out of memory")


def test_a_workers_own_words_win(qtbot: QtBot, watch: Watch) -> None:
    body = (
        "say(event='error', kind='input', text='No frame.', detail=None)\nsys.exit(2)"
    )
    assert _ending(qtbot, watch(worker(body))) == ("failed", "No frame.")


def test_a_worker_that_says_nothing_has_failed(qtbot: QtBot, watch: Watch) -> None:
    kind, text = _ending(qtbot, watch(worker("sys.exit(0)")))
    assert kind == "failed"
    assert text.startswith("The worker ended without an answer (exit status 0)")


@signals
def test_a_crash_after_the_result_takes_nothing_back(
    qtbot: QtBot, watch: Watch
) -> None:
    body = "say(event='result', value=1)\nos.kill(os.getpid(), signal.SIGABRT)"
    assert _ending(qtbot, watch(worker(body))) == ("finished", 1)


def test_a_worker_that_does_not_end_after_its_result_is_ended(
    qtbot: QtBot, watch: Watch
) -> None:
    assert _ending(qtbot, watch(LINGERING)) == ("finished", 7)


def test_a_program_that_is_not_there_is_named(qtbot: QtBot, watch: Watch) -> None:
    kind, text = _ending(qtbot, watch(["/nowhere/python"]))
    assert kind == "failed"
    assert "/nowhere/python is there and may be run" in text


def test_closing_the_window_kills_at_once(qtbot: QtBot, watch: Watch) -> None:
    watched = watch(STUBBORN)
    qtbot.waitUntil(lambda: bool(watched.progress), timeout=10_000)
    watched.job.close()
    assert _ending(qtbot, watched, 1) == ("cancelled", None)
