"""Processes that write the label store without end, and what has to be there after."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from training.data.store import LabelStore
from training.data.store.packing import digest_of, runs_of

ROOT = Path(__file__).resolve().parents[2]

#: Writes until somebody kills it, and says each action only when `act` returned.
CHILD = """
import json, sys
from pathlib import Path
import numpy as np
from training.data.store import LabelStore, MaskChange, VerdictRecord
from training.data.store.packing import digest_of, runs_of

rng = np.random.default_rng(int(sys.argv[2]))
print(json.dumps("opening"), flush=True)
store = LabelStore.open(Path(sys.argv[1]), author="child")
while True:
    group = tuple(f"1_{n}" for n in rng.choice(9, 3, replace=False))
    masks = {frame: rng.random((64, 80)) < 0.5 for frame in group}
    digests = {f: digest_of(runs_of(m), m.shape) for f, m in masks.items()}
    action = store.act(
        "verdict",
        masks={f: MaskChange(m, "painted") for f, m in masks.items()},
        statuses={group[0]: "flagged"},
        verdict=VerdictRecord(group, "redraw"),
    )
    undone = store.undo(action).action if rng.random() < 0.2 else None
    print(json.dumps([action, digests, undone]), flush=True)
"""


def start(path: Path, seed: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CHILD, str(path), str(seed)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)


def write_and_kill(path: Path, seed: int, n_lines: int, seconds: float) -> list[Any]:
    """Start the child, kill it ``seconds`` after its ``n_lines``-th line.

    Returns what it said, without the line that the kill cut.
    """
    with start(path, seed) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(n_lines)]
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
        process.kill()
        lines += process.stdout.readlines()
    whole = [line for line in lines if line.endswith(b"\n")]
    assert len(whole) >= n_lines, "the child died of something else"
    return [json.loads(line) for line in whole[1:]]


def check_rows(path: Path, said: list[Any]) -> None:
    """Compare what the child said with the file: every word of it is there."""
    connection = sqlite3.connect(path)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
        if not tables and not said:  # killed before there was a store
            return
        rows = connection.execute("SELECT action, frame, digest FROM mask_versions")
        digests = {(action, frame): digest for action, frame, digest in rows}
        undos = dict(connection.execute("SELECT id, undoes FROM actions"))
        halves = connection.execute(
            "SELECT action FROM mask_versions GROUP BY action HAVING count(*) != 3"
        ).fetchall()
    finally:
        connection.close()
    assert halves == [], "an action is whole or not there"
    for action, masks, undone in said:
        for frame, digest in masks.items():
            assert digests[action, frame] == digest
        if undone is not None:
            assert undos[undone] == action


def check_masks(store: LabelStore, frames: Iterable[str]) -> None:
    for frame in frames:
        mask, version = store.current_mask(frame), store.mask_version(frame)
        assert mask is not None
        assert version is not None
        assert digest_of(runs_of(mask), version.shape) == version.digest
