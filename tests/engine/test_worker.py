"""The worker, in a thread or as a real child process: commands in, events out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.engine.predicting import tiny_checkpoint, write_folder
from tests.toys import disc, smooth_frame, write_kaggle
from training.predict import Predictor, open_predictions
from training.worker.channel import Channel
from training.worker.run import run
from training.worker.serve import serve

SECONDS = 120


class Worker:
    """A worker in a thread, and its two pipes; what it sent so far is in ``events``."""

    def __init__(self) -> None:
        source, commands = os.pipe()
        events, sink = os.pipe()
        self.stdin, self.stdout = os.fdopen(commands, "wb"), os.fdopen(events, "rb")
        self.events: list[dict[str, Any]] = []
        self.code: int | None = None
        self._work = threading.Thread(target=self._run, args=(source, sink))
        self._work.start()

    def _run(self, source: int, sink: int) -> None:
        with os.fdopen(sink, "wb") as file:
            channel = Channel(source, file)
            self.code = run(channel)
        channel.closed.wait(SECONDS)  # nobody reads the source any more
        os.close(source)

    def send(self, command: dict[str, Any] | str) -> None:
        line = command if isinstance(command, str) else json.dumps(command, default=str)
        self.stdin.write(line.encode() + b"\n")
        self.stdin.flush()

    def next(self, *kinds: str) -> dict[str, Any]:
        """Wait for the next event of one of these kinds."""
        for line in self.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] in kinds:
                return self.events[-1]
        raise AssertionError(f"ended without {kinds}")

    def end(self) -> dict[str, Any]:
        """Wait for the last event, and for nothing after it."""
        last = self.next("result", "error")
        assert self.stdout.read() == b""
        self.close()
        return last

    def close(self) -> None:
        """Leave it alone, and wait until it has ended."""
        self.stdin.close()
        self._work.join(SECONDS)
        self.stdout.close()


class Process(Worker):
    """A worker in a process, as the window starts it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "training.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.events = []

    def close(self) -> None:
        """Wait until it has ended."""
        self.code = self.process.wait(SECONDS)


@pytest.fixture
def worker() -> Iterator[Worker]:
    started = Worker()
    yield started
    started.close()


@pytest.fixture
def process() -> Iterator[Process]:
    started = Process()
    yield started
    with started.process:  # waits, and closes the pipes
        started.process.kill()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "data")


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint(tmp_path_factory.mktemp("run") / "best.safetensors")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('{"command": "dance"}', "the worker knows no command 'dance': it knows scan,"),
        ("scan data", "the worker takes one command as JSON a line, not 'scan data'"),
        ('{"data": "x"}', 'a command for the worker is {"command": its name, …}'),
        ('{"command": "scan"}', "command scan: data is missing"),
        (
            '{"command": "scan", "data": "x", "fast": 1}',
            "command scan: there is no setting 'fast'",
        ),
        ('{"command": "scan", "data": "/no/folder"}', "/no/folder does not exist"),
        ('{"command": "scan", "data": 5}', "command scan: data has to be text, not 5"),
        (
            '{"command": "train", "data": "x", "out": "y", "config": [1]}',
            "command train: config has to be an object, not [1]",
        ),
        (
            '{"command": "duplicates", "data": "x", "threshold": true}',
            "command duplicates: threshold has to be a number, not True",
        ),
        (
            '{"command": "scan", "data": "x", "reading": 1}',
            "command scan: reading has to be an object or null, not 1",
        ),
        (
            '{"command": "scan", "data": "x", "reading": {"nerve_label": "1"}}',
            "How the data are read: nerve_label has to be a whole number, not '1'",
        ),
    ],
)
def test_wrong_input_is_said_in_one_sentence(worker, line, text) -> None:
    worker.send(line)
    last = worker.end()
    assert (last["event"], last["kind"]) == ("error", "input")
    assert text in last["text"]
    assert last["detail"] is None
    assert worker.code == 2


def test_stop_or_end_of_input_before_any_command(process: Process) -> None:
    process.send({"command": "stop"})
    assert process.end()["kind"] == "cancelled"
    assert process.code == 130


def test_end_of_input_before_any_command(process: Process) -> None:
    process.stdin.close()
    assert process.end()["kind"] == "cancelled"


def test_scan(process: Process, data: Path, tmp_path: Path) -> None:
    process.send({"command": "scan", "data": data, "project": tmp_path / "project"})
    value = process.end()["value"]
    assert (value["n_frames"], value["n_nerve"], value["n_empty"]) == (3, 2, 1)
    assert "progress" in {event["event"] for event in process.events}
    assert process.code == 0


def test_scan_with_masks_from_a_csv(worker: Worker, tmp_path: Path) -> None:
    data = write_kaggle(tmp_path / "data", {"1_1": (smooth_frame(1), None)})
    table = tmp_path / "masks.csv"
    table.write_text("subject,img,pixels\n1,1,5 3\n")
    project = tmp_path / "project"
    worker.send(
        {
            "command": "scan",
            "data": data,
            "project": project,
            "reading": {"masks_csv": str(table)},
        }
    )
    value = worker.end()["value"]
    assert (value["n_nerve"], value["area"]["max"]) == (1, 3)
    assert value["warnings"] == [one["text"] for one in value["problems"]]


