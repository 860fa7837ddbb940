"""A few kills of each kind; `make soak` does hundreds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak.writers import ROOT, check_rows, write_and_kill


def test_killed_work_goes_on_and_nothing_is_wrong() -> None:
    words = ["--kills", "10", "--seed", "1"]
    parts = ["prediction", "export", "full disk"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", *words, "--only", *parts],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in told] == [
        "seed",
        "part",
        "prediction",
        "export",
        "full",
    ]
    assert int(told[2][1]) >= 1
    assert int(told[3][1]) + int(told[3][3]) == 2


def test_an_edit_that_was_told_and_is_not_there_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    said = write_and_kill(path, 0, 4, 0.0)
    check_rows(path, said)
    action, digests, undone = said[-1]
    with pytest.raises(KeyError):
        check_rows(path, [*said, [action + 1000, digests, undone]])
    with pytest.raises(AssertionError):
        check_rows(path, [[action, dict.fromkeys(digests, "other"), undone]])
