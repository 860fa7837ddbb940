"""How quick the window is, as ratios in one run.

Run it in the root folder, on a display (Xvfb will do):

    xvfb-run -a -s "-screen 0 1920x1200x24" python -m tests.benchmarks.bench_review

``step``    the next frame (image, two contours, error) against bare napari that is
            given the same arrays by ``layer.data = ...``
``open``    the dock with a folder of many frames, beside napari's own start
``table``   a filter, and a sort, with the reset of Qt's view
``memory``  what memory grows by over many steps
``loop``    how long the event loop is away while one steps four times a second, with
            nothing else running and beside a training at full tilt on the same
            processors; and what that costs the training
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import psutil
from qtpy.QtCore import QEventLoop, QTimer
from qtpy.QtWidgets import QApplication

from tests.benchmarks.review_folders import write_folder

Figures = dict[str, float]

#: Milliseconds between two ticks of the loop's clock, and between two steps.
TICK, STEP = 5, 250
#: Seconds after the opening in which the loop is watched.
AFTER = 3.0
#: Frames that are stepped through in turn by the dock and by bare napari.
BLOCK = 10
#: Steps after which every cache is full: that of frames has 128 MB.
FILLED = 700
#: News of a training after which its speed is its usual one.
WELL_UNDER_WAY = 30
#: A small network that keeps both processors busy.
TRAINING = {
    "recipe": "unet",
    "epochs": 10_000,
    "max_minutes": 30.0,
    "size": [96, 128],
    "widths": [8, 16, 32],
    "patience": 10_000,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=list(PARTS), help=", ".join(PARTS))
    parser.add_argument("--frames", type=int, default=5635)
    parser.add_argument("--steps", type=int, default=2000, help="of memory")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each loop")
    parser.add_argument("--json", type=Path, help="write the figures too")
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_folder(folder, options.frames)
        for part in options.parts:
            found[part] = PARTS[part](folder, options)
            for what, value in found[part].items():
                sys.stdout.write(f"{part:8} {what:44} {value:10.2f}\n")
            sys.stdout.flush()
    if options.json:
        options.json.write_text(json.dumps(found, indent=2), encoding="utf-8")


# The window ---------------------------------------------------------------------------


@contextmanager
def window(folder: Path) -> Iterator[Any]:
    """Give a dock on a window of 1400 x 900, folder and predictions open."""
    import napari

    from napari_nerveseg.shell.review_window import add_dock, settle

    viewer = napari.Viewer()
    viewer.window.resize(1400, 900)
    dock = add_dock(viewer)
    assert dock.open(folder / "data", folder / "project")
    settle(dock)
    assert dock.context.load_predictions(folder / "predictions")
    dock.show_tab("Frames")  # and not the one that was in front the last time
    settle(dock)
    try:
        yield dock
    finally:
        dock.close_review()
        viewer.close()


def draw() -> None:
    """Let Qt do everything that is due, drawing included."""
    QApplication.sendPostedEvents()
    QApplication.processEvents()


def timed(act: Callable[[], object]) -> float:
    """Return the milliseconds until ``act`` is done and drawn."""
    started = time.perf_counter()
    act()
    draw()
    return 1000 * (time.perf_counter() - started)


def stepper(dock: Any) -> Callable[[], None]:
    """Return the command of the key for the next frame; from the last to the first."""
    command, context = dock.commands.handlers()["next_frame"], dock.context

    def go() -> None:
        if (
            context.table.row_of(context.session.selected) + 1
            < context.table.rowCount()
        ):
            command()
        else:
            context.go(context.table.frame_at(0))

    return go


# The parts ----------------------------------------------------------------------------


def step(folder: Path, _options: argparse.Namespace) -> Figures:
    """Compare a step with bare napari's, in turns of `BLOCK`."""
    with window(folder) as dock, bare() as (viewer, layers):
        from napari_nerveseg.canvas.kinds import ERROR

        go = stepper(dock)
        if not dock.context.visible(ERROR):
            dock.commands.toggle(ERROR)
        for _ in range(24):
            timed(go)  # every phantom has been decoded once
        ours: list[float] = []
        theirs: list[float] = []
        for _ in range(8):
            seen = []
            for _ in range(BLOCK):
                ours.append(timed(go))
                seen.append([np.array(a) for a in shown(dock)])
            theirs += [timed(lambda a=a: swap(layers, a)) for a in seen]
        del viewer
    return {
        "step of the dock, ms": median(ours),
        "the same arrays in bare napari, ms": median(theirs),
        "ratio (wanted: at most 1.3)": median(ours) / median(theirs),
    }


