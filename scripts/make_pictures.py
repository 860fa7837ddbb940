"""Draw the pictures of README.md and docs/ from the real window on the phantom.

``make pictures`` calls it. Same phantom, same window size, so that pictures never
go stale and differ only where the window does.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

SIZE = "1400x900"


def main(target: Path) -> None:
    """Run the demo without its window, then draw each tab in both themes."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        python = [sys.executable, "-P", "-m"]
        demo = [*python, "training", "demo", "--out", str(out), "--no-window"]
        subprocess.run(demo, check=True)
        review = [*python, "napari_nerveseg", "review", str(out / "phantom" / "train")]
        review += ["--project", str(out / "project")]
        review += ["--predictions", str(out / "predictions"), "--size", SIZE]
        for tab in ("frames", "conflicts", "train", "predict"):
            for theme in ("dark", "light"):
                picture = target / f"window-{tab}-{theme}.png"
                more = ["--tab", tab, "--theme", theme, "--screenshot", str(picture)]
                subprocess.run([*review, *more], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
