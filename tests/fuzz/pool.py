"""Gives inputs to child processes, and keeps what ended wrongly."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

#: One in so many inputs goes through the command line, and of these one in so many
#: through a process of its own.
COMMANDS, PROCESSES = 16, 12

#: Seconds for what is not measured: imports, good files.
_PATIENCE = 240.0


@dataclass
class Tally:
    """What came of a kind's inputs; ``faults`` are pairs of a text and a folder."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[str, Path]] = field(default_factory=list)


class Child:
    """A process of `tests.fuzz.child`, begun anew when it has died.

    Parameters
    ----------
    root
        A folder of its own, in which its inputs lie.
    modules
        That register more kinds.
    """

    def __init__(self, root: Path, modules: Sequence[str] = ()) -> None:
        self.root, self._log, self._modules = root, root / "log", modules
        self._process: subprocess.Popen[bytes] | None = None
        root.mkdir(exist_ok=True)

    def examine(self, kind: str, seconds: float, **more: Any) -> dict[str, Any]:
        """Read an input, see `tests.fuzz.child.examine`; a death is a fault of its."""
        job = {"kind": kind, "root": str(self.root), "seconds": seconds, **more}
        if self._process is None:
            self._process = self._start()
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        try:
            pipe_in.write(json.dumps(job).encode() + b"\n")
            pipe_in.flush()
            with selectors.DefaultSelector() as ready:
                ready.register(pipe_out, selectors.EVENT_READ)
                line = pipe_out.readline() if ready.select(_PATIENCE) else b""
        except BrokenPipeError:
            line = b""
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        return {"end": "fault", "what": self.close()}

    def close(self) -> str:
        """End the process; return how it ended, with the end of its log."""
        if self._process is None:
            return ""
        try:
            assert self._process.stdin is not None
            self._process.stdin.close()
            code = self._process.wait(5)
            how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        except subprocess.TimeoutExpired:
            how = "did not answer"
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        said = Path(f"{self._log}.err").read_text(errors="replace")
        return (
            f"{how}\n{said[:100]}…{said[-3000:]}" if said[3100:] else f"{how}\n{said}"
        )

    def _start(self) -> subprocess.Popen[bytes]:
        settings = {"OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
        settings["PYTHONPATH"] = str(ROOT)  # of processes that are started by it
        return subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.child", self._log, *self._modules],
            cwd=ROOT,
            env={**os.environ, **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )


class Campaign:
    """Damaged inputs of one seed: the same seed gives the same damage.

    Parameters
    ----------
    seed
        Of all inputs.
    scratch
        A folder in which the inputs lie meanwhile.
    keep
        Gets the inputs that ended wrongly.
    seconds
        That reading one may take.
    children
        How many processes read.
    modules
        That register more kinds.
    """

    def __init__(
        self,
        seed: int,
        scratch: Path,
        keep: Path,
        *,
        seconds: float = 10.0,
        children: int = 1,
        modules: Sequence[str] = (),
    ) -> None:
        self._seed, self._seconds = seed, seconds
        self._keep = keep
        self._children = [Child(scratch / str(k), modules) for k in range(children)]
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the processes."""
        for child in self._children:
            child.close()

    def run(
        self,
        kinds: Sequence[str],
        inputs: int | None = None,
        minutes: float | None = None,
    ) -> dict[str, Tally]:
        """Read ``inputs`` of each kind in turn, or as many as there is time for."""
        tallies = {kind: Tally() for kind in kinds}
        limit = itertools.count() if inputs is None else range(inputs)
        jobs = ((kind, n) for n in limit for kind in kinds)
        end = None if minutes is None else time.monotonic() + 60 * minutes
        work = [
            threading.Thread(target=self._work, args=(child, jobs, end, tallies))
            for child in self._children
        ]
        for one in work:
            one.start()
        for one in work:
            one.join()
        return tallies

    def _work(
        self,
        child: Child,
        jobs: Iterator[tuple[str, int]],
        end: float | None,
        tallies: dict[str, Tally],
    ) -> None:
        while end is None or time.monotonic() < end:
            with self._lock:
                kind, n = next(jobs, (None, 0))
            if kind is None:
                return
            turn, rest = divmod(n + 1, COMMANDS)
            way = "function" if rest else "command" if turn % PROCESSES else "process"
            seed = f"{self._seed} {kind} {n}"
            answer = child.examine(kind, self._seconds, seed=seed, way=way)
            with self._lock:
                self._note(kind, n, way, answer, tallies[kind], child.root / "place")

    def _note(
        self,
        kind: str,
        n: int,
        way: str,
        answer: dict[str, Any],
        tally: Tally,
        place: Path,
    ) -> None:
        tally.counts.update([answer["end"], "inputs", way])
        if answer["end"] == "fault":
            kept = self._keep / f"{kind}-{self._seed}-{n}"
            shutil.rmtree(kept, ignore_errors=True)
            with contextlib.suppress(shutil.Error):  # a named pipe is not copied
                shutil.copytree(place, kept, symlinks=True)
            (kept / "fault.txt").write_text(answer["what"])
            tally.faults.append((answer["what"], kept))


def again(
    kept: Path, *, seconds: float = 10.0, modules: Sequence[str] = ()
) -> dict[str, Any]:
    """Read a kept input once more, where it lay, as its files may name that place."""
    note = json.loads((kept / "input.json").read_text())
    root = Path(note["case"]).parents[1]
    root.mkdir(parents=True)
    child = Child(root, modules)
    try:
        return child.examine(note["kind"], seconds, kept=str(kept.resolve()))
    finally:
        child.close()
        shutil.rmtree(root)
        with contextlib.suppress(OSError):
            root.parent.rmdir()