@contextmanager
def bare() -> Iterator[tuple[Any, list[Any]]]:
    """Give a napari window of the same size with the same four kinds of layer."""
    import napari

    from napari_nerveseg.canvas.kinds import ERROR, IMAGE, PREDICTION, TRUTH
    from napari_nerveseg.canvas.looks import make_layer

    viewer = napari.Viewer()
    viewer.window.resize(1400, 900)
    blank = np.zeros((420, 580), np.uint8)
    for kind in (IMAGE, PREDICTION, ERROR, TRUTH):
        viewer.add_layer(make_layer(kind, blank.copy(), kind))
    draw()
    try:
        yield viewer, list(viewer.layers)
    finally:
        viewer.close()


def shown(dock: Any) -> list[Any]:
    """Return what the four layers show."""
    from napari_nerveseg.canvas.kinds import ERROR, IMAGE, PREDICTION, TRUTH

    layers = dock.context.bridge.layers
    return [layers.layer(kind).data for kind in (IMAGE, PREDICTION, ERROR, TRUTH)]


def swap(layers: list[Any], arrays: list[Any]) -> None:
    """Do what anybody would do to show other arrays."""
    for layer, array in zip(layers, arrays, strict=True):
        layer.data = array


def open_(folder: Path, options: argparse.Namespace) -> Figures:
    """Time napari's start, the dock with all frames on top of it, and what follows."""
    import napari

    from napari_nerveseg.shell.review_window import add_dock, settle

    viewer = napari.Viewer()  # what is loaded once, with the first layers, is napari's
    bare_frame(viewer)
    viewer.close()
    itself: list[float] = []
    frames: list[float] = []
    docks: list[float] = []
    longest: list[float] = []
    for _ in range(4):
        made: list[Any] = []
        itself.append(timed(lambda m=made: m.append(napari.Viewer())))
        frames.append(timed(lambda m=made: bare_frame(m[0])))
        made.pop().close()
        viewer = napari.Viewer()
        draw()
        docks.append(
            timed(
                lambda v=viewer, m=made: (
                    m.append(add_dock(v)),
                    m[0].open(folder / "data", folder / "opened"),
                )
            )
        )
        longest.append(gaps(made[0], AFTER)["longest"])
        settle(made[0])  # the count in the background, which is kept
        made[0].close_review()
        viewer.close()
    first, *again = docks
    return {
        "napari itself, ms": median(itself),
        "a frame and its mask in bare napari, ms": median(frames),
        f"dock with {options.frames:,} frames, new project, ms": first,
        "dock, known project, ms (wanted: at most 1000)": median(again),
        f"loop's longest gap, {AFTER:g} s after, stepping, ms": median(longest),
    }


def bare_frame(viewer: Any) -> None:
    """Show a frame and its mask in a viewer as anybody would."""
    blank = np.zeros((420, 580), np.uint8)
    viewer.add_image(blank)
    viewer.add_labels(blank.copy())


def table(folder: Path, _options: argparse.Namespace) -> Figures:
    """Time filters and sorts of the frames table."""
    from qtpy.QtCore import Qt

    with window(folder) as dock:
        model, view = dock.context.table, dock.frames.table
        lines = ("subject:7", "dice<0.5", "nerve -conflict", "id:1_*", "")
        filters = [timed(lambda t=t: model.set_filter(t)) for t in lines * 6]
        orders = (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder)
        sorts = [
            timed(lambda c=c, o=o: view.sortByColumn(c, o))
            for c in range(model.columnCount())
            for o in orders
        ]
    return {
        "filter, median ms": median(filters),
        "filter, longest ms (wanted: at most 50)": max(filters),
        "sort, median ms": median(sorts),
        "sort, longest ms (wanted: at most 50)": max(sorts),
    }


