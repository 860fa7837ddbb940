"""What prediction costs above the bare network, as ratios within one run.

    python -m tests.benchmarks.bench_predict [--device cpu] [--frames 50]

The bare forward is the network alone, by the same back end, on frames that are
already resized, stacked and on the device. One click is a frame in memory to its
probability map and mask: in this process, and through the worker with its two files.
Batch is files in to masks out once the network is loaded, with decoding, PNG and
table, against the bare forward of as many
frames. Weights are random: they cost the same as trained ones.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.toys import smooth_frame, write_kaggle
from training.networks import (
    CheckpointMeta,
    build_network,
    load_checkpoint,
    save_checkpoint,
    stack_frames,
)
from training.networks.backend import make_infer
from training.predict import Predictor, PredictSettings, predict_folder

SHAPE = (420, 580)

#: The best of so many is the time on an idle machine, if it was idle once.
REPEATS, ROUNDS = 30, 3

#: Seconds for the threads of the work before to stop spinning on the processor.
PAUSE = 0.02


class Row(NamedTuple):
    """A network, its arguments, and its input's height and width."""

    network: str
    args: dict[str, Any]
    size: tuple[int, int]


ROWS: Mapping[str, Row] = {
    "lite (the default recipe)": Row("lite", {"widths": [16, 32, 64, 96]}, (128, 176)),
    "lite 448x576": Row("lite", {"widths": [16, 32, 64, 96]}, (448, 576)),
    "FlexibleUNet B0 448x576": Row(
        "flexible", {"widths": [256, 128, 64, 32, 16]}, (448, 576)
    ),
    "unet": Row(
        "unet", {"widths": [16, 32, 64, 128, 192], "stem_stride": 2}, (192, 256)
    ),
    "seed 256x256": Row(
        "unet",
        {"widths": [8, 16, 32, 64, 128], "norm": "batch", "presence": False},
        (256, 256),
    ),
}


def main() -> None:
    """Print one Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps")
    parser.add_argument("--frames", type=int, default=50, help="in the batch")
    given = parser.parse_args()
    print(
        f"{SHAPE[1]} wide x {SHAPE[0]} high frames on {given.device}, "
        f"best of {REPEATS} (batch: of {ROUNDS}), milliseconds a frame\n"
    )
    print(
        "| network | back end | bare forward | one click adds "
        "| through the worker adds | batch adds | bare / batch |\n"
        "|---|---|---|---|---|---|---|"
    )
    backends = ("torch", "openvino") if given.device == "cpu" else ("torch",)
    for (name, row), backend in product(ROWS.items(), backends):
        with tempfile.TemporaryDirectory() as folder:
            cells = measure(Path(folder), row, given.device, backend, given.frames)
        print(f"| {name} | {backend} | " + " | ".join(cells) + " |", flush=True)


def measure(folder: Path, row: Row, device: str, backend: str, n: int) -> list[str]:
    """Return the cells of one network's row."""
    checkpoint = folder / "net.safetensors"
    meta = CheckpointMeta(row.network, row.args, row.size)
    save_checkpoint(checkpoint, build_network(row.network, row.args), meta)
    frame = smooth_frame(0, SHAPE)
    settings = PredictSettings(backend=backend)
    predictor = Predictor(checkpoint, device, settings)
    forward = bare_forward(predictor, backend)
    with Served(folder, checkpoint, frame, device, backend) as served:
        bare, click, worker = best(
            forward, lambda: predictor.probability(frame), served.ask
        )
    batch_bare, batch = batch_times(folder, predictor, settings, n)
    return [
        f"{bare:.1f}",
        f"{click - bare:.1f}",
        f"{worker - bare:.1f}",
        f"{batch - batch_bare:.1f}",
        f"{batch_bare / batch:.2f}",
    ]


def bare_forward(
    predictor: Predictor, backend: str, batch: int = 1
) -> Callable[[], object]:
    """Return what runs the network alone, and waits for it."""
    network, meta = load_checkpoint(predictor.checkpoint)
    run = make_infer(network, meta.input_size, predictor.device, backend)
    frame = smooth_frame(0, SHAPE)
    frames = stack_frames([frame] * batch, meta.input_size).to(predictor.device)
    # Reading one number back waits for the device.
    return lambda: run(frames)[1].sum().item()


def best(*works: Callable[[], object]) -> list[float]:
    """Time the works in turn, so that a slow moment of the machine hits all alike."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(REPEATS):
        for work, taken in zip(works, times, strict=True):
            time.sleep(PAUSE)
            started = time.perf_counter()
            work()
            taken.append(1e3 * (time.perf_counter() - started))
    return [min(taken) for taken in times]


def batch_times(
    folder: Path, predictor: Predictor, settings: PredictSettings, n: int
) -> tuple[float, float]:
    """Return milliseconds a frame of the bare forward and from files to masks."""
    frames = {f"1_{k}": (smooth_frame(k % 10, SHAPE), None) for k in range(n)}
    data = write_kaggle(folder / "data", frames)
    forward = bare_forward(predictor, settings.backend, predictor.batch)
    bare, whole = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(0, n, predictor.batch):
            forward()
        bare.append(time.perf_counter() - started)
        whole.append(folder_seconds(predictor, data, folder / "out", settings))
    return 1e3 * min(bare) / n, 1e3 * min(whole) / n


def folder_seconds(
    predictor: Predictor, data: Path, out: Path, settings: PredictSettings
) -> float:
    """Return how long files in to masks out takes once the network is loaded."""
    loaded: list[float] = []

    def note(event: dict[str, Any]) -> None:
        if not loaded and event["event"] == "progress":
            loaded.append(time.perf_counter())

    device = predictor.device.type
    predict_folder(
        predictor.checkpoint,
        data,
        out,
        device=device,
        settings=settings,
        on_event=note,
    )
    return time.perf_counter() - loaded[0]


class Served:
    """A worker that serves predictions, asked as the window asks it."""

    def __init__(
        self,
        folder: Path,
        checkpoint: Path,
        frame: np.ndarray,
        device: str,
        backend: str,
    ) -> None:
        self._frame = frame
        self._image, self._out = folder / "frame.npy", folder / "map.npy"
        self._load = {
            "checkpoint": str(checkpoint),
            "device": device,
            "backend": backend,
        }

    def __enter__(self) -> Served:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "training.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._send({"command": "serve"})
        self._send({"command": "load", **self._load})
        self._answer()
        return self

    def __exit__(self, *_: object) -> None:
        self._send({"command": "stop"})
        with self._process:
            self._process.wait()

    def ask(self) -> np.ndarray:
        """Give the frame, wait for the map, and read it."""
        np.save(self._image, self._frame)
        paths = {"image": str(self._image), "out": str(self._out)}
        self._send({"command": "predict", **paths})
        self._answer()
        return np.load(self._out)

    def _send(self, command: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        self._process.stdin.flush()

    def _answer(self) -> None:
        assert self._process.stdout is not None
        event = json.loads(self._process.stdout.readline())
        assert event["event"] != "error", event["text"]


if __name__ == "__main__":
    main()
