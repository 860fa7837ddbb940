"""What prediction costs above the bare network, as ratios within one run.

    python -m tests.benchmarks.bench_predict [--device cpu] [--frames 50]

The bare forward is the network alone on frames that are already resized, stacked
and on the device. One click is a frame in memory to its probability map and mask:
in this process, and through the worker with its two files. Batch is files in to
masks out, decoding, PNG and table included, against the bare forward of as many
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
from pathlib import Path
from typing import Any

import numpy as np

from tests.toys import smooth_frame, write_kaggle
from training.networks import (
    CheckpointMeta,
    build_network,
    infer,
    load_checkpoint,
    pick_device,
    save_checkpoint,
    stack_frames,
)
from training.predict import Predictor, predict_folder

SHAPE = (420, 580)

#: The best of so many is the time on an idle machine, if it was idle once.
REPEATS, ROUNDS = 30, 3

#: Seconds for the threads of the work before to stop spinning on the processor.
PAUSE = 0.02

#: Network, its arguments, its input size (height, width).
NETWORKS: Mapping[str, tuple[dict[str, Any], tuple[int, int]]] = {
    "unet (the default recipe)": (
        {"widths": [16, 32, 64, 128, 192], "stem_stride": 2},
        (192, 256),
    ),
    "unet 448x576": (
        {"widths": [16, 32, 64, 128, 192], "stem_stride": 2},
        (448, 576),
    ),
    "seed 256x256": (
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
        "| network | bare forward | one click adds | through the worker adds "
        "| batch | bare / batch |\n|---|---|---|---|---|---|"
    )
    for name, (args, size) in NETWORKS.items():
        with tempfile.TemporaryDirectory() as folder:
            row = measure(Path(folder), args, size, given.device, given.frames)
        print(f"| {name} | " + " | ".join(row) + " |", flush=True)


def measure(
    folder: Path, args: dict[str, Any], size: tuple[int, int], device: str, n: int
) -> list[str]:
    """Return the cells of one network's row."""
    checkpoint = folder / "net.safetensors"
    meta = CheckpointMeta("unet", args, size)
    save_checkpoint(checkpoint, build_network("unet", args), meta)
    frame = smooth_frame(0, SHAPE)
    predictor = Predictor(checkpoint, device)
    forward = bare_forward(checkpoint, frame, device)
    with Served(folder, checkpoint, frame, device) as served:
        bare, click, worker = best(
            forward, lambda: predictor.probability(frame), served.ask
        )
    batch_bare, batch = batch_times(folder, predictor, n)
    return [
        f"{bare:.1f}",
        f"{click - bare:.1f}",
        f"{worker - bare:.1f}",
        f"{batch:.1f}",
        f"{batch_bare / batch:.2f}",
    ]


def bare_forward(
    checkpoint: Path, frame: np.ndarray, device: str, batch: int = 1
) -> Callable[[], object]:
    """Return what runs the network alone, and waits for it."""
    network, meta = load_checkpoint(checkpoint)
    where = pick_device(device)
    network.to(where)
    frames = stack_frames([frame] * batch, meta.input_size).to(where)
    # Reading one number back waits for the device.
    return lambda: infer(network, frames)[1].sum().item()


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


def batch_times(folder: Path, predictor: Predictor, n: int) -> tuple[float, float]:
    """Return milliseconds a frame of the bare forward and from files to masks."""
    frames = {f"1_{k}": (smooth_frame(k % 10, SHAPE), None) for k in range(n)}
    data = write_kaggle(folder / "data", frames)
    device = predictor.device.type
    forward = bare_forward(
        predictor.checkpoint, smooth_frame(0, SHAPE), device, predictor.batch
    )
    bare, whole = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(0, n, predictor.batch):
            forward()
        bare.append(time.perf_counter() - started)
        result = predict_folder(
            predictor.checkpoint, data, folder / "out", device=device
        )
        whole.append(result["seconds"])
    return 1e3 * min(bare) / n, 1e3 * min(whole) / n


class Served:
    """A worker that serves predictions, asked as the window asks it."""

    def __init__(
        self, folder: Path, checkpoint: Path, frame: np.ndarray, device: str
    ) -> None:
        self._frame = frame
        self._image, self._out = folder / "frame.npy", folder / "map.npy"
        self._load = {"checkpoint": str(checkpoint), "device": device}

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
