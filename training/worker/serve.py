"""One-click prediction: a worker that keeps its network and answers frame by frame.

Commands after ``serve``, one a line:

``{"command": "load", "checkpoint": path, "device": "auto", "backend": "auto"}``
    answered by ``{"event": "loaded", "checkpoint", "name", "device", "meta"}``.
``{"command": "predict", "request": n, "frame": id, "hash": text, "image": path,
"out": path, "mask": path}``
    ``image`` is a ``.npy`` of (H, W) uint8; ``out`` gets one of (H, W) uint8
    probabilities, and ``mask``, which may be left out, one of the (H, W) bool mask
    that the rule cuts from them. Answered by ``{"event": "prediction", "request",
    "frame", "hash", "presence", "area", "threshold", "presence_threshold",
    "min_area_share", "largest_component", "fill_holes", "seconds", "out"}``; frame and
    hash come back as they were, so that the asker can drop an answer for a frame that
    has changed.
``{"command": "stop"}``
    ends it.

A command that fails is answered by an ``error`` event that repeats its ``request``
or ``checkpoint``, and the server lives on; a checkpoint that cannot be loaded leaves
the one before in place.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from ..networks.kept_memory import kept_memory
from ..predict import Predictor, PredictSettings
from .channel import Channel, Command
from .failures import error_event

#: Keys of a command that its error repeats.
_REPEATED = ("request", "frame", "checkpoint")


def serve(channel: Channel) -> dict[str, Any]:
    """Answer until told to stop or left alone; return what was done."""
    with ExitStack() as memory:
        server = _Server(channel, memory)
        while True:
            command: Command = {}
            try:
                found = channel.next()
                if found is None:
                    return {"n_predicted": server.n_predicted}
                command = found
                server.answer(command)
            except Exception as error:
                asked = {key: command[key] for key in _REPEATED if key in command}
                channel.send({**error_event(error), **asked})


class _Server:
    """Answers commands; what holds memory for its network ends with ``memory``."""

    def __init__(self, channel: Channel, memory: ExitStack) -> None:
        self._channel, self._memory = channel, memory
        self._predictor: Predictor | None = None
        self.n_predicted = 0

    def answer(self, command: Command) -> None:
        match command:
            case {"command": "load", "checkpoint": str(path)}:
                device, backend = (
                    str(command.get(key, "auto")) for key in ("device", "backend")
                )
                self._load(Path(path), device, backend)
            case {"command": "predict", "image": str(image), "out": str(out)}:
                self._predict(command, Path(image), Path(out))
            case {"command": name}:
                raise InputError(
                    f"the prediction server cannot do {name!r} with these settings: "
                    "it takes load, predict and stop"
                )

    def _load(self, checkpoint: Path, device: str, backend: str) -> None:
        # The one before stays until this one has shown that it works.
        settings = PredictSettings(backend=backend)
        predictor = Predictor(checkpoint, device, settings, self._channel.send)
        # Between two clicks too: what the first forward took, the next ones use again.
        self._memory.enter_context(kept_memory(predictor.device))
        # The first run of a network is slow; let it not be the user's.
        predictor.probability(np.zeros(predictor.meta.input_size, np.uint8))
        self._predictor = predictor
        self._channel.send(
            {
                "event": "loaded",
                "checkpoint": checkpoint,
                "name": predictor.name,
                "device": str(predictor.device),
                "meta": predictor.meta.to_json(),
            }
        )

    def _predict(self, command: Command, image: Path, out: Path) -> None:
        if self._predictor is None:
            raise InputError("no checkpoint is loaded: choose one first")
        started = time.perf_counter()
        found = self._predictor.probability(_read(image))
        np.save(out, found.probability, allow_pickle=False)
        if isinstance(mask := command.get("mask"), str):
            np.save(Path(mask), found.mask, allow_pickle=False)
        self.n_predicted += 1
        self._channel.send(
            {
                "event": "prediction",
                "request": command.get("request"),
                "frame": command.get("frame"),
                "hash": command.get("hash"),
                "presence": found.presence,
                "area": found.area,
                **self._predictor.meta.rule.to_json(),
                "seconds": time.perf_counter() - started,
                "out": out,
            }
        )


def _read(image: Path) -> NDArray[np.uint8]:
    try:
        frame: NDArray[np.uint8] = np.load(image, mmap_mode="c", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{image} is no readable .npy of a frame: {error}") from error
    return frame
