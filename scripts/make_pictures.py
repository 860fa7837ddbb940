"""Draw the pictures of README.md and docs/ from the real window on the phantom.

``make pictures`` calls it; a second argument names a demo that has run. Same phantom,
same window size, so that pictures never go stale and differ only where the window
does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

SIZE = "1400x900"
PYTHON = [sys.executable, "-P", "-m"]
#: Which frame each tab shows: one with a nerve, of the subject kept for the test.
FRAMES = {"frames": "6_2", "conflicts": "6_2", "train": "6_2", "predict": "6_2"}


def main(target: Path, demo: Path | None = None) -> None:
    """Draw each tab on the result of a demo (run here if None)."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        out = demo or Path(folder) / "demo"
        if demo is None:
            words = ["training", "demo", "--out", str(out), "--no-window"]
            subprocess.run([*PYTHON, *words], check=True)
        draw(out, target)


def draw(demo: Path, target: Path) -> None:
    """Write ``window-<tab>.png``, one picture a tab."""
    review = [*PYTHON, "napari_nerveseg", "review", str(demo / "phantom" / "train")]
    review += ["--project", str(demo / "project"), "--size", SIZE]
    review += ["--predictions", str(demo / "predictions")]
    for tab, frame in FRAMES.items():
        picture = target / f"window-{tab}.png"
        more = ["--tab", tab, "--theme", "dark", "--screenshot", str(picture)]
        subprocess.run([*review, *more, "--frame", frame], check=True)


if __name__ == "__main__":
    main(*(Path(word) for word in sys.argv[1:3]))
