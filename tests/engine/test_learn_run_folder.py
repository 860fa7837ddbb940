"""The run folder: where it may lie, how its end is noted, whether it is running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.toys import smooth_frame, write_kaggle
from training.data import open_dataset
from training.errors import InputError
from training.learn.folder.run_folder import RunFolder
from training.learn.folder.running import is_running, request_stop


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (KeyboardInterrupt(), "cancelled", "The work was stopped as asked."),
        (MemoryError(), "memory", "There was not enough memory: "),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "memory", "There"),
        (ValueError("odd"), "failure", "The work failed: ValueError: odd"),
        (InputError("x.tif is away: put it back"), "input", "x.tif is away"),
    ],
)
def test_every_end_is_noted_as_the_worker_says_it(
    tmp_path: Path, error: BaseException, kind: str, text: str
) -> None:
    folder = RunFolder(tmp_path / "run")
    folder.last.touch()
    with pytest.raises(type(error)), folder.recording():
        raise error
    last = json.loads((folder.path / "events.jsonl").read_text().splitlines()[-1])
    assert (last["event"], last["kind"]) == ("error", kind)
    assert last["text"].startswith(text)
    assert not (folder.path / "pid").exists()


def test_it_does_not_lie_in_the_data_folder(tmp_path: Path) -> None:
    data = write_kaggle(tmp_path / "data", {"1_1": (smooth_frame(1), None)})
    with pytest.raises(InputError, match="which is only read"):
        RunFolder(data / "run", open_dataset(data))
    assert not (data / "run").exists()


def test_its_path_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert RunFolder(Path("run")).best == tmp_path / "run" / "best.safetensors"


def run_of(folder: Path, pid: int) -> Path:
    folder.mkdir()
    (folder / "config.json").touch()
    (folder / "pid").write_text(f"{pid}\n", encoding="ascii")
    return folder


def test_a_running_training_is_asked_to_stop(tmp_path: Path) -> None:
    run = run_of(tmp_path / "run", os.getpid())
    os.utime(run / "pid")
    assert is_running(run)
    request_stop(run)
    assert (run / "stop").exists()


def ended_process() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_what_does_not_run_cannot_be_stopped(tmp_path: Path) -> None:
    dead = run_of(tmp_path / "dead", ended_process())
    finished = run_of(tmp_path / "finished", os.getpid())
    (finished / "pid").unlink()
    stranger = run_of(tmp_path / "stranger", os.getpid())
    os.utime(stranger / "pid", (1, 1))  # our number, given to somebody else long ago
    for run in (dead, finished, stranger):
        with pytest.raises(InputError, match="is not running: its training has ended"):
            request_stop(run)
        assert not (run / "stop").exists()
    with pytest.raises(InputError, match="is no run folder"):
        request_stop(tmp_path)
