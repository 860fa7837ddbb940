"""One worker answers picture by picture; answers that came too late are dropped."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from napari_nerveseg._engine import InputError, pixel_digest
from napari_nerveseg.jobs.answer import Answer
from napari_nerveseg.jobs.prediction_server import PredictionServer
from tests.gui.fake_workers import signals, worker
from tests.toys import smooth_frame

#: Predicts "the frame's grey levels"; a frame called ``die`` or ``bad`` does not.
_SERVER = """
import numpy as np
assert json.loads(sys.stdin.readline()) == {"command": "serve"}
loads = 0
for line in sys.stdin:
    c = json.loads(line)
    if c["command"] == "load" and "missing" in c["checkpoint"]:
        name = c["checkpoint"]
        say(event="error", kind="input", text="No checkpoint.", checkpoint=name)
    elif c["command"] == "load":
        loads += 1
        say(event="loaded", checkpoint=c["checkpoint"], name="toy", device="", meta={})
    elif c["command"] == "predict" and c["frame"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif c["command"] == "predict" and c["frame"] == "bad":
        say(event="error", kind="memory", text="No memory.", request=c["request"])
    elif c["command"] == "predict":
        image = np.load(c["image"], mmap_mode="r")
        np.save(c["out"], image)
        np.save(c["mask"], image >= 128)
        say(event="prediction", request=c["request"], frame=c["frame"], hash=c["hash"],
            presence=0.9, area=1, threshold=0.5, presence_threshold=0.0,
            min_area_share=0.0, seconds=0.01, out=c["out"])
"""
SERVER = worker(_SERVER)
FRAME = smooth_frame(1)


class Watched:
    """A server and everything that it told."""

    def __init__(self, program: Sequence[str]) -> None:
        self.server = PredictionServer(program=program)
        self.loaded: list[dict[str, Any]] = []
        self.answers: list[Answer] = []
        self.dropped: list[str] = []
        self.failures: list[str] = []
        self.busy: list[bool] = []
        self.server.loaded.connect(self.loaded.append)
        self.server.answered.connect(self.answers.append)
        self.server.dropped.connect(self.dropped.append)
        self.server.failed.connect(self.failures.append)
        self.server.busy_changed.connect(self.busy.append)

    def settle(self, qtbot: QtBot) -> None:
        """Wait until nothing is waited for."""
        qtbot.waitUntil(lambda: not self.server.busy, timeout=10_000)

    @property
    def left(self) -> list[str]:
        """The temporary files that are there."""
        return [path.name for path in Path(self.server._folder.name).iterdir()]


Watch = Callable[..., Watched]


@pytest.fixture
def watch(qapp: object) -> Iterator[Watch]:
    """Start servers and close them."""
    started: list[Watched] = []

    def start(program: Sequence[str] = SERVER, checkpoint: str = "toy") -> Watched:
        started.append(Watched(program))
        started[-1].server.load(Path(checkpoint))
        return started[-1]

    yield start
    for each in started:
        each.server.close()


def test_an_answer_has_the_maps_mask_by_the_checkpoints_rule(
    qtbot: QtBot, watch: Watch
) -> None:
    watched = watch()
    number = watched.server.predict(FRAME, "1_1")
    watched.settle(qtbot)
    (answer,) = watched.answers
    assert (answer.request, answer.frame, answer.source) == (number, "1_1", "toy")
    np.testing.assert_array_equal(answer.probability, FRAME)
    np.testing.assert_array_equal(answer.mask, FRAME >= 128)
    assert answer.hash == pixel_digest(FRAME)
    assert watched.busy == [True, False]
    assert watched.left == []


def test_the_network_is_loaded_once(qtbot: QtBot, watch: Watch) -> None:
    watched = watch()
    for frame in ("1_1", "1_2", "1_3"):
        watched.server.predict(FRAME, frame)
    watched.settle(qtbot)
    assert [answer.frame for answer in watched.answers] == ["1_1", "1_2", "1_3"]
    assert len(watched.loaded) == 1


def test_any_numeric_image_is_taken(qtbot: QtBot, watch: Watch) -> None:
    watched = watch()
    watched.server.predict(np.repeat(FRAME[..., None], 3, axis=2), "colour")
    watched.server.predict(FRAME.astype(np.float32), "float")
    watched.settle(qtbot)
    assert [answer.probability.shape for answer in watched.answers] == [FRAME.shape] * 2


def test_an_answer_for_what_is_no_longer_shown_is_dropped_with_a_word(
    qtbot: QtBot, watch: Watch
) -> None:
    watched = watch()
    watched.server.predict(FRAME, "same", current=lambda: FRAME)
    watched.server.predict(FRAME, "changed", current=lambda: ~FRAME)
    watched.server.predict(FRAME, "gone", current=lambda: None)
    watched.settle(qtbot)
    assert [answer.frame for answer in watched.answers] == ["same"]
    assert [text.split(":")[0] for text in watched.dropped] == [
        "The prediction of changed was dropped",
        "The prediction of gone was dropped",
    ]
    assert watched.left == []


def test_a_newer_question_about_other_pixels_outdates_the_older(
    qtbot: QtBot, watch: Watch
) -> None:
    watched = watch()
    watched.server.predict(FRAME, "1_1")
    number = watched.server.predict(~FRAME, "1_1")
    watched.settle(qtbot)
    assert [answer.request for answer in watched.answers] == [number]
    assert len(watched.dropped) == 1


def test_a_picture_that_fails_is_said_and_the_next_one_works(
    qtbot: QtBot, watch: Watch
) -> None:
    watched = watch()
    watched.server.predict(FRAME, "bad")
    watched.server.predict(FRAME, "1_1")
    watched.settle(qtbot)
    assert watched.failures == ["No memory."]
    assert len(watched.answers) == 1


@signals
def test_death_is_said_once_and_the_next_question_starts_it_again(
    qtbot: QtBot, watch: Watch
) -> None:
    watched = watch()
    for frame in ("die", "1_1", "1_2"):
        watched.server.predict(FRAME, frame)
    qtbot.waitUntil(lambda: bool(watched.failures), timeout=10_000)
    assert len(watched.failures) == 1
    assert "SIGKILL" in watched.failures[0]
    assert not watched.server.busy
    assert watched.left == []
    watched.server.predict(FRAME, "1_3")
    watched.settle(qtbot)
    assert [answer.frame for answer in watched.answers] == ["1_3"]
    assert len(watched.loaded) == 2


@signals
def test_a_kill_between_two_questions_is_said_too(qtbot: QtBot, watch: Watch) -> None:
    watched = watch()
    watched.settle(qtbot)
    os.kill(watched.server.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: bool(watched.failures), timeout=10_000)
    watched.server.predict(FRAME, "1_1")
    watched.settle(qtbot)
    assert len(watched.answers) == 1


def test_a_checkpoint_that_cannot_be_loaded_is_said_once(
    qtbot: QtBot, watch: Watch
) -> None:
    watched = watch(checkpoint="missing")
    watched.server.predict(FRAME, "1_1")
    watched.settle(qtbot)
    assert watched.failures == ["No checkpoint."]
    with pytest.raises(InputError, match="No checkpoint is chosen"):
        watched.server.predict(FRAME, "1_1")


def test_a_worker_that_cannot_start_gives_its_reason(
    qtbot: QtBot, watch: Watch
) -> None:
    body = "say(event='error', kind='input', text='Another training.')\nsys.exit(2)"
    watched = watch(worker(body))
    qtbot.waitUntil(lambda: bool(watched.failures), timeout=10_000)
    assert watched.failures == ["Another training."]


def test_closing_ends_the_worker_and_says_nothing(qtbot: QtBot, watch: Watch) -> None:
    watched = watch()
    watched.settle(qtbot)
    folder, pid = watched.server._folder.name, watched.server.pid
    watched.server.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not Path(folder).exists()
    assert watched.failures == []
