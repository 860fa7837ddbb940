"""Trainings in processes of their own, which may be killed or be ranks of one work.

One process imports what a training needs and forks for each of them: importing torch
takes longer than they do.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

_MAIN = "from tests.engine.training_children import main; main()"


def run_jobs(*jobs: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """Run trainings one after another; return how each rank of each ended.

    A job has ``data``, ``out`` and ``settings``, and may have ``resume``, ``ranks``,
    ``kill`` (a moment, see `_die_at`) and ``trouble`` (see `_trouble`). An end has
    ``signal``, and ``result`` or ``error``.
    """
    done = subprocess.run(
        [sys.executable, "-c", _MAIN],
        input=json.dumps(jobs, default=str),
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "["]


def main() -> None:
    """Do the jobs that come by standard input."""
    jobs = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:  # imports what the forks need
        warm = {"data": jobs[0]["data"], "out": f"{folder}/run"}
        assert "result" in _end_of({**warm, "settings": {"epochs": 1}}, 0)
    for job in jobs:
        ends = _forked(job)
        sys.stdout.write(json.dumps(ends) + "\n")
        sys.stdout.flush()


def _forked(job: dict[str, Any]) -> list[dict[str, Any]]:
    size = job.get("ranks", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    children = []
    for rank in range(size):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            if size > 1:
                os.environ |= {
                    "RANK": str(rank),
                    "WORLD_SIZE": str(size),
                    "MASTER_ADDR": "127.0.0.1",
                    "MASTER_PORT": str(port),
                }
            os.write(writer, json.dumps(_end_of(job, rank), default=str).encode())
            os._exit(0)
        os.close(writer)
        children.append((child, reader))
    ends = []
    for child, reader in children:
        with os.fdopen(reader, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(child, 0)
        killed = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        ends.append({"signal": killed, **json.loads(told or "{}")})
    return ends


def _end_of(job: dict[str, Any], rank: int) -> dict[str, Any]:
    from tests.engine.learn_toys import tiny
    from training.data import open_dataset
    from training.data.labels import Labels
    from training.learn import train

    settings = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in job["settings"].items()
    }
    events: list[dict[str, Any]] = []
    _die_at(job.get("kill"))
    try:
        dataset = open_dataset(Path(job["data"]))
        result = train(
            dataset,
            Labels(dataset),
            tiny(**settings),
            Path(job["out"]),
            resume=job.get("resume", False),
            on_event=events.append,
            should_stop=_trouble(job.get("trouble"), rank),
        )
    except BaseException as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}", "events": len(events)}
    return {"result": result, "events": len(events)}


def _die_at(moment: str | None) -> None:
    """Have this process killed: ``step N``, or ``before`` or ``after FILE N``."""
    if moment is None:
        return
    from training.learn.fit.gradient import BatchGradient

    kind, *what = moment.split()
    count = int(what[-1])

    def due() -> bool:
        nonlocal count
        count -= 1
        return count == 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    replace, attempt = Path.replace, BatchGradient._attempt

    def replace_and_die(self: Path, target: Path) -> Path:
        now = kind != "step" and target.name == what[0] and due()
        if now and kind == "before":
            die()
        found = replace(self, target)
        if now:
            die()
        return found

    def attempt_and_die(self: BatchGradient, *args: Any) -> float | None:
        found = attempt(self, *args)
        if kind == "step" and due():
            die()
        return found

    Path.replace = replace_and_die  # type: ignore[method-assign, assignment]
    BatchGradient._attempt = attempt_and_die  # type: ignore[method-assign]


def _trouble(what: str | None, rank: int) -> Any:
    """Return a should_stop: of the second rank, that stops or breaks after a while."""
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += rank == 1
        if what == "break" and asked == 4:
            raise ValueError("a strange thing")
        return what == "stop" and asked >= 4

    return should_stop