def test_duplicates(worker: Worker, tmp_path: Path) -> None:
    frame, nerve = smooth_frame(1), disc((64, 80), (30, 40), 9)
    frames = {"1_1": (frame, nerve), "1_2": (frame, nerve & False)}
    frames["1_3"] = (smooth_frame(2), nerve)
    data, project = write_kaggle(tmp_path / "data", frames), tmp_path / "project"
    settings = {"window": "gaussian", "roi": "2,60,0,70", "device": "cpu"}
    worker.send({"command": "duplicates", "data": data, "project": project} | settings)
    value = worker.end()["value"]
    assert [(pair["a"], pair["b"]) for pair in value["pairs"]] == [("1_1", "1_2")]
    assert value["pairs"][0]["conflict"] == "empty-versus-nerve"
    assert (value["window"], value["roi"]) == ("gaussian", [2, 60, 0, 70])
    assert Path(value["path"]).is_file()


def test_predict(worker: Worker, checkpoint: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (data / "1_2.tif").write_bytes(b"")
    worker.send(
        {
            "command": "predict",
            "checkpoint": checkpoint,
            "input": data,
            "out": out,
            "probabilities": True,
            "device": "cpu",
        }
    )
    value = worker.end()["value"]
    assert value["out"] == str(out)
    told = [e["text"] for e in worker.events if e["event"] == "message"]
    assert told == value["warnings"]
    assert open_predictions(out).probability("1_1") is not None


def test_export(worker: Worker, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    worker.send(
        {
            "command": "export",
            "data": data,
            "out": out,
            "project": tmp_path / "project",
            "format": "png",
        }
    )
    assert worker.end()["event"] == "result"
    assert (out / "1_1_mask.png").is_file()


@pytest.mark.parametrize("how", ["stop", "end of input"])
def test_work_stops_when_asked_or_left_alone(
    how: str, worker: Worker, checkpoint: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    frames = {f"1_{n}": (smooth_frame(0, (400, 500)), None) for n in range(150)}
    out = tmp_path / "out"
    write_kaggle(data, frames)
    command = {"command": "predict", "checkpoint": checkpoint, "input": data}
    worker.send({**command, "out": out, "device": "cpu"})
    worker.next("progress")
    asked = time.monotonic()
    if how == "stop":
        worker.send({"command": "stop"})
    else:
        worker.stdin.close()
    last = worker.end()
    assert time.monotonic() - asked < 5  # a busy machine; alone it takes 0.1 s
    assert (last["kind"], last["text"]) == (
        "cancelled",
        "The work was stopped as asked.",
    )
    assert worker.code == 130
    kept = [event["text"] for event in worker.events if event["event"] == "message"]
    assert kept[-1].endswith("keeps what is done: give --resume as well to go on.")
    assert len(list(out.glob("*_mask.png"))) < 150


def train_command(tmp_path: Path, epochs: int) -> dict[str, Any]:
    """Two subjects of three small frames, and the smallest network."""
    nerve = disc((48, 64), (20, 30), 8)
    frames = {
        f"{subject}_{n}": (smooth_frame(10 * subject + n, (48, 64)), nerve & (n > 1))
        for subject in (1, 2)
        for n in (1, 2, 3)
    }
    config = {"recipe": "unet", "size": [32, 32], "widths": [4, 8], "batch": 2}
    config["device"] = "cpu"
    return {
        "command": "train",
        "data": write_kaggle(tmp_path / "data", frames),
        "project": tmp_path / "project",
        "out": tmp_path / "run",
        "config": {**config, "epochs": epochs, "val_subjects": "2", "patience": 0},
    }


def test_training_outlives_its_window(process: Process, tmp_path: Path) -> None:
    process.send(train_command(tmp_path, epochs=2))
    process.stdin.close()
    assert process.end()["event"] == "result", process.events[-1]
    epochs = [event for event in process.events if event["event"] == "epoch"]
    assert [event["epoch"] for event in epochs] == [1, 2]
    assert (tmp_path / "run" / "best.safetensors").is_file()
    assert "epoch" in (tmp_path / "run" / "events.jsonl").read_text()


def test_training_stops_when_asked_and_keeps_its_best(worker, tmp_path) -> None:
    worker.send(train_command(tmp_path, epochs=5000))
    worker.next("epoch")
    worker.send({"command": "stop"})
    assert worker.end()["event"] == "result", worker.events[-1]
    assert (tmp_path / "run" / "best.safetensors").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows only kills")
def test_a_training_that_is_terminated_says_so_last(process, tmp_path) -> None:
    process.send(train_command(tmp_path, epochs=5000))
    process.next("epoch")
    process.process.send_signal(signal.SIGTERM)
    assert process.end()["kind"] == "cancelled"
    assert process.code == 130
    lines = (tmp_path / "run" / "events.jsonl").read_text().splitlines()
    end = {"event": "error", "kind": "cancelled"}
    assert json.loads(lines[-1]) == {**end, "text": "The work was stopped as asked."}
    assert not (tmp_path / "run" / "pid").exists()


def test_training_setting_that_is_wrong(process: Process, tmp_path: Path) -> None:
    command = train_command(tmp_path, epochs=1)
    command["config"]["epoch"] = 3
    process.send(command)
    assert "'epoch'" in process.end()["text"]
    assert not (tmp_path / "run").exists()


def test_serving_predictions(worker: Worker, checkpoint: Path, tmp_path: Path) -> None:
    predictor = Predictor(checkpoint, "cpu")
    worker.send({"command": "serve"})

    ask = {"command": "predict", "frame": "1_2", "hash": "abc"}
    paths = {"image": tmp_path / "frame.npy", "out": tmp_path / "map.npy"}
    worker.send({**ask, "request": 1, **paths})
    answer = worker.next("error", "prediction")
    assert (answer["kind"], answer["request"], answer["frame"]) == ("input", 1, "1_2")
    assert answer["text"] == "no checkpoint is loaded: choose one first"

    missing = tmp_path / "none.safetensors"
    worker.send({"command": "load", "checkpoint": missing})
    answer = worker.next("error", "loaded")
    assert (answer["kind"], answer["checkpoint"]) == ("input", str(missing))

    load = {"command": "load", "device": "cpu", "backend": "torch"}
    worker.send({**load, "checkpoint": checkpoint})
    loaded = worker.next("error", "loaded")
    assert (loaded["name"], loaded["device"]) == (predictor.name, "cpu")
    assert loaded["meta"]["input_size"] == [32, 40]

    for request, shape in enumerate([(64, 80), (3, 50)]):
        frame = smooth_frame(request, shape)
        np.save(paths["image"], frame)
        worker.send({**ask, "request": request, **paths})
        answer = worker.next("error", "prediction")
        expected = predictor.probability(frame)
        np.testing.assert_array_equal(np.load(paths["out"]), expected.probability)
        assert (answer["request"], answer["hash"]) == (request, "abc")
        assert answer["presence"] == expected.presence
        assert answer["area"] == expected.area
        assert answer["threshold"] == predictor.meta.rule.threshold

    worker.send({"command": "load", "checkpoint": missing})
    assert worker.next("error", "loaded")["checkpoint"] == str(missing)
    worker.send({**ask, "request": 2, **paths})
    assert worker.next("error", "prediction")["event"] == "prediction", "still loaded"

    for line in ("nonsense", '{"command": "dance"}', '{"command": "predict"}'):
        worker.send(line)
        assert worker.next("error")["kind"] == "input"
    paths["image"].write_bytes(b"no array")
    worker.send({**ask, "request": 9, **paths})
    assert "is no readable .npy" in worker.next("error", "prediction")["text"]

    worker.send({"command": "stop"})
    assert worker.end()["value"] == {"n_predicted": 3}
    assert worker.code == 0


def test_serving_keeps_memory_from_one_click_to_the_next(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bool] = []

    @contextmanager
    def kept_memory(device: Any) -> Iterator[None]:
        assert device.type == "cpu"
        kept.append(True)
        yield
        kept.append(False)

    monkeypatch.setattr("training.worker.serve.kept_memory", kept_memory)
    image, out = tmp_path / "frame.npy", tmp_path / "map.npy"
    np.save(image, smooth_frame(0, (64, 80)))
    load = {"command": "load", "checkpoint": str(checkpoint), "device": "cpu"}
    ask = {"command": "predict", "image": str(image), "out": str(out)}
    answers: list[dict[str, Any]] = []
    commands = iter([{**load, "backend": "torch"}, ask, ask, None])
    channel = SimpleNamespace(
        next=lambda: next(commands),
        send=lambda event: answers.append({**event, "kept": kept[:]}),
    )

    assert serve(channel) == {"n_predicted": 2}
    predicted = [a["kept"] for a in answers if a["event"] == "prediction"]
    assert predicted == [[True], [True]]
    assert kept == [True, False]


def test_serving_ends_with_its_window(worker: Worker) -> None:
    worker.send({"command": "serve"})
    worker.stdin.close()
    assert worker.end()["value"] == {"n_predicted": 0}


def test_what_libraries_print_stays_out_of_the_events() -> None:
    program = (
        "import os; from training.worker.channel import Channel;"
        "c = Channel.of_this_process(); print('stray'); os.write(1, b'from C\\n');"
        "os.system('echo from a child'); c.send({'event': 'x', 'value': float('nan')})"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", program],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=True,
    )
    assert done.stdout == b'{"event": "x", "value": null}\n'
    for word in (b"stray", b"from C", b"from a child"):
        assert word in done.stderr
