"""The main job from end to end, on data that the program makes itself."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, Any

from ..commands import Command, Options
from ..commands.client import WorkerClient
from ..commands.looking import Duplicates, duplicates
from ..commands.options import AS_WRITTEN, CommandLine
from ..commands.predicting import Evaluate, Predict, evaluate, predict
from ..errors import InputError
from ..events import OnEvent, ShouldStop, never
from .console import Reporter, out, say
from .demo_folder import PHANTOM, PREDICTIONS, PROJECT, RUN, TABS, foreign, start_afresh
from .display import (
    AS_THE_WINDOW,
    has_display,
    review_words,
    run_window,
    window_command,
)
from .show import print_panels

#: Subjects 1-4 train, 5 validates, 6 is scored at the end.
SUBJECTS, FRAMES, SEED = 6, 40, 0
TEST_SUBJECTS = "6"

MARGIN = "   "


class Demo(Options):
    """Make a phantom, find its conflicts, train, predict, and show the result.

    Example: nerveseg demo --out demo-out
    """

    has_json = False

    out: Annotated[Path, AS_WRITTEN, CommandLine("DIR")] = Path("demo-out")
    """Where everything goes."""
    minutes: float = 2.0
    """How long to train."""
    window: bool = True
    """Open the window on the result at the end."""

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


def _demo(
    settings: Demo, _on_event: OnEvent, _should_stop: ShouldStop
) -> dict[str, Any]:
    """Make, search, train, predict, score, show; return the exit code.

    What an earlier demo wrote into the folder is deleted; the folder is refused if it
    holds anything else, or labels that were edited in an earlier demo's window.
    """
    if not settings.minutes > 0:
        raise InputError(f"--minutes {settings.minutes:g}: give a time above 0.")
    if words := foreign(settings.out):
        raise InputError(f"{settings.out} holds {words}; name a new folder with --out.")
    try:
        start_afresh(settings.folder)
    except OSError as refused:
        raise InputError(
            f"{settings.out} cannot be the demo's folder ({refused.strerror}): name"
            " another one with --out."
        ) from refused
    with Reporter(MARGIN) as reporter:
        _make(settings, reporter)
        _search(settings, reporter)
        _train(settings, reporter)
        _predict_and_score(settings, reporter)
    out(f"Everything is in {settings.folder}")
    return {"code": _show(settings) if settings.window else 0}


def _make(settings: Demo, on_event: OnEvent) -> None:
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


def _search(settings: Demo, on_event: OnEvent) -> None:
    out("2. Near-duplicates whose masks disagree")
    asked = Duplicates(data=settings.data, project=settings.project)
    report = duplicates(asked, on_event, never)
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


def _train(settings: Demo, on_event: OnEvent) -> None:
    out(f"3. A U-Net, {settings.minutes:g} minutes, in a process of its own")
    config = {"max_minutes": settings.minutes, "test_subjects": TEST_SUBJECTS}
    command = {
        "command": "train",
        "data": str(settings.data),
        "project": str(settings.project),
        "out": str(settings.run),
        "config": config,
    }
    with WorkerClient(command) as worker:
        scores = worker.result(on_event).get("test")
    if scores:
        out(
            f"{MARGIN}competition Dice on a subject never seen:"
            f" {scores['competition_dice']:.3f}"
            f" (a blank mask everywhere: {scores['blank_baseline']:.3f})"
        )


def _predict_and_score(settings: Demo, on_event: OnEvent) -> None:
    out("4. A prediction for every frame")
    asked = Predict(
        checkpoint=settings.run,
        input=settings.data,
        out=settings.predictions,
        probabilities=True,
    )
    predict(asked, on_event, never)
    truth = Evaluate(
        predictions=settings.predictions, data=settings.data, project=settings.project
    )
    scores = evaluate(truth, on_event, never)
    out(f"{MARGIN}scored on all subjects, most of them seen in training:")
    print_panels(scores, MARGIN)


def _show(settings: Demo) -> int:
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


COMMAND, SHOW = Command(Demo, _demo), AS_THE_WINDOW
