"""Trains folds in worker processes, one on each device at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

from ..data.parallel import n_threads
from ..errors import Cancelled, Failure, InputError
from ..events import Event, OnEvent, ShouldStop
from ..learn.crossval.validate import RunFolds
from ..learn.crossval.work import resume_command
from .client import WorkerClient, WorkerDied

#: Seconds between two looks whether to stop.
_LOOK = 0.1


@dataclass(frozen=True)
class FoldDevice:
    """Where one fold at a time is trained.

    Attributes
    ----------
    device
        ``cpu`` or ``cuda``.
    threads
        Processor threads of its worker; None leaves it to the configuration.
    environment
        Variables of its worker.
    """

    device: str
    threads: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


def places(devices: str, parallel: int, device: str) -> list[FoldDevice]:
    """Return where folds are trained in processes of their own.

    Parameters
    ----------
    devices
        Such as ``cuda:0,cuda:1`` or ``cpu``; empty: every CUDA device if there are
        several and ``device`` allows them.
    parallel
        How many folds at a time share the processor; more than 1 on ``cpu`` only.
    device
        The configuration's.

    Returns
    -------
    list of FoldDevice
        Empty if folds are to be trained one after the other in this process.

    Raises
    ------
    InputError
        If a device is not there, or the two settings do not go together.
    """
    names = [name.strip() for name in devices.split(",") if name.strip()]
    if parallel < 1:
        raise InputError(f"--parallel is {parallel}: give 1 or more.")
    if parallel > 1:
        if names not in ([], ["cpu"]):
            raise InputError(
                "--parallel shares the processor: leave out --devices, or take cpu."
            )
        threads = max(1, n_threads() // parallel)
        return [FoldDevice("cpu", threads)] * parallel
    n_cuda = _n_cuda() if names != ["cpu"] and device != "cpu" else 0
    if not names:
        several = n_cuda > 1 and ":" not in device  # which would name one of them
        names = [f"cuda:{index}" for index in range(n_cuda)] if several else []
    return [] if names == ["cpu"] else [_place(name, n_cuda) for name in names]


def _place(name: str, n_cuda: int) -> FoldDevice:
    kind, _, index = name.partition(":")
    if kind != "cuda" or not index.isdecimal():
        raise InputError(f"--devices names {name!r}: write cpu, or cuda:0,cuda:1.")
    if int(index) >= n_cuda:
        raise InputError(
            f"--devices names {name}, but there are {n_cuda} CUDA devices: choose "
            "others, or cpu."
        )
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
    one = seen[int(index)] if seen[0] else index
    return FoldDevice("cuda", None, {"CUDA_VISIBLE_DEVICES": one})


def _n_cuda() -> int:
    import torch

    return torch.cuda.device_count()


def in_processes(command: Mapping[str, Any], where: Sequence[FoldDevice]) -> RunFolds:
    """Return what trains folds in workers.

    Parameters
    ----------
    command
        The settings of the worker's command ``fold``, without ``number``.
    where
        One fold at a time is trained at each; at least one.
    """

    def run(numbers: Sequence[int], on_event: OnEvent, should_stop: ShouldStop) -> None:
        _Workers(command, where, on_event).run(numbers, should_stop)

    return run


class _Workers:
    def __init__(
        self, command: Mapping[str, Any], where: Sequence[FoldDevice], on_event: OnEvent
    ) -> None:
        self._command, self._on_event = command, on_event
        self._n = len(where)
        self._free: SimpleQueue[FoldDevice] = SimpleQueue()
        for place in where:
            self._free.put(place)
        self._telling, self._ending = threading.Lock(), threading.Event()
        self._living: set[WorkerClient] = set()

    def run(self, numbers: Sequence[int], should_stop: ShouldStop) -> None:
        with ThreadPoolExecutor(self._n) as pool:
            waiting = {pool.submit(self._fold, number) for number in numbers}
            errors: list[BaseException] = []
            try:
                while waiting:
                    done, waiting = wait(waiting, _LOOK, FIRST_COMPLETED)
                    errors += _errors(done)
                    if errors or should_stop():
                        self._stop()
            except BaseException:
                self._stop()
                raise
        # What stopped the others says more than that they were stopped.
        for error in sorted(errors, key=lambda e: isinstance(e, Cancelled)):
            raise error

    def _stop(self) -> None:
        self._ending.set()
        for worker in list(self._living):
            worker.stop()

    def _fold(self, number: int) -> None:
        place = self._free.get()
        try:
            if self._ending.is_set():
                raise Cancelled(f"before fold {number}")
            self._train(number, place)
        finally:
            self._free.put(place)

    def _train(self, number: int, place: FoldDevice) -> None:
        own = {"number": number, "device": place.device, "threads": place.threads}
        command = {"command": "fold", **self._command, **own}
        with WorkerClient(command, place.environment) as worker:
            self._living.add(worker)
            try:
                worker.result(lambda event: self._tell(worker, event))
            except WorkerDied as died:
                again = resume_command(self._command["data"], self._command["out"])
                raise Failure(
                    f"The process of fold {number} ended without a word (exit code "
                    f"{died.code}): go on with '{again}'."
                ) from died
            finally:
                self._living.discard(worker)

    def _tell(self, worker: WorkerClient, event: Event) -> None:
        if self._ending.is_set():  # it may have begun after the others were told
            worker.stop()
        with self._telling:
            self._on_event(event)


def _errors(done: set[Future[None]]) -> list[BaseException]:
    return [error for future in done if (error := future.exception()) is not None]
