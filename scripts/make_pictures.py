"""Draw the pictures of README.md and docs/ from the real window on the phantom.

``make pictures`` calls it; a second argument names a demo that has run. Same phantom,
same window size, so that pictures never go stale and differ only where the window
does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SIZE = (1400, 900)
#: Which frame the tabs show: one with a nerve, of the subject kept for the test.
FRAME = "6_2"
#: Seconds that a count in the background may take.
PATIENCE = 120.0


def main(target: Path, demo: Path | None = None) -> None:
    """Draw each tab on the result of a demo (run here if None)."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        _forget_settings(Path(folder))
        out = demo or Path(folder) / "demo"
        if demo is None:
            words = ["training", "demo", "--out", str(out), "--no-window"]
            subprocess.run([sys.executable, "-P", "-m", *words], check=True)
        draw(out, target)


def draw(demo: Path, target: Path) -> None:
    """Write ``window-<tab>.png``, one picture a tab, and two of what comes before."""
    import napari

    from napari_nerveseg.canvas.memory import remember_tour
    from napari_nerveseg.review.actions import Select
    from napari_nerveseg.shell.review_window import add_dock, settle, take_picture

    viewer = napari.Viewer(title="Nerve review")
    viewer.theme = "dark"
    dock = add_dock(viewer)
    viewer.window.resize(*SIZE)
    take_picture(viewer, dock, target / "window-empty.png")
    assert dock.open(demo / "phantom" / "train", demo / "project")
    settle(dock)
    # Wherever it was drawn:
    dock.header.project.set_text("demo-out/project")
    dock.context.said.emit("info", "240 frames in demo-out/phantom/train")
    take_picture(viewer, dock, target / "window-tour.png")
    remember_tour()
    dock.tour.hide()
    assert dock.context.load_predictions(demo / "predictions")
    dock.context.said.emit(
        "info", "Predictions for 240 frames from demo-out/predictions."
    )
    tabs = [dock.tabs.tabText(n) for n in range(dock.tabs.count())]
    for tab in sorted(tabs, key="Look".__eq__):  # last, for its contrast stays
        dock.show_tab(tab)
        dock.context.do(Select(FRAME))
        settle(dock)
        PREPARE.get(tab, _nothing)(dock)
        take_picture(viewer, dock, target / f"window-{tab.lower()}.png")
    dock.close_review()
    viewer.close()


def _nothing(_dock: Any) -> None:
    """Show a tab as it opens."""


def _count(dock: Any) -> None:
    from qtpy.QtWidgets import QApplication

    dock.data.count.click()
    until = time.monotonic() + PATIENCE
    while dock.workers.busy and time.monotonic() < until:
        QApplication.processEvents()
        time.sleep(0.02)


def _equalise(dock: Any) -> None:
    dock.look.handlers()["next_view"]()


def _name_checkpoint(dock: Any) -> None:
    dock.predict.checkpoint.set_text("demo-out/project/runs/demo/best.safetensors")


#: What is done in a tab before its picture is taken.
PREPARE: dict[str, Callable[[Any], None]] = {
    "Data": _count,
    "Look": _equalise,
    "Predict": _name_checkpoint,
}


def _forget_settings(folder: Path) -> None:
    """Draw with the usual colours and keys, whatever somebody has set here."""
    from qtpy.QtCore import QSettings

    ini, user = QSettings.Format.IniFormat, QSettings.Scope.UserScope
    QSettings.setPath(ini, user, str(folder / "settings"))


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:3]))
