"""The main job from end to end, on data that the program makes itself."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Cancelled, Failure, InputError
from ..events import Event, OnEvent, never
from .console import out, reporting, say
from .demo_folder import PHANTOM, PREDICTIONS, PROJECT, RUN, TABS, foreign, start_afresh
from .display import has_display, review_words, run_window, window_command
from .panels import print_panels

#: Subjects 1-4 train, 5 validates, 6 is scored at the end.
SUBJECTS, FRAMES, SEED = 6, 40, 0
TEST_SUBJECTS = "6"

#: Seconds in which a worker that is no longer wanted may end by itself.
GRACE = 5.0

#: How a worker is started.
WORKER = (sys.executable, "-P", "-m", "training.worker")
MARGIN = "   "


@dataclass(frozen=True)
class DemoSettings:
    """How the demo runs.

    Parameters
    ----------
    out
        Its folder. What an earlier demo wrote there is deleted; it is refused if it
        holds anything else, or labels that were edited in an earlier demo's window.
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
        if words := foreign(self.out):
            return f"{self.out} holds {words}; name a new folder with --out."
        return None

    @property
    def folder(self) -> Path:
        """Where everything goes, links followed."""
        return self.out.resolve()

    @property
    def data(self) -> Path:
        """The frames and masks."""
        return self.folder / PHANTOM / "train"

    @property
    def project(self) -> Path:
        """The project folder."""
        return self.folder / PROJECT

    @property
    def run(self) -> Path:
        """The training's run folder."""
        return self.project / "runs" / RUN

    @property
    def predictions(self) -> Path:
        """The predicted masks."""
        return self.folder / PREDICTIONS


def run_demo(settings: DemoSettings) -> int:
    """Make, search, train, predict, score, show; return the exit code."""
    if error := settings.validation_error():
        raise InputError(error)
    try:
        start_afresh(settings.folder)
    except OSError as refused:
        raise InputError(
            f"{settings.out} cannot be the demo's folder ({refused.strerror}): name"
            " another one with --out."
        ) from refused
    with reporting(MARGIN) as reporter:
        _make(settings, reporter)
        _search(settings, reporter)
        _train(settings, reporter)
        _predict_and_score(settings, reporter)
    out(f"Everything is in {settings.folder}")
    return _show(settings) if settings.window else 0


def _make(settings: DemoSettings, on_event: OnEvent) -> None:
    from ..data.phantom import make_phantom

    out(f"1. A phantom of {SUBJECTS} subjects with {FRAMES} frames each")
    truth = make_phantom(
        settings.folder / PHANTOM,
        subjects=SUBJECTS,
        frames=FRAMES,
        seed=SEED,
        test_frames=10,
        on_event=on_event,
    )
    planted = len(truth["conflicts"])
    out(f"{MARGIN}{planted} pairs of twins were given masks that disagree.")


def _search(settings: DemoSettings, on_event: OnEvent) -> None:
    from ..worker import commands

    out("2. Near-duplicates whose masks disagree")
    report = commands.duplicates(
        on_event, never, data=settings.data, project=settings.project
    )
    truth = json.loads(
        (settings.folder / PHANTOM / "truth.json").read_text(encoding="utf-8")
    )
    out(MARGIN + verdict_on_search(report["pairs"], truth["conflicts"]))


def verdict_on_search(
    pairs: list[dict[str, Any]], conflicts: list[dict[str, Any]]
) -> str:
    """Compare what the search found with what was planted, in one sentence."""
    planted = {(one["a"], one["b"], one["kind"]) for one in conflicts}
    found = {(p["a"], p["b"], p["conflict"]) for p in pairs if p["conflict"]}
    return (
        f"{len(pairs):,} pairs; of {len(planted)} planted conflicts"
        f" {len(planted & found)} found, {len(found - planted)} others."
    )


def _train(settings: DemoSettings, on_event: OnEvent) -> None:
    out(f"3. A U-Net, {settings.minutes:g} minutes, in a process of its own")
    config = {"max_minutes": settings.minutes, "test_subjects": TEST_SUBJECTS}
    command = {
        "command": "train",
        "data": str(settings.data),
        "project": str(settings.project),
        "out": str(settings.run),
        "config": config,
    }
    scores = run_worker(command, on_event).get("test")
    if scores:
        out(
            f"{MARGIN}competition Dice on a subject never seen:"
            f" {scores['competition_dice']:.3f}"
            f" (a blank mask everywhere: {scores['blank_baseline']:.3f})"
        )


def run_worker(command: dict[str, Any], on_event: OnEvent) -> dict[str, Any]:
    """Run one command in a worker process and return its result.

    Raises
    ------
    InputError, Cancelled, Failure
        If the worker ended so, or died. An interrupt ends the worker too.
    """
    with _worker() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(command) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            event: Event = json.loads(line)
            if event["event"] == "result":
                return dict(event["value"])
            if event["event"] == "error":
                raise _ended(event)
            on_event(event)
        raise Failure(f"The worker ended with code {process.wait()}.")


@contextmanager
def _worker() -> Iterator[subprocess.Popen[str]]:
    """Start a worker, and see that it is gone afterwards."""
    pipe = subprocess.PIPE
    with subprocess.Popen(WORKER, stdin=pipe, stdout=pipe, encoding="utf-8") as process:
        try:
            yield process
        except BaseException:  # a training would go on without us
            process.terminate()
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


def _ended(event: Event) -> Exception:
    """Return the exception for a worker's last words."""
    if event["kind"] == "failure" and event.get("detail"):
        say(event["detail"].rstrip())
    kinds: dict[str, type[Exception]] = {"input": InputError, "cancelled": Cancelled}
    return kinds.get(event["kind"], Failure)(event["text"])


def _predict_and_score(settings: DemoSettings, on_event: OnEvent) -> None:
    from ..worker import commands
    from ..worker.predicting import predict

    out("4. A prediction for every frame")
    predict(
        on_event,
        never,
        checkpoint=settings.run,
        input=settings.data,
        out=settings.predictions,
        probabilities=True,
    )
    scores = commands.evaluate(
        on_event,
        never,
        predictions=settings.predictions,
        data=settings.data,
        project=settings.project,
    )
    out(f"{MARGIN}scored on all subjects, most of them seen in training:")
    print_panels(scores, MARGIN)


def _show(settings: DemoSettings) -> int:
    words = review_words(
        settings.data, project=settings.project, predictions=settings.predictions
    )
    if has_display():
        out("5. The window; close it to end")
        code = run_window(words)
    else:
        code = _pictures(settings.folder, words)
    out(f"To open the window again: {shlex.join(['nerveseg', *words])}")
    return code


def _pictures(folder: Path, words: list[str]) -> int:
    """Draw the window on a virtual display, once a tab."""
    if shutil.which("xvfb-run") is None:
        say(
            "There is no display, and no Xvfb to stand in for one; install it (on"
            " Debian: apt-get install xvfb) to get pictures of the window."
        )
        return 0
    out("5. There is no display: pictures of the window, drawn under Xvfb")
    # Else a display that does not answer would be preferred to Xvfb's.
    env = {k: v for k, v in os.environ.items() if k != "WAYLAND_DISPLAY"}
    for tab in TABS:
        picture = folder / f"{tab}.png"
        command = ["xvfb-run", "-a", "-s", "-screen 0 1920x1200x24"]
        command += window_command(words)
        command += ["--tab", tab, "--size", "1400x900", "--screenshot", str(picture)]
        done = subprocess.run(command, check=False, env=env)
        if done.returncode:
            return done.returncode
        out(f"{MARGIN}{picture}")
    return 0
