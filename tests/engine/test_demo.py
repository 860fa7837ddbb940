"""The demo: its whole path, and that it deletes nothing that is not its own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.engine.command_line import listing, run
from training.cli import demo
from training.cli.demo_folder import foreign, start_afresh
from training.commands import client
from training.data.store import LabelStore, MaskChange
from training.errors import Cancelled, Failure, InputError


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """What an earlier demo and its window wrote, in small."""
    folder = tmp_path / "demo-out"
    table = "frame,presence,area,threshold,error\n"
    for name, text in {
        "demo.json": "{}",
        "frames.png": "",
        "phantom/truth.json": "{}",
        "phantom/train/1_1.tif": "",
        "phantom/train/1_1_mask.tif": "",
        "phantom/test/1.tif": "",
        "predictions/predictions.csv": table,
        "predictions/1_1_mask.png": "",
        "project/duplicates.npz": "",
        "project/frames/scan.json": "",
        "project/runs/demo/best.safetensors": "",
        ".phantom-0123abcd/train/1_1.tif": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    LabelStore.open(folder / "project" / "labels.sqlite").close()
    return folder


def test_what_an_earlier_demo_wrote_makes_room(earlier: Path) -> None:
    assert foreign(earlier) is None
    start_afresh(earlier)
    assert listing(earlier) == ["demo.json"]


def test_a_new_folder_is_made(tmp_path: Path) -> None:
    assert foreign(tmp_path / "a" / "b") is None
    start_afresh(tmp_path / "a" / "b")
    assert listing(tmp_path / "a" / "b") == ["demo.json"]


@pytest.mark.parametrize(
    "name",
    [
        "notes.txt",
        "phantom/thesis.docx",
        "phantom/train/mine.tif",
        "predictions/figure.pdf",
        "project/predictions/mine/1_1_mask.png",
        "project/runs/mine/best.safetensors",
    ],
)
def test_a_file_of_somebody_else_is_kept_and_named(
    earlier: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (earlier / name).parent.mkdir(parents=True, exist_ok=True)
    (earlier / name).write_text("mine")
    before = listing(earlier)
    assert run("demo", "--out", earlier) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "which no demo wrote; name a new folder with --out." in line
    assert listing(earlier) == before


def test_a_folder_without_the_demos_mark_is_nobody_s_to_clear(earlier: Path) -> None:
    (earlier / "demo.json").unlink()
    assert foreign(earlier) == ".phantom-0123abcd, which no demo wrote"


def test_labels_edited_in_an_earlier_demo_s_window_are_kept(
    earlier: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import numpy as np

    with LabelStore.open(earlier / "project" / "labels.sqlite") as store:
        change = MaskChange(np.ones((4, 5), bool), "paint")
        store.act("paint", masks={"1_1": change})
    assert run("demo", "--out", earlier) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        f"{earlier} holds labels edited in its window (actions: 1); name a new"
        " folder with --out."
    )
    assert (earlier / "project" / "labels.sqlite").exists()


def pretender(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Let a small program stand in for the worker."""
    monkeypatch.setattr(client, "WORKER", ("-c", program))


def run_worker(on_event: Any) -> None:
    with client.WorkerClient({"command": "train"}) as worker:
        worker.result(on_event)


@pytest.mark.parametrize(
    ("kind", "error"),
    [("input", InputError), ("cancelled", Cancelled), ("memory", Failure)],
)
def test_a_worker_s_last_words_are_the_demo_s(
    monkeypatch: pytest.MonkeyPatch, kind: str, error: type[Exception]
) -> None:
    event = {"event": "error", "kind": kind, "text": "Because."}
    pretender(monkeypatch, f"import json; print(json.dumps({event!r}))")
    with pytest.raises(error, match=r"^Because\.$"):
        run_worker(print)


def test_a_worker_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    pretender(monkeypatch, "import sys; sys.exit(3)")
    with pytest.raises(Failure, match="ended with code 3"):
        run_worker(print)


def interrupt(_event: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("stubborn", [False, True])
def test_an_interrupted_demo_leaves_no_worker_running(
    monkeypatch: pytest.MonkeyPatch, stubborn: bool
) -> None:
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)" if stubborn else "0"
    pretender(
        monkeypatch,
        f"import signal, time; {ignore};"
        'print(\'{"event": "progress"}\', flush=True); time.sleep(600)',
    )
    monkeypatch.setattr(client, "GRACE", 0.2)
    before = set(psutil.Process().children())
    with pytest.raises(KeyboardInterrupt):
        run_worker(interrupt)
    assert set(psutil.Process().children()) <= before


def test_the_whole_demo(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(demo, "SUBJECTS", 3)
    monkeypatch.setattr(demo, "FRAMES", 6)
    monkeypatch.setattr(demo, "TEST_SUBJECTS", "3")
    shown: list[list[str]] = []
    monkeypatch.setattr(demo, "has_display", lambda: True)
    monkeypatch.setattr(demo, "run_window", lambda words: shown.append(words) or 0)
    folder = tmp_path / "out"
    assert run("demo", "--out", folder, "--minutes", "0.02") == 0
    printed = capsys.readouterr()
    for stage in ("1. A phantom", "2. Near-dup", "3. A U-Net", "4. A pred", "5. The"):
        assert stage in printed.out
    assert "0 others." in printed.out
    assert "a subject never seen" in printed.out
    assert "Warning" not in printed.err
    data = folder / "phantom" / "train"
    again = f"nerveseg review {data} --project {folder / 'project'}"
    assert printed.out.splitlines()[-1] == (
        f"To open the window again: {again} --predictions {folder / 'predictions'}"
    )
    assert shown == [printed.out.splitlines()[-1].split()[6:]]
    assert len(list((folder / "predictions").glob("*_mask.png"))) == 18
    assert foreign(folder) is None, "the next demo may take its place"


def test_pictures_without_a_display(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    called: list[list[str]] = []

    def draw(command: list[str], **_more: object) -> subprocess.CompletedProcess[bytes]:
        called.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", draw)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(demo, "has_display", lambda: False)
    for stage in ("_make", "_search", "_train", "_predict_and_score"):
        monkeypatch.setattr(demo, stage, lambda *_args: None)
    assert run("demo", "--out", tmp_path / "out") == 0
    assert [command[-1] for command in called] == [
        str(tmp_path / "out" / f"{tab}.png")
        for tab in ("frames", "conflicts", "train", "predict")
    ]
    assert all(command[0] == "xvfb-run" for command in called)
    assert "To open the window again: nerveseg review" in capsys.readouterr().out
