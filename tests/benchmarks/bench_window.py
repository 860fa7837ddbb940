"""How long the window's event loop stands still, idle and while training runs.

Run it in the root folder, on a display (Xvfb will do):

    xvfb-run -a -s "-screen 0 1920x1200x24" python -m tests.benchmarks.bench_window

A timer of five milliseconds ticks in the event loop; the gap between two ticks is
how long the loop was away. The window steps to the next frame four times a second,
first with nothing else running, then with a training at full tilt on the same
processors. Printed: median, 99th percentile and longest gap of each, in
milliseconds.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from qtpy.QtCore import QEventLoop, QTimer

TICK, STEP = 5, 250


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each part")
    parser.add_argument("--json", type=Path, help="write the figures too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), options.seconds)
    for name, gaps in figures.items():
        words = "  ".join(f"{key} {value:6.1f} ms" for key, value in gaps.items())
        sys.stdout.write(f"{name:16} {words}\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")


def measure(folder: Path, seconds: float) -> dict[str, dict[str, float]]:
    """Return the gaps of the idle loop and of the loop beside a training."""
    import napari

    from napari_nerveseg.widgets.review_window import add_dock, settle
    from training.data.phantom import make_phantom

    make_phantom(folder / "set", subjects=5, frames=20, seed=0)
    viewer = napari.Viewer()
    viewer.window.resize(1400, 900)
    dock = add_dock(viewer)
    assert dock.open(folder / "set" / "train", folder / "project")
    settle(dock)
    figures = {"idle": gaps(dock, seconds)}
    dock.train.form["epochs"].value = 1000
    dock.train.start.click()
    wait_for_first_epoch(dock)
    figures["while training"] = gaps(dock, seconds)
    dock.train.job.cancel.click()
    settle(dock)
    dock.close_review()
    viewer.close()
    return figures


def gaps(dock: Any, seconds: float) -> dict[str, float]:
    """Step through frames for ``seconds``; return the loop's gaps, in ms."""
    ticks: list[float] = []
    loop, tick, step = QEventLoop(), QTimer(), QTimer()
    tick.timeout.connect(lambda: ticks.append(time.perf_counter()))
    step.timeout.connect(dock.commands.handlers()["next_frame"])
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    tick.start(TICK)
    step.start(STEP)
    loop.exec()
    tick.stop()
    step.stop()
    between = 1000 * np.diff(ticks)
    return {
        "median": float(np.median(between)),
        "p99": float(np.percentile(between, 99)),
        "longest": float(between.max()),
    }


def wait_for_first_epoch(dock: Any) -> None:
    """Let the loop run until the training has told its first epoch."""
    loop = QEventLoop()
    for job in dock.workers._jobs.values():
        job.epoch.connect(loop.quit)
        job.failed.connect(loop.quit)
    loop.exec()


if __name__ == "__main__":
    main()
