"""``python -P -m napari_nerveseg review DATA``: napari with the dock and the data."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_NO_DISPLAY = (
    "There is no display for a window: log in at a desktop, or put 'xvfb-run -a' "
    "before the command to draw on a virtual one."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 2 for wrong input in one line."""
    arguments = _parser().parse_args(argv)
    if not _has_display():
        sys.stderr.write(_NO_DISPLAY + "\n")
        return 2
    from .shell.review_window import ReviewOptions, review

    problem = review(
        ReviewOptions(
            data=arguments.data,
            project=arguments.project,
            predictions=arguments.predictions,
            frame=arguments.frame,
            reading=arguments.reading,
            screenshot=arguments.screenshot,
            theme=arguments.theme,
            size=arguments.size,
            tab=arguments.tab,
        )
    )
    if problem is not None:
        sys.stderr.write(problem + "\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -P -m napari_nerveseg")
    commands = parser.add_subparsers(dest="command", required=True)
    review = commands.add_parser("review", help="open the window on a data set")
    review.add_argument("data", type=Path, help="folder or file with frames")
    review.add_argument("--project", type=Path, help="where edits are kept")
    review.add_argument("--predictions", type=Path, help="show these predictions too")
    review.add_argument("--frame", help="open at this frame")
    review.add_argument(
        "--reading",
        type=_object,
        metavar="JSON",
        help="how the data are read, as workers take it; 'nerveseg review' has flags",
    )
    review.add_argument("--screenshot", type=Path, help="write a picture and end")
    review.add_argument("--theme", choices=("dark", "light"), help="napari's theme")
    review.add_argument(
        "--size", type=_size, metavar="WxH", help="the window's size, as 1400x900"
    )
    review.add_argument(
        "--tab",
        choices=("frames", "conflicts", "data", "look", "mend", "train", "predict"),
        help="the tab to open at",
    )
    return parser


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is no JSON object")
    return found


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    if not (cross and width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 1400x900")
    return int(width), int(height)


def _has_display() -> bool:
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


if __name__ == "__main__":
    sys.exit(main())
