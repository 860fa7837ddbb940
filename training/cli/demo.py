"""The main job from end to end, on data that the program makes itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..events import Event, OnEvent
from .console import out, reporting, say

if TYPE_CHECKING:
    from ..duplicates import DuplicateReport

#: Subjects 1-4 train, 5 validates, 6 is scored at the end.
SUBJECTS, FRAMES, SEED = 6, 40, 0
TEST_SUBJECTS = "6"


@dataclass(frozen=True)
class DemoSettings:
    """How the demo runs.

    Parameters
    ----------
    out
        Its folder; refused if it holds anything that a demo did not write.
    minutes
        How long to train.
    window
        Whether to open the window (or write its pictures) at the end.
    """

    out: Path
    minutes: float
    window: bool

    def validation_error(self) -> str | None:
        """Return what is wrong, in one sentence, or None."""
        if not self.minutes > 0:
            return f"--minutes {self.minutes:g}: give a time above 0."
        foreign = _foreign(self.out)
        if foreign:
            return (
                f"{self.out} holds {foreign}, which no demo wrote; name a new folder"
                " with --out."
            )
        return None


def _foreign(folder: Path) -> str | None:
    """Return something in ``folder`` that a demo did not write."""
    if not folder.exists():
        return None
    if not folder.is_dir():
        return "a file's content"
    if (folder / "demo.json").is_file():
        return None
    return next((path.name for path in sorted(folder.iterdir())), None)


def run_demo(
    settings: DemoSettings, run_window: Callable[[list[str]], int], display: bool
) -> int:
    """Make, search, train, predict, score, show; return the exit code."""
    if error := settings.validation_error():
        raise InputError(error)
    folder = settings.out.resolve()
    _start_afresh(folder)
    data, project = folder / "phantom" / "train", folder / "project"
    with reporting() as reporter:
        _make(folder, reporter)
        _search(folder, data, project, reporter)
        checkpoint = _train(data, project, settings.minutes, reporter)
        _predict_and_score(folder, data, project, checkpoint, reporter)
    out(f"Everything is in {folder}")
    return _show(folder, settings, run_window, display)


def _start_afresh(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / "demo.json").write_text("{}\n", encoding="utf-8")


def _make(folder: Path, on_event: OnEvent) -> None:
    from ..data.phantom import make_phantom

    out(f"1. A phantom of {SUBJECTS} subjects with {FRAMES} frames each")
    make_phantom(
        folder / "phantom",
        subjects=SUBJECTS,
        frames=FRAMES,
        seed=SEED,
        test_frames=10,
        on_event=on_event,
    )


def _search(folder: Path, data: Path, project: Path, on_event: OnEvent) -> None:
    from ..data import find_project, open_dataset, open_labels
    from ..duplicates import find_duplicates

    out("2. Near-duplicates whose masks disagree")
    dataset, found = open_dataset(data), find_project(data, project)
    with open_labels(dataset, found) as labels:
        report = find_duplicates(dataset, labels, project=found, on_event=on_event)
    truth = json.loads((folder / "phantom" / "truth.json").read_text(encoding="utf-8"))
    out("   " + _verdict_on_search(report, truth))


def _verdict_on_search(report: DuplicateReport, truth: dict[str, Any]) -> str:
    """Compare what the search found with what was planted."""
    planted = {(c["a"], c["b"], c["kind"]) for c in truth["conflicts"]}
    found = {(p.a, p.b, p.conflict) for p in report.pairs if p.conflict}
    return (
        f"{len(report.pairs):,} pairs; of {len(planted)} planted conflicts"
        f" {len(planted & found)} found, {len(found - planted)} others."
    )


def _train(data: Path, project: Path, minutes: float, on_event: OnEvent) -> Path:
    from ..learn import RECIPES

    out(f"3. A U-Net, {minutes:g} minutes, in a process of its own")
    run = project / "runs" / "demo"
    config = RECIPES["unet"]().to_json() | {
        "max_minutes": minutes,
        "test_subjects": TEST_SUBJECTS,
    }
    command = {
        "command": "train",
        "data": str(data),
        "project": str(project),
        "out": str(run),
        "config": config,
    }
    result = run_worker(command, on_event)
    scores = result.get("test")
    if scores:
        out(
            f"   competition Dice on a subject never seen:"
            f" {scores['competition_dice']:.3f}"
            f" (a blank mask everywhere: {scores['blank_baseline']:.3f})"
        )
    return run


def run_worker(command: dict[str, Any], on_event: OnEvent) -> dict[str, Any]:
    """Run one command in a worker process and return its result.

    Raises
    ------
    InputError
        If the worker said that the input is wrong.
    RuntimeError
        If it failed or died.
    """
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "training.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(json.dumps(command) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            event: Event = json.loads(line)
            if event["event"] == "result":
                process.stdin.close()
                return dict(event["value"])
            if event["event"] == "error":
                kind = InputError if event["kind"] == "input" else RuntimeError
                raise kind(event["text"])
            on_event(event)
    raise RuntimeError(f"The worker ended with code {process.returncode}.")


def _predict_and_score(
    folder: Path, data: Path, project: Path, checkpoint: Path, on_event: OnEvent
) -> None:
    from ..data import find_project, open_dataset, open_labels
    from ..predict import predict_folder
    from ..report import evaluate
    from .evaluating import print_scores

    out("4. A prediction for every frame")
    predictions = folder / "predictions"
    predict_folder(checkpoint, data, predictions, probabilities=True, on_event=on_event)
    dataset = open_dataset(data)
    out("   scored on all subjects, most of them seen in training:")
    with open_labels(dataset, find_project(data, project), source_only=True) as truth:
        print_scores(evaluate(predictions, dataset, truth))


def _show(
    folder: Path,
    settings: DemoSettings,
    run_window: Callable[[list[str]], int],
    display: bool,
) -> int:
    data = folder / "phantom" / "train"
    words = ["review", str(data), "--project", str(folder / "project")]
    words += ["--predictions", str(folder / "predictions")]
    if not settings.window:
        return 0
    if display:
        out("5. The window; close it to end")
        return run_window(words)
    return _pictures(folder, words)


def _pictures(folder: Path, words: list[str]) -> int:
    """Draw the window on a virtual display, once a tab."""
    if shutil.which("xvfb-run") is None:
        say(
            "There is no display, and no Xvfb to stand in for one; install it (on"
            " Debian: apt-get install xvfb) to get pictures of the window."
        )
        return 0
    out("5. There is no display: pictures of the window, drawn under Xvfb")
    for tab in ("frames", "conflicts", "train", "predict"):
        picture = folder / f"{tab}.png"
        command = ["xvfb-run", "-a", "-s", "-screen 0 1920x1200x24"]
        command += [sys.executable, "-P", "-m", "napari_nerveseg", *words]
        command += ["--tab", tab, "--size", "1400x900", "--screenshot", str(picture)]
        done = subprocess.run(command, check=False)
        if done.returncode:
            return done.returncode
        out(f"   {picture}")
    return 0