def memory(folder: Path, options: argparse.Namespace) -> Figures:
    """See how memory grows over many steps; files that are mapped do not count."""

    def own() -> int:
        info = psutil.Process().memory_info()
        return int(info.rss - getattr(info, "shared", 0))

    with window(folder) as dock:
        go = stepper(dock)
        for _ in range(min(options.frames, FILLED)):
            timed(go)
        before = own()
        for _ in range(options.steps):
            timed(go)
        grown = own() - before
    return {f"grown over {options.steps:,} steps, MB": grown / 2**20}


def loop(folder: Path, options: argparse.Namespace) -> Figures:
    """Measure the loop's gaps, idle and beside a training, and the training's pace."""
    with window(folder) as dock:
        idle = gaps(dock, options.seconds)
        job = dock.workers.train(TRAINING)
        pace = Pace(job)
        pace.wait()
        alone = pace.during(lambda: rest(options.seconds))
        beside: list[Figures] = []
        shared = pace.during(lambda: beside.append(gaps(dock, options.seconds)))
        stop(job)
    busy = beside[0]
    return {
        **{f"idle, {name} ms": value for name, value in idle.items()},
        **{f"while training, {name} ms": value for name, value in busy.items()},
        "p99 as a multiple of idle (wanted: at most 2)": busy["p99"] / idle["p99"],
        "training alone, frames a second": alone,
        "training beside it, frames a second": shared,
        "training's speed beside it, % (wanted: 70)": 100 * shared / alone,
    }


def gaps(dock: Any, seconds: float) -> Figures:
    """Step through frames for ``seconds``; return the loop's gaps, in ms."""
    ticks: list[float] = []
    waiting, tick, stepping = QEventLoop(), QTimer(), QTimer()
    tick.timeout.connect(lambda: ticks.append(time.perf_counter()))
    stepping.timeout.connect(stepper(dock))
    QTimer.singleShot(int(1000 * seconds), waiting.quit)
    tick.start(TICK)
    stepping.start(STEP)
    waiting.exec()
    tick.stop()
    stepping.stop()
    between = 1000 * np.diff(ticks)
    return {
        "median": float(np.median(between)),
        "p99": float(np.percentile(between, 99)),
        "longest": float(between.max()),
    }


class Pace:
    """How fast a training learns, from what it tells of its progress in an epoch."""

    def __init__(self, job: Any) -> None:
        self._job = job
        self._told: list[tuple[float, str, int]] = []
        job.progress.connect(self._note)

    def during(self, act: Callable[[], object]) -> float:
        """Return the frames learned from in a second while ``act`` goes on."""
        before = len(self._told)
        act()
        told = self._told[before:]
        same = [(a, b) for a, b in pairwise(told) if a[1] == b[1]]
        seconds = sum(b[0] - a[0] for a, b in same)
        assert seconds, f"nothing was learned: give more --seconds; {self._job.log}"
        return sum(b[2] - a[2] for a, b in same) / seconds

    def wait(self) -> None:
        """Let the loop run until the training is well under way."""
        waiting = QEventLoop()

        def enough(_event: object) -> None:
            if len(self._told) > WELL_UNDER_WAY:
                waiting.quit()

        self._job.progress.connect(enough)
        self._job.failed.connect(waiting.quit)
        waiting.exec()
        assert len(self._told) > WELL_UNDER_WAY, self._job.log

    def _note(self, event: dict[str, Any]) -> None:
        if event["stage"].startswith("Epoch"):
            self._told.append((time.perf_counter(), event["stage"], event["done"]))


def rest(seconds: float) -> None:
    """Let the loop run with nothing to do."""
    waiting = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), waiting.quit)
    waiting.exec()


def stop(job: Any) -> None:
    """End the training and wait until it is gone."""
    waiting = QEventLoop()
    for ending in (job.finished, job.failed, job.cancelled):
        ending.connect(lambda *_: waiting.quit())
    job.cancel()
    waiting.exec()


PARTS: dict[str, Callable[[Path, argparse.Namespace], Figures]] = {
    "step": step,
    "open": open_,
    "table": table,
    "memory": memory,
    "loop": loop,
}

if __name__ == "__main__":
    main()
